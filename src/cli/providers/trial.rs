//! `sociable providers try NAME`: asks the real provider; stores nothing.

use std::io::BufRead as _;
use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

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
    /// The access token; `-` reads a line of standard input.
    #[arg(long, value_name = "TOKEN")]
    access_token: Option<SecretString>,
    /// OAuth 1: the token's secret; `-` reads a line of standard input.
    #[arg(long, value_name = "SECRET")]
    access_token_secret: Option<SecretString>,
    /// An ID token; `-` reads a line of standard input.
    #[arg(long, value_name = "JWT")]
    id_token: Option<SecretString>,
    /// Of an ID token or a code: the nonce that the app gave to the SDK.
    #[arg(long, value_name = "NONCE")]
    nonce: Option<SecretString>,
    /// An authorization code; `-` reads a line of standard input.
    #[arg(long, value_name = "CODE")]
    code: Option<SecretString>,
    /// Of a code: where the provider sent the person.
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<String>,
    /// Of a code: the PKCE verifier; `-` reads a line of standard input.
    #[arg(long, value_name = "VERIFIER")]
    code_verifier: Option<SecretString>,
    /// Which app of yours the credential was given to; any, where none is named.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// What the token endpoint said, a JSON object.
    #[arg(long, value_name = "JSON")]
    token_response: Option<SecretString>,
}

impl Trial {
    pub(super) async fn run(self, config: Option<PathBuf>) -> Result<(), StartError> {
        let settings = Settings::load(&Sources::of_process(config, Vec::new()))?;
        start_logging(&settings.log)?;
        let (registry, _pipelines) = App::builder(settings).check()?;
        let Some(backend) = registry.get(&self.name) else {
            return Err(StartError::new(format!(
                "`{}` is not enabled: its client id is not set, or there is no such provider",
                self.name
            )));
        };
        let refuse = |refused: Refused| {
            StartError::new(format!("refused: {} ({})", refused.code, refused.status))
        };
        let request = read_sign_up(self.fields()?).map_err(refuse)?;
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

    /// The fields of a sign-up.
    fn fields(&self) -> Result<JsonMap, StartError> {
        let mut fields = JsonMap::new();
        fields.insert("provider".to_owned(), self.name.as_str().into());
        let given = [
            ("access_token", self.access_token.as_ref()),
            ("access_token_secret", self.access_token_secret.as_ref()),
            ("id_token", self.id_token.as_ref()),
            ("nonce", self.nonce.as_ref()),
            ("code", self.code.as_ref()),
            ("code_verifier", self.code_verifier.as_ref()),
        ];
        for (name, value) in [
            ("redirect_uri", self.redirect_uri.as_ref()),
            ("client_id", self.client_id.as_ref()),
        ] {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value.as_str().into());
            }
        }
        for (name, value) in given {
            if let Some(value) = value {
                fields.insert(name.to_owned(), line_or(value)?.into());
            }
        }
        if let Some(text) = &self.token_response {
            // The error of a parser would show what stands there.
            let map: JsonMap = serde_json::from_str(text.expose_secret())
                .map_err(|_shown| StartError::new("--token-response is no JSON object"))?;
            fields.insert("token_response".to_owned(), Value::Object(map));
        }
        Ok(fields)
    }
}

/// The value, or for `-` a line of standard input.
fn line_or(value: &SecretString) -> Result<String, StartError> {
    if value.expose_secret() != "-" {
        return Ok(value.expose_secret().to_owned());
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| StartError::new(format!("standard input: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
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
