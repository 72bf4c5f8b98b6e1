//! `sociable check`.

use std::path::PathBuf;

use clap::Args;

use super::from_django::FromDjango;
use super::say;
use crate::app::{App, StartError, start_logging};
use crate::settings::{Settings, Sources};

const FROM_DJANGO: &str = r#"Judge a Django project's settings instead: a JSON object by name, which the project dumps with

  python manage.py shell -v0 -c 'import json; from django.conf import settings as s; print(json.dumps({n: getattr(s, n) for n in dir(s) if n.startswith("SOCIAL_AUTH_") or n == "AUTHENTICATION_BACKENDS"}, default=lambda v: sorted(v) if isinstance(v, (set, frozenset)) else str(v)))' > settings.json

The exit code is 0 if all of it works or is not needed, else 1. docs/settings.md has more."#;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Judge a Django project's settings instead.
    #[arg(long, value_name = "FILE", long_help = FROM_DJANGO)]
    from_django: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, requires = "from_django")]
    json: bool,
    /// Write the variables, secrets included, to a new file in the form of .env.
    #[arg(long, value_name = "FILE", requires = "from_django")]
    write_env: Option<PathBuf>,
}

impl Check {
    /// Whether all is well; said on standard output.
    pub(super) fn run(self, config: Option<PathBuf>) -> Result<bool, StartError> {
        match self.from_django {
            Some(file) => FromDjango {
                file,
                json: self.json,
                write_env: self.write_env,
            }
            .run(config.as_deref()),
            None => of_ours(config).map(|()| true),
        }
    }
}

fn of_ours(config: Option<PathBuf>) -> Result<(), StartError> {
    let settings = Settings::load(&Sources::of_process(config, Vec::new()))?;
    start_logging(&settings.log)?;
    let builder = App::builder(settings);
    let registry = builder.check()?.registry;
    let names: Vec<&str> = registry.iter().map(|backend| backend.name()).collect();
    let providers = match names.as_slice() {
        [] => "none: set a client id, such as SOCIAL_AUTH_GITHUB_KEY".to_owned(),
        names => names.join(", "),
    };
    say(&format!("the settings are good; providers: {providers}\n"))
}
