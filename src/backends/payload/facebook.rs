//! Facebook's `signed_request`: a signature, a dot, and JSON in base64url.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hmac;
use secrecy::SecretString;
use serde_json::Value as Json;

use super::super::BackendError;
use super::fields::refuse;
use super::{App, Signature, Signed};
use crate::model::JsonMap;

/// The one field of such a payload.
const SIGNED_REQUEST: &str = "signed_request";

/// Some SDKs keep the padding, some do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Signs with the app's secret.
#[derive(Debug)]
pub(super) struct Facebook;

impl Signature for Facebook {
    fn name(&self) -> &'static str {
        "facebook"
    }

    fn verify(&self, payload: &JsonMap, app: &App<'_>) -> Result<Signed, BackendError> {
        let (Some(Json::String(text)), 1) = (payload.get(SIGNED_REQUEST), payload.len()) else {
            return Err(refuse("`signed_request` is a text, and stands alone."));
        };
        let (mut given, signature) = signed(text, app.secret)?;
        let at = given.get("issued_at").and_then(Json::as_i64);
        let at = at.ok_or_else(|| missing("issued_at"))?;
        let id = given.remove("user_id").ok_or_else(|| missing("user_id"))?;
        let token = match given.remove("oauth_token") {
            Some(Json::String(token)) if !token.is_empty() => Some(SecretString::from(token)),
            _ => None,
        };
        Ok(Signed {
            said: JsonMap::from_iter([("id".to_owned(), id)]),
            signature,
            at: Some(at),
            token,
        })
    }
}

/// The signed object, and its signature.
fn signed(text: &str, secret: &str) -> Result<(JsonMap, Vec<u8>), BackendError> {
    let unreadable = || refuse("`signed_request` is not two parts of base64url.");
    let (signature, content) = text.split_once('.').ok_or_else(unreadable)?;
    let decode = |part: &str| BASE64.decode(part).map_err(|_not_base64| unreadable());
    let signature = decode(signature)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, content.as_bytes(), &signature)
        .map_err(|_other| BackendError::InvalidSignature)?;
    let object: JsonMap = serde_json::from_slice(&decode(content)?)
        .map_err(|_no_object| BackendError::MalformedResponse)?;
    let algorithm = object.get("algorithm").and_then(Json::as_str);
    if !algorithm.is_some_and(|name| name.eq_ignore_ascii_case("HMAC-SHA256")) {
        return Err(BackendError::InvalidSignature);
    }
    Ok((object, signature))
}

fn missing(claim: &str) -> BackendError {
    BackendError::MissingClaim {
        claim: claim.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of the provider's own documentation; its secret is `secret`.
    const EXAMPLE: &str = "vlXgu64BQGFSQrY0ZcJBZASMvYvTHu9GQ0YM9rjPSso\
        .eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsIjAiOiJwYXlsb2FkIn0";

    fn verify(payload: &Json) -> Result<Signed, BackendError> {
        let app = App {
            id: "",
            secret: "secret",
            fields: &[],
        };
        Facebook.verify(payload.as_object().unwrap(), &app)
    }

    #[test]
    fn the_providers_own_example_is_signed() {
        let (object, signature) = signed(EXAMPLE, "secret").unwrap();
        assert_eq!(object["0"], "payload");
        assert_eq!(signature.len(), 32);
        let refused = signed(EXAMPLE, "another").err();
        assert_eq!(refused, Some(BackendError::InvalidSignature));
    }

    #[test]
    fn who_and_when_must_be_said() {
        let refused = verify(&json!({"signed_request": EXAMPLE})).err();
        assert_eq!(refused, Some(missing("issued_at")));
    }

    #[test]
    fn anything_else_is_no_signed_request() {
        for payload in [
            json!({}),
            json!({"signed_request": 7}),
            json!({"signed_request": "x"}),
            json!({"signed_request": "!.!"}),
            json!({"signed_request": EXAMPLE, "user_id": "1"}),
        ] {
            let refused = verify(&payload).err();
            assert!(matches!(refused, Some(BackendError::InvalidField { .. })));
        }
    }
}
