//! `sociable serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::say;
use crate::app::{App, Playground, StartError, start_logging};
use crate::settings::{Settings, Sources};

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address to listen on; overrides `server.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Bring PostgreSQL's tables up to date first.
    #[arg(long)]
    migrate: bool,
    /// Add the sandbox providers; only on a loopback address.
    #[arg(long)]
    sandbox: bool,
    /// Let `accept_unbound_access_tokens = true` serve other machines.
    #[arg(long)]
    insecure_unbound: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Option<PathBuf>) -> Result<(), StartError> {
        let overrides = self
            .listen
            .map(|listen| ("server.listen", listen.to_string()));
        let mut sources = Sources::of_process(config, overrides.into_iter().collect());
        let playground = if self.sandbox {
            refuse_others(&Settings::load(&sources)?)?;
            let playground = Playground::start().await?;
            sources.environment.extend(playground.environment());
            Some(playground)
        } else {
            None
        };
        let settings = Settings::load(&sources)?;
        start_logging(&settings.log)?;
        let mut builder = App::builder(settings)
            .migrate(self.migrate)
            .insecure_unbound(self.insecure_unbound);
        if playground.is_some() {
            builder = builder.sandbox();
        }
        let running = builder.build().await?.serve()?;
        say(&format!("listening on {}\n", running.url()))?;
        let ended = running.wait().await;
        drop(playground);
        ended.map_err(|error| StartError::new(error.to_string()))
    }
}

/// Everybody knows the sandbox's tokens.
fn refuse_others(settings: &Settings) -> Result<(), StartError> {
    let listen = settings.server.listen;
    if listen.ip().is_loopback() {
        return Ok(());
    }
    Err(StartError::new(format!(
        "--sandbox: everybody knows its tokens, so only a loopback address may serve it, not {listen}"
    )))
}
