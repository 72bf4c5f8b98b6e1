//! `sociable migrate`.

use std::path::PathBuf;

use super::say;
use crate::app::{StartError, migrate, start_logging};
use crate::settings::{Settings, Sources};

pub(super) async fn run(config: Option<PathBuf>) -> Result<(), StartError> {
    let settings = Settings::load(&Sources::of_process(config, Vec::new()))?;
    start_logging(&settings.log)?;
    migrate(&settings).await?;
    say("the tables are up to date\n")
}
