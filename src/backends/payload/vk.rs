//! VK Mini Apps: launch parameters, signed as a query string.
//!
//! All that begins with `vk_` is signed; what else stands in the address of
//! the app is not, and is left out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use serde_json::Value as Json;

use super::super::BackendError;
use super::fields::{self, Pair};
use super::{App, Signature, Signed};
use crate::model::JsonMap;

/// What a browser's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Signs with the app's protected key.
#[derive(Debug)]
pub(super) struct Vk;

impl Signature for Vk {
    fn name(&self) -> &'static str {
        "vk"
    }

    fn verify(&self, payload: &JsonMap, app: &App<'_>) -> Result<Signed, BackendError> {
        let ours = payload
            .iter()
            .filter(|(name, _)| name.starts_with("vk_") || *name == "sign")
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut pairs = fields::texts(&ours)?;
        let sign = fields::take(&mut pairs, "sign")?;
        let signature = signature_of(&pairs, &sign, app.secret)?;
        let at = fields::time(&pairs, "vk_ts")?;
        if fields::text(&pairs, "vk_app_id") != Some(app.id) {
            return Err(BackendError::CredentialRejected);
        }
        let said = pairs
            .into_iter()
            .map(|(name, text)| (name, Json::from(text)));
        Ok(Signed {
            said: said.collect(),
            signature,
            at: Some(at),
            token: None,
        })
    }
}

fn signature_of(pairs: &[Pair], sign: &str, secret: &str) -> Result<Vec<u8>, BackendError> {
    let encode = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    let query: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let signature = URL_SAFE_NO_PAD
        .decode(sign)
        .map_err(|_not_base64| BackendError::InvalidSignature)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, query.join("&").as_bytes(), &signature)
        .map_err(|_other| BackendError::InvalidSignature)?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "wvl68m4dR1UpLrVRli";

    fn verify(payload: &Json, id: &str, secret: &str) -> Result<Signed, BackendError> {
        let app = App {
            id,
            secret,
            fields: &[],
        };
        Vk.verify(payload.as_object().unwrap(), &app)
    }

    #[test]
    fn the_providers_own_example_is_signed() {
        let query = "vk_user_id=494075&vk_app_id=6736218&vk_is_app_user=1\
            &vk_are_notifications_enabled=1&vk_language=ru&vk_access_token_settings=&vk_platform=android";
        let pairs = fields::query(query).unwrap();
        let sign = "htQFduJpLxz7ribXRZpDFUH-XEUhC9rBPTJkjUFEkRA";
        assert!(signature_of(&pairs, sign, SECRET).is_ok());
        for (query, secret) in [
            (query.replace("494075", "494076"), SECRET),
            (query.to_owned(), "another"),
        ] {
            let pairs = fields::query(&query).unwrap();
            let refused = signature_of(&pairs, sign, secret).err();
            assert_eq!(refused, Some(BackendError::InvalidSignature));
        }
    }

    /// By Python's hmac and `urllib.parse.quote`, key `a-secret`:
    /// `vk_app_id=7&vk_ref=a%2Cb%20c&vk_ts=1750000000&vk_user_id=42`.
    const SIGN: &str = "fmd2nqLyKyrXfVD-YSb4-O5nKoaI4MfCA2LVb8XkCvM";

    #[test]
    fn what_is_not_signed_is_left_out_and_another_apps_is_refused() {
        let payload = json!({
            "vk_user_id": 42, "vk_app_id": "7", "vk_ts": 1_750_000_000, "vk_ref": "a,b c",
            "sign": SIGN, "user_id": 43, "is_admin": true,
        });
        let signed = verify(&payload, "7", "a-secret").ok().unwrap();
        assert_eq!(signed.at, Some(1_750_000_000));
        let expected = json!({
            "vk_user_id": "42", "vk_app_id": "7", "vk_ts": "1750000000", "vk_ref": "a,b c",
        });
        assert_eq!(Json::from(signed.said), expected);
        let refused = verify(&payload, "8", "a-secret").err();
        assert_eq!(refused, Some(BackendError::CredentialRejected));
    }
}
