//! A value with its key and its place, read as the type that is asked for.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value as Json;
use url::Url;

use super::SettingError;
use super::place::Place;
use crate::model::JsonMap;

/// A value that was found.
#[derive(Clone)]
pub(super) struct Found {
    /// The key under which it was asked for, such as `server.listen`.
    pub(super) key: String,
    /// Where it stands.
    pub(super) place: Place,
    /// As it stands there.
    pub(super) raw: Raw,
}

/// A value as its source has it.
#[derive(Clone)]
pub(super) enum Raw {
    /// TOML: has a type.
    Typed(Json),
    /// A variable, a file it names, a flag: text, parsed by the type asked for.
    Text(String),
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("key", &self.key)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// What a value did not turn out to be.
type Parsed<T> = Result<T, SettingError>;

impl Found {
    /// The error that this value is not what was `expected`.
    pub(super) fn wrong(&self, expected: &str) -> SettingError {
        self.refused(format!("expected {expected}"))
    }

    /// The error that this value is refused for a reason.
    pub(super) fn refused(&self, reason: impl Into<String>) -> SettingError {
        SettingError::new(self.place.clone(), self.key.clone(), reason)
    }

    /// Text; never parsed as JSON.
    pub(super) fn text(&self) -> Parsed<String> {
        match &self.raw {
            Raw::Text(text) | Raw::Typed(Json::String(text)) => Ok(text.clone()),
            Raw::Typed(_) => Err(self.wrong("text in quotes")),
        }
    }

    /// Text that shows itself to nobody.
    pub(super) fn secret(&self) -> Parsed<SecretString> {
        self.text().map(SecretString::from)
    }

    /// A truth value.
    pub(super) fn flag(&self) -> Parsed<bool> {
        match &self.raw {
            Raw::Typed(Json::Bool(flag)) => Ok(*flag),
            Raw::Typed(_) => Err(self.wrong("true or false, without quotes")),
            Raw::Text(text) => truth(text).ok_or_else(|| self.wrong("true or false")),
        }
    }

    /// A truth value as `true` or `false`, or any other text.
    pub(super) fn text_or_flag(&self) -> Parsed<String> {
        match &self.raw {
            Raw::Typed(Json::Bool(flag)) => Ok(flag.to_string()),
            Raw::Text(text) => {
                Ok(truth(text).map_or_else(|| text.clone(), |flag| flag.to_string()))
            }
            Raw::Typed(Json::String(text)) => Ok(text.clone()),
            Raw::Typed(_) => Err(self.wrong("true, false or text in quotes")),
        }
    }

    /// A whole number, 0 or more.
    pub(super) fn integer(&self) -> Parsed<u64> {
        let number = match &self.raw {
            Raw::Typed(Json::Number(number)) => number.as_u64(),
            Raw::Typed(_) => None,
            Raw::Text(text) => digits(text).and_then(|text| text.parse().ok()),
        };
        number.ok_or_else(|| self.wrong("a whole number, 0 or more"))
    }

    /// A time above 0, from seconds: whole or with a decimal point.
    pub(super) fn seconds(&self) -> Parsed<Duration> {
        let text = match &self.raw {
            Raw::Typed(Json::Number(number)) => number.to_string(),
            Raw::Typed(Json::String(text)) | Raw::Text(text) => text.clone(),
            Raw::Typed(_) => String::new(),
        };
        decimal(&text).ok_or_else(|| self.wrong("seconds above 0, such as 5 or 2.5"))
    }

    /// A list of texts.
    pub(super) fn texts(&self) -> Parsed<Vec<String>> {
        let texts: Option<Vec<String>> = self.json().and_then(|list| {
            let list = list.as_array()?.iter();
            list.map(|entry| entry.as_str().map(str::to_owned))
                .collect()
        });
        texts.ok_or_else(|| match self.raw {
            Raw::Typed(_) => self.wrong(r#"a list of texts, such as ["one", "two"]"#),
            Raw::Text(_) => self.wrong(r#"a list of texts in JSON, such as ["one", "two"]"#),
        })
    }

    /// A list of texts, a single text, or texts separated by commas in a variable.
    pub(super) fn texts_or_commas(&self) -> Parsed<Vec<String>> {
        match &self.raw {
            Raw::Typed(Json::String(text)) => Ok(vec![text.clone()]),
            Raw::Text(text) if !text.trim_start().starts_with('[') => {
                let parts = text.split(',').map(str::trim);
                Ok(parts
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect())
            }
            _ => self.texts(),
        }
    }

    /// A list of anything.
    pub(super) fn list(&self) -> Parsed<Vec<Json>> {
        match (self.json(), &self.raw) {
            (Some(Json::Array(list)), _) => Ok(list),
            (_, Raw::Typed(_)) => Err(self.wrong("a list, such as [\"one\", \"two\"]")),
            (_, Raw::Text(_)) => Err(self.wrong("a list in JSON, such as [\"one\", \"two\"]")),
        }
    }

    /// Keys and values.
    pub(super) fn map(&self) -> Parsed<JsonMap> {
        match (self.json(), &self.raw) {
            (Some(Json::Object(map)), _) => Ok(map),
            (_, Raw::Typed(_)) => Err(self.wrong("a table, such as { name = \"value\" }")),
            (_, Raw::Text(_)) => {
                Err(self.wrong("an object in JSON, such as {\"name\": \"value\"}"))
            }
        }
    }

    /// A URL: https, or http on loopback. A slash at its end is dropped.
    pub(super) fn url(&self) -> Parsed<Url> {
        let url = self.text().ok().and_then(|text| web_url(&text));
        let mut url =
            url.ok_or_else(|| self.wrong("an https URL, or an http one on a loopback address"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(self.wrong("a URL without user name and password"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(url)
    }

    fn json(&self) -> Option<Json> {
        match &self.raw {
            Raw::Typed(value) => Some(value.clone()),
            Raw::Text(text) => serde_json::from_str(text).ok(),
        }
    }
}

/// A URL with https, or with http and a loopback host.
pub(super) fn web_url(text: &str) -> Option<Url> {
    // `Url` would also read `https:host` and backslashes; those are slips.
    let (scheme, rest) = text.split_once("://")?;
    if rest.contains('\\') || rest.starts_with('/') || text.trim() != text {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let allowed = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => false,
    };
    allowed.then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The truth values that people write, python's among them.
fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// The text without space around it, if it is digits alone.
fn digits(text: &str) -> Option<&str> {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then_some(text)
}

/// A time above 0; `f64` alone would also take `inf`, `nan` and `1e3`.
pub(super) fn decimal(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits(whole)?;
    digits(fraction)?;
    let time = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
    (!time.is_zero()).then_some(time)
}
