//! `sociable providers`: the catalogue, for operators and for those who write
//! definitions.

mod binding;
mod check;
mod list;
mod show;
mod trial;

use std::path::PathBuf;

use clap::Subcommand;

use crate::app::StartError;
use crate::backends::{Catalogue, Entry};
use crate::model::CredentialKind;
use crate::settings::{Settings, Sources};

#[derive(Debug, Subcommand)]
pub(super) enum Providers {
    /// List all providers that there are definitions of.
    List(list::List),
    /// Show a definition, its settings, and what the provider must be told.
    Show(show::Show),
    /// Hold definitions to their fixtures, recorded answers for a network.
    Check(check::Check),
    /// Ask a provider who a token belongs to; nothing is stored.
    Try(trial::Trial),
}

impl Providers {
    pub(super) async fn run(self, config: Option<PathBuf>) -> Result<(), StartError> {
        match self {
            Self::List(list) => list.run(&catalogue(config)?),
            Self::Show(show) => show.run(&catalogue(config)?),
            Self::Check(check) => check.run().await,
            Self::Try(trial) => trial.run(config).await,
        }
    }
}

/// The shipped definitions and the operator's own.
fn catalogue(config: Option<PathBuf>) -> Result<Catalogue, StartError> {
    let settings = Settings::load(&Sources::of_process(config, Vec::new()))?;
    let (catalogue, errors) = Catalogue::read(&[], settings.providers_dir.as_deref());
    if errors.is_empty() {
        Ok(catalogue)
    } else {
        Err(errors.into())
    }
}

/// The definition of that name, or the nearest name there is.
fn find<'c>(catalogue: &'c Catalogue, name: &str) -> Result<&'c Entry, StartError> {
    catalogue.get(name).ok_or_else(|| {
        let nearest = catalogue.nearest(name).unwrap_or_default();
        StartError::new(format!(
            "no provider is called `{name}`, the nearest known is `{nearest}`"
        ))
    })
}

/// The fields of a sign-up that carry a credential, as one word.
fn fields(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AccessToken => "access_token",
        CredentialKind::OAuth1 => "access_token+access_token_secret",
        CredentialKind::IdToken => "id_token",
        CredentialKind::Code => "code",
        CredentialKind::OAuth1Verifier => "oauth_token+oauth_verifier",
        CredentialKind::OpenId => "openid",
        CredentialKind::Payload => "payload",
    }
}
