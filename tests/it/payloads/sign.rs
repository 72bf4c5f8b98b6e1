//! Payloads as providers sign them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, hmac};
use serde_json::{Value, json};
use sociable::model::{Clock as _, SystemClock};

pub(crate) const BOT_TOKEN: &str = "42:a-bot-token.canary";
pub(crate) const SECRET: &str = "a-secret.canary";

/// The time, `ago` seconds before now.
pub(crate) fn time(ago: i64) -> i64 {
    SystemClock.now().timestamp() - ago
}

fn mac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

/// Lower-case digits of hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The fields of Telegram's login widget, signed.
pub(crate) fn widget(mut fields: Value, token: &str) -> Value {
    let key = digest::digest(&digest::SHA256, token.as_bytes());
    fields["hash"] = hex(mac(key.as_ref(), &lines(&fields)).as_ref()).into();
    fields
}

/// A person of the widget, signed so many seconds ago.
pub(crate) fn person(id: u64, ago: i64) -> Value {
    json!({"id": id, "first_name": "Ada", "last_name": "Lovelace", "username": format!("ada{id}"),
        "photo_url": "https://t.me/ada.jpg", "auth_date": time(ago)})
}

fn lines(fields: &Value) -> String {
    let mut lines: Vec<String> = fields
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

/// A Mini App's `initData`.
pub(crate) fn init_data(user: &Value, ago: i64, token: &str) -> Value {
    let fields = json!({
        "auth_date": time(ago).to_string(), "query_id": "AAH", "signature": "abc",
        "user": user.to_string(),
    });
    let key = mac(b"WebAppData", token);
    let hash = hex(mac(key.as_ref(), &lines(&fields)).as_ref());
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.as_object().unwrap() {
        query.append_pair(name, value.as_str().unwrap());
    }
    query.append_pair("hash", &hash);
    json!({"init_data": query.finish()})
}

/// VK's launch parameters; none of the values needs an escape.
pub(crate) fn launch(user: u64, app: &str, ago: i64, secret: &str) -> Value {
    let at = time(ago);
    let query = format!("vk_app_id={app}&vk_platform=mobile_web&vk_ts={at}&vk_user_id={user}");
    let sign = URL_SAFE_NO_PAD.encode(mac(secret.as_bytes(), &query));
    json!({"vk_user_id": user, "vk_app_id": app, "vk_ts": at, "vk_platform": "mobile_web", "sign": sign})
}

/// Facebook's signed request of this content.
pub(crate) fn signed_request(content: &Value, secret: &str) -> Value {
    let content = URL_SAFE_NO_PAD.encode(content.to_string());
    let signature = URL_SAFE_NO_PAD.encode(mac(secret.as_bytes(), &content));
    json!({"signed_request": format!("{signature}.{content}")})
}
