//! Finds a secret in a text: as it is, or encoded as programs encode.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Secrets that must not be seen, with all the forms they may take.
#[derive(Default)]
pub(super) struct Canaries {
    planted: u32,
    secrets: Vec<(String, Vec<String>)>,
}

impl Canaries {
    /// Makes a secret that exists nowhere else; printable ASCII.
    pub(super) fn plant(&mut self, name: &str) -> String {
        self.planted += 1;
        let number = self.planted;
        let secret = format!("cAnAry+{}/{number:04}=~x7Qz", name.replace(' ', "-"));
        self.add(&secret);
        secret
    }

    /// Makes a key of 32 bytes, which counts in base64 and as bytes.
    pub(super) fn plant_key(&mut self, start: u8) -> String {
        let mut byte = start;
        let key = [0; 32].map(|_: u8| {
            byte = byte.wrapping_mul(113).wrapping_add(59);
            byte
        });
        let text = STANDARD.encode(key);
        self.add(&text);
        self.secrets.push((text.clone(), forms_of_bytes(&key)));
        text
    }

    /// Takes a secret that somebody else made.
    pub(super) fn add(&mut self, secret: &str) {
        let mut forms = forms_of_bytes(secret.as_bytes());
        forms.push(secret.to_owned());
        forms.push(secret.escape_debug().to_string());
        for bare in ["-._~", "-._*", ""] {
            forms.push(percent(secret, bare, |byte| format!("%{byte:02X}")));
            forms.push(percent(secret, bare, |byte| format!("%{byte:02x}")));
        }
        self.secrets.push((secret.to_owned(), forms));
    }

    /// The secret and the form in which the text holds it.
    pub(super) fn find(&self, text: &str) -> Option<(&str, &str)> {
        self.secrets.iter().find_map(|(secret, forms)| {
            let form = forms.iter().find(|form| text.contains(form.as_str()))?;
            Some((secret.as_str(), form.as_str()))
        })
    }

    pub(super) fn assert_absent(&self, place: &str, text: &str) {
        if let Some((secret, form)) = self.find(text) {
            panic!("{place} holds `{secret}` as `{form}`:\n{text}");
        }
    }
}

/// Percent-encoded but for letters, digits and what else stands bare.
fn percent(text: &str, bare: &str, encode: impl Fn(u8) -> String) -> String {
    let one = |byte: u8| {
        let character = char::from(byte);
        if character.is_ascii_alphanumeric() || bare.contains(character) {
            character.to_string()
        } else {
            encode(byte)
        }
    };
    text.bytes().map(one).collect()
}

/// Hexadecimal, lists of bytes, and base64 wherever in a text it starts.
fn forms_of_bytes(bytes: &[u8]) -> Vec<String> {
    let hex = |byte: &u8| format!("{byte:02x}");
    let lower: String = bytes.iter().map(hex).collect();
    let decimal: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let mut forms = vec![
        lower.to_uppercase(),
        lower,
        decimal.join(", "),
        decimal.join(","),
    ];
    for before in 0..3 {
        let shifted = [&vec![0; before][..], bytes].concat();
        let from = (before * 8).div_ceil(6);
        let to = shifted.len() * 8 / 6;
        forms.push(STANDARD.encode(&shifted)[from..to].to_owned());
        forms.push(URL_SAFE.encode(&shifted)[from..to].to_owned());
    }
    forms
}

/// What holds the scanner itself: a leak in any form is found.
#[test]
fn a_planted_leak_is_found_in_every_form() {
    let mut canaries = Canaries::default();
    let secret = canaries.plant("leak");
    let key = canaries.plant_key(3);
    let bytes = STANDARD.decode(&key).unwrap();
    let hex = bytes
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::json!({"token": secret}).to_string();
    for leak in [
        secret.clone(),
        encoded,
        STANDARD.encode(&secret),
        STANDARD.encode(format!("user:{secret}")),
        STANDARD.encode(format!("id:{secret}:more")),
        STANDARD.encode(format!("a{secret}")),
        URL_SAFE.encode(format!("ab{secret}")),
        format!("{:?}", secret.as_bytes()),
        format!("{:?}", json.as_bytes()),
        format!("{:?}", serde_json::json!({"nested": json}).to_string()),
        key,
        hex.to_uppercase(),
        hex,
        format!("{bytes:?}"),
    ] {
        let line = format!("2026-01-01T00:00:00Z TRACE x: y={leak} z");
        assert!(canaries.find(&line).is_some(), "{leak}");
    }
    for harmless in [
        "",
        "2026-01-01T00:00:00Z TRACE x: a request was refused code=\"canary\"",
        "cAnAry+leak/0002=~x7Qz",
    ] {
        assert_eq!(canaries.find(harmless), None);
    }
}
