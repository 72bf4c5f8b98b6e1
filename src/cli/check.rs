//! `sociable check`.

use std::path::PathBuf;

use super::say;
use crate::app::{App, StartError, start_logging};
use crate::settings::{Settings, Sources};

pub(super) fn run(config: Option<PathBuf>) -> Result<(), StartError> {
    let settings = Settings::load(&Sources::of_process(config, Vec::new()))?;
    start_logging(&settings.log)?;
    let builder = App::builder(settings);
    let (registry, _pipelines) = builder.check()?;
    let names: Vec<&str> = registry.iter().map(|backend| backend.name()).collect();
    let providers = match names.as_slice() {
        [] => "none: set a client id, such as SOCIAL_AUTH_GITHUB_KEY".to_owned(),
        names => names.join(", "),
    };
    say(&format!("the settings are good; providers: {providers}\n"))
}
