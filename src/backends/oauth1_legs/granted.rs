//! What a leg is answered with: a token, its secret, and whatever else.

use secrecy::SecretString;
use serde_json::Value as Json;

use crate::backends::BackendError;
use crate::model::JsonMap;

/// What a leg was answered with.
pub(super) struct Granted {
    pub(super) token: SecretString,
    pub(super) secret: SecretString,
    /// All of it.
    pub(super) answer: JsonMap,
}

impl Granted {
    /// Reads a form, or JSON where a provider writes that.
    pub(super) fn read(body: &[u8], nothing: BackendError) -> Result<Self, BackendError> {
        let text =
            std::str::from_utf8(body).map_err(|_not_text| BackendError::MalformedResponse)?;
        let text = text.trim();
        let answer: JsonMap = if text.starts_with('{') {
            serde_json::from_str(text).map_err(|_not_json| BackendError::MalformedResponse)?
        } else if text.starts_with('<') {
            return Err(BackendError::MalformedResponse);
        } else {
            url::form_urlencoded::parse(text.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                .collect()
        };
        let member = |name: &str| answer.get(name).and_then(Json::as_str);
        let token = member("oauth_token").filter(|token| is_token(token));
        // A secret may be empty: Evernote's is.
        let secret = member("oauth_token_secret").filter(|secret| !has_control(secret));
        match (token, secret) {
            (Some(token), Some(secret)) => Ok(Self {
                token: token.into(),
                secret: secret.into(),
                answer,
            }),
            _ => Err(nothing),
        }
    }
}

/// Nothing that could not stand in a header (OA1-4).
fn is_token(text: &str) -> bool {
    !text.is_empty() && !has_control(text)
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}
