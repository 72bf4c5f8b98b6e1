//! `sociable providers try NAME`: asks the real provider; stores nothing.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::super::credential::CredentialArgs;
use super::super::say;
use crate::api::{Refused, read_sign_up};
use crate::app::{App, Rehearsal, StartError, start_logging};
use crate::backends::{Backend, VerifiedIdentity};
use crate::exchange::ExchangeError;
use crate::model::{Clock as _, Details, JsonMap, SystemClock};
use crate::settings::{Settings, Sources};

#[derive(Debug, Args)]
pub(in crate::cli) struct Trial {
    /// The provider's name.
    name: String,
    #[command(flatten)]
    credential: CredentialArgs,
}

impl Trial {
    pub(super) async fn run(self, config: Option<PathBuf>) -> Result<(), StartError> {
        let settings = Settings::load(&Sources::of_process(config, Vec::new()))?;
        start_logging(&settings.log)?;
        let registry = App::builder(settings).check()?.registry;
        let Some(backend) = registry.get(&self.name) else {
            return Err(StartError::new(format!(
                "`{}` is not enabled: its client id is not set, or there is no such provider",
                self.name
            )));
        };
        let refuse = |refused: Refused| {
            StartError::new(format!("refused: {} ({})", refused.code, refused.status))
        };
        let request = read_sign_up(self.credential.fields(&self.name)?).map_err(refuse)?;
        let rehearsal = Rehearsal::open().await?;
        let verified = backend
            .verify(&request.credential, &request.input, &rehearsal.means())
            .await
            .map_err(|error| {
                let told = error.to_string();
                let refused = Refused::from(&ExchangeError::from(error));
                StartError::new(format!(
                    "refused: {} ({}): {told}",
                    refused.code, refused.status
                ))
            })?;
        say(&told(backend.as_ref(), &verified))
    }
}

/// Whom the token belongs to; of extra data no value that may be a token.
fn told(backend: &dyn Backend, verified: &VerifiedIdentity) -> String {
    let details = verified.details();
    let kept = backend.extra_data(verified, details, SystemClock.now());
    let open =
        |name: &str| !is_secret(name) && !backend.sealed_extra_data().contains(&name.to_owned());
    let extra_data: JsonMap = kept
        .into_iter()
        .map(|(name, value)| match value {
            value if value.is_null() || open(&name) => (name, value),
            _ => (name, "…".into()),
        })
        .collect();
    let shown = json!({
        "uid": verified.uid(),
        "client_id": verified.client_id(),
        "details": as_json(details),
        "extra_data": extra_data,
    });
    format!("{shown:#}\n")
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["token", "secret", "assertion", "password"]
        .iter()
        .any(|word| name.contains(word) && name != "token_type")
}

fn as_json(details: &Details) -> Value {
    json!({
        "username": details.username,
        "email": details.email,
        "email_verified": details.email_verified,
        "first_name": details.first_name,
        "last_name": details.last_name,
        "fullname": details.fullname,
        "picture": details.picture,
        "other": details.other,
    })
}
