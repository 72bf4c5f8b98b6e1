//! Odnoklassniki's apps in a frame: `auth_sig`, MD5 with our secret.
//!
//! It says that a session was opened for this app, but neither when nor,
//! since nothing stands between user and session, certainly whose it is: both
//! are the provider's to say, in a call with that session.

use secrecy::SecretString;
use serde_json::Value as Json;

use super::super::BackendError;
use super::super::code::md5_hex;
use super::fields::{self, refuse};
use super::{App, Signature, Signed};
use crate::crypto::one_use::same;
use crate::model::JsonMap;

/// Signs the user's id and the session's key.
#[derive(Debug)]
pub(super) struct Odnoklassniki;

impl Signature for Odnoklassniki {
    fn name(&self) -> &'static str {
        "odnoklassniki"
    }

    fn verify(&self, payload: &JsonMap, app: &App<'_>) -> Result<Signed, BackendError> {
        let text = |name: &str| match payload.get(name) {
            Some(Json::String(text)) if !text.is_empty() => Ok(text.as_str()),
            _ => Err(refuse("A field that must be there is missing, or no text.")),
        };
        let (user, session) = (text("logged_user_id")?, text("session_key")?);
        if !user.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse("`logged_user_id` is no number."));
        }
        let secret = text("session_secret_key")?;
        let sig = text("auth_sig")?.to_ascii_lowercase();
        let expected = md5_hex(&format!("{user}{session}{}", app.secret));
        if !same(expected.as_bytes(), sig.as_bytes()) {
            return Err(BackendError::InvalidSignature);
        }
        let signature = fields::from_hex(&expected).unwrap_or_default();
        let said = [("logged_user_id", user), ("session_key", session)];
        Ok(Signed {
            said: said
                .map(|(name, text)| (name.to_owned(), text.into()))
                .into_iter()
                .collect(),
            signature,
            at: None,
            token: Some(SecretString::from(secret)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verify(payload: &Json) -> Result<Signed, BackendError> {
        let app = App {
            id: "1",
            secret: "shh",
            fields: &[],
        };
        Odnoklassniki.verify(payload.as_object().unwrap(), &app)
    }

    #[test]
    fn user_and_session_are_signed_and_nothing_else_is_said() {
        // md5("571234key.1shh")
        let good = json!({
            "logged_user_id": "571234", "session_key": "key.1", "session_secret_key": "s",
            "auth_sig": "79f772446ac45fbeea2c03303cc87c9b", "api_server": "https://evil.example/",
        });
        let signed = verify(&good).ok().unwrap();
        let said = json!({"logged_user_id": "571234", "session_key": "key.1"});
        assert_eq!(Json::from(signed.said), said);
        assert_eq!(signed.at, None);
        for (field, value) in [
            ("logged_user_id", json!("571235")),
            ("session_key", json!("key.2")),
            ("auth_sig", json!("0".repeat(32))),
        ] {
            let mut changed = good.clone();
            changed[field] = value;
            assert_eq!(verify(&changed).err(), Some(BackendError::InvalidSignature));
        }
        for (field, value) in [
            ("logged_user_id", json!(571_234)),
            ("logged_user_id", json!("57x")),
            ("session_key", json!("")),
            ("session_secret_key", json!(null)),
        ] {
            let mut changed = good.clone();
            changed[field] = value;
            let refused = verify(&changed).err();
            assert!(matches!(refused, Some(BackendError::InvalidField { .. })));
        }
    }
}
