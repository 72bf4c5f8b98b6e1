//! A credential on the command line.

use std::io::BufRead as _;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::app::StartError;
use crate::model::JsonMap;

/// What a provider's SDK gave, as a client would post it.
#[derive(Debug, Args)]
pub(super) struct CredentialArgs {
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

impl CredentialArgs {
    /// The fields of a sign-up at that provider.
    pub(super) fn fields(&self, provider: &str) -> Result<JsonMap, StartError> {
        let mut fields = JsonMap::new();
        fields.insert("provider".to_owned(), provider.into());
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
