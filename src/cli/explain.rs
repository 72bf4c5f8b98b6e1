//! `sociable explain`: what a sign-up would come to, and nothing of it done.

use std::path::PathBuf;

use clap::Args;

use super::credential::CredentialArgs;
use super::say;
use crate::api::{Refused, explained, read_sign_up};
use crate::app::{App, Playground, StartError, start_logging};
use crate::settings::{Settings, Sources};

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The provider; the sandbox's are there without a setting.
    #[arg(long, value_name = "NAME")]
    provider: String,
    #[command(flatten)]
    credential: CredentialArgs,
}

impl Explain {
    pub(super) async fn run(self, config: Option<PathBuf>) -> Result<(), StartError> {
        let mut sources = Sources::of_process(config, Vec::new());
        let playground = if self.provider.starts_with("sandbox") {
            let playground = Playground::start().await?;
            sources.environment.extend(playground.environment());
            Some(playground)
        } else {
            None
        };
        let settings = Settings::load(&sources)?;
        start_logging(&settings.log)?;
        let mut builder = App::builder(settings);
        if playground.is_some() {
            builder = builder.sandbox();
        }
        let refuse = |refused: Refused| {
            StartError::new(format!("refused: {} ({})", refused.code, refused.status))
        };
        let request = read_sign_up(self.credential.fields(&self.provider)?).map_err(refuse)?;
        let app = builder.build().await?;
        let played = app.exchange().explain(request).await;
        drop(playground);
        let played = played.map_err(|error| {
            let refused = Refused::from(&error);
            StartError::new(format!(
                "refused: {} ({}): {error}",
                refused.code, refused.status
            ))
        })?;
        say(&format!("{:#}\n", explained(&played)))
    }
}
