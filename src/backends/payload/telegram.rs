//! Telegram: the login widget's fields, or a Mini App's `initData`.
//!
//! Both are lines of `name=value`, sorted, under an HMAC whose key comes from
//! the bot's token, by another way for each. As a value with a line break
//! would make two fields of one, none may have one.

use ring::hmac;
use serde_json::Value as Json;

use super::super::BackendError;
use super::fields::{self, Pair, refuse};
use super::{App, Signature, Signed};
use crate::crypto::one_use::digest;
use crate::model::JsonMap;

/// The field that holds a Mini App's launch parameters, as they are.
const INIT_DATA: &str = "init_data";

/// Signs with a key that is made of the bot's token.
#[derive(Debug)]
pub(super) struct Telegram;

impl Signature for Telegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn secret_tells_client_id(&self) -> bool {
        true
    }

    /// A bot's token is its id, a colon, and the secret part.
    fn client_id<'s>(&self, secret: &'s str) -> Option<&'s str> {
        let (id, _) = secret.split_once(':')?;
        let digits = id.bytes().all(|byte| byte.is_ascii_digit());
        (digits && !id.is_empty()).then_some(id)
    }

    fn verify(&self, payload: &JsonMap, app: &App<'_>) -> Result<Signed, BackendError> {
        if !payload.contains_key(INIT_DATA) {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &digest(app.secret));
            let (pairs, signature) = signed(fields::texts(payload)?, &key, app)?;
            let at = fields::time(&pairs, "auth_date")?;
            let mut said = payload.clone();
            said.remove("hash");
            return Ok(of(said, signature, at));
        }
        let (Some(Json::String(text)), 1) = (payload.get(INIT_DATA), payload.len()) else {
            return Err(refuse("`init_data` is a text, and stands alone."));
        };
        let root = hmac::Key::new(hmac::HMAC_SHA256, b"WebAppData");
        let secret = hmac::sign(&root, app.secret.as_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref());
        let (pairs, signature) = signed(fields::query(text)?, &key, app)?;
        let at = fields::time(&pairs, "auth_date")?;
        let user = fields::text(&pairs, "user").ok_or_else(|| BackendError::MissingClaim {
            claim: "user".to_owned(),
        })?;
        let mut said: JsonMap =
            serde_json::from_str(user).map_err(|_no_object| BackendError::MalformedResponse)?;
        said.insert("auth_date".to_owned(), at.into());
        Ok(of(said, signature, at))
    }
}

fn of(said: JsonMap, signature: Vec<u8>, at: i64) -> Signed {
    Signed {
        said,
        signature,
        at: Some(at),
        token: None,
    }
}

/// All fields but `hash`, which signs them.
fn signed(
    mut pairs: Vec<Pair>,
    key: &hmac::Key,
    app: &App<'_>,
) -> Result<(Vec<Pair>, Vec<u8>), BackendError> {
    let hash = fields::take(&mut pairs, "hash")?;
    for (name, value) in &pairs {
        if !app.fields.contains(name) {
            return Err(refuse("A field is not one of Telegram's."));
        }
        if value.contains(['\n', '\r']) {
            return Err(refuse("A value holds a line break."));
        }
    }
    let lines: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let signature = fields::from_hex(&hash).ok_or(BackendError::InvalidSignature)?;
    hmac::verify(key, lines.join("\n").as_bytes(), &signature)
        .map_err(|_other| BackendError::InvalidSignature)?;
    Ok((pairs, signature))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Known in public: the token was revoked long ago.
    const TOKEN: &str = "5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8";
    const INIT: &str = "query_id=AAHdF6IQAAAAAN0XohDhrOrc\
        &user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%22%2C%22last_name%22%3A%22Kibenko%22\
        %2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%7D\
        &auth_date=1662771648&hash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2";

    fn verify(payload: &Json, secret: &str) -> Result<Signed, BackendError> {
        let fields = [
            "id",
            "first_name",
            "last_name",
            "username",
            "photo_url",
            "auth_date",
            "query_id",
            "user",
        ]
        .map(str::to_owned);
        let app = App {
            id: "",
            secret,
            fields: &fields,
        };
        Telegram.verify(payload.as_object().unwrap(), &app)
    }

    #[test]
    fn the_known_example_of_a_mini_app_is_signed() {
        let signed = verify(&json!({"init_data": INIT}), TOKEN).ok().unwrap();
        assert_eq!(signed.at, Some(1_662_771_648));
        assert_eq!(signed.said["id"], json!(279_058_397));
        assert_eq!(signed.said["username"], "vdkfrost");
        assert!(!signed.said.contains_key("query_id"));
        let changed = INIT.replace("279058397", "279058398");
        for (init_data, token) in [
            (changed.as_str(), TOKEN),
            (INIT, "5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx9"),
        ] {
            let refused = verify(&json!({"init_data": init_data}), token).err();
            assert_eq!(refused, Some(BackendError::InvalidSignature));
        }
    }

    /// By Python's hashlib and hmac:
    /// `hmac(sha256("42:secret"), "auth_date=1750000000\nfirst_name=Ada\nid=7\nusername=ada")`.
    const WIDGET: &str = "72a040089440b504e2b5cc044b981d90a8266e4420cb0bae30273220c8be9cd8";

    #[test]
    fn the_widgets_fields_are_signed_under_another_key() {
        let payload = json!({
            "id": 7, "first_name": "Ada", "username": "ada", "auth_date": "1750000000", "hash": WIDGET,
        });
        let signed = verify(&payload, "42:secret").ok().unwrap();
        assert_eq!(signed.at, Some(1_750_000_000));
        assert_eq!(signed.said["id"], json!(7));
        assert!(!signed.said.contains_key("hash"));
        let init_data =
            format!("auth_date=1750000000&first_name=Ada&id=7&username=ada&hash={WIDGET}");
        let refused = verify(&json!({"init_data": init_data}), "42:secret").err();
        assert_eq!(refused, Some(BackendError::InvalidSignature));
    }

    #[test]
    fn a_line_break_makes_no_further_field() {
        // The same lines as above, one of them smuggled in.
        for value in ["Ada\nid=7", "Ada\r\nid=7"] {
            let payload = json!({
                "first_name": value, "username": "ada", "auth_date": "1750000000", "hash": WIDGET,
            });
            let refused = verify(&payload, "42:secret").err();
            assert!(matches!(refused, Some(BackendError::InvalidField { .. })));
        }
    }

    #[test]
    fn a_bots_id_is_the_front_of_its_token() {
        assert_eq!(Telegram.client_id("42:secret"), Some("42"));
        for token in ["", "42", ":secret", "bot:secret", "4 2:secret"] {
            assert_eq!(Telegram.client_id(token), None, "{token}");
        }
    }
}
