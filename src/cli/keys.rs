//! `sociable keys`.

use clap::Subcommand;
use secrecy::ExposeSecret as _;

use super::say;
use crate::app::StartError;
use crate::model::SystemIds;
use crate::session::keys::generate;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Print a new pair, as variables.
    Generate,
}

impl Keys {
    pub(super) fn run(&self) -> Result<(), StartError> {
        match self {
            Self::Generate => {
                let keys = generate(&SystemIds::default())
                    .map_err(|error| StartError::new(error.to_string()))?;
                say(&format!(
                    "SOCIABLE_KEYS__SIGNING={}\nSOCIABLE_KEYS__SEALING={}\n",
                    keys.signing.expose_secret(),
                    keys.sealing.expose_secret()
                ))
            }
        }
    }
}
