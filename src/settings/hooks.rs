//! `[hooks.<name>]`: servers of the operator's that are asked, or told.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{SecretBox, SecretSlice};
use serde_json::Value as Json;
use url::Url;

use super::SettingError;
use super::error::{nearest, unknown};
use super::found::{Found, decimal, web_url};
use super::ours::Ours;
use crate::model::{EventKind, JsonMap};

/// What a section may hold.
const KEYS: [&str; 8] = [
    "url",
    "secret",
    "secret_file",
    "timeout",
    "on_error",
    "fields",
    "events",
    "allow_private",
];
/// What a secret's text begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret, as Standard Webhooks has it.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Time that a hook has, unless its section says so.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time.
const LONGEST: Duration = Duration::from_secs(15);

/// A hook.
#[derive(Debug, Clone)]
pub struct HookSection {
    /// Where it listens: https, or http on a loopback address.
    pub url: Url,
    /// What calls are signed with, each; the current one first.
    pub secrets: Vec<SecretSlice<u8>>,
    /// Time for its answer.
    pub timeout: Duration,
    /// What becomes of a run when it does not answer.
    pub on_error: OnError,
    /// What of a run it is sent; `None` for all.
    pub fields: Option<Vec<String>>,
    /// What it is told of.
    pub events: Vec<EventKind>,
    /// Whether it may be in a private network.
    pub allow_private: bool,
}

/// What becomes of a run whose hook does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// It is refused.
    Refuse,
    /// It goes on as if the hook had nothing to say.
    Continue,
}

type Hooks = BTreeMap<String, HookSection>;

/// The hooks by name; faults are noted.
pub(super) fn read(ours: &mut Ours) -> Hooks {
    let working_dir = ours.working_dir().to_owned();
    let hooks = ours.optional("hooks", |found| {
        let sections = found.map()?;
        let hooks = sections.iter().map(|(name, section)| {
            let reader = Reader {
                found,
                name,
                working_dir: &working_dir,
            };
            Ok((name.clone(), reader.section(section)?))
        });
        hooks.collect::<Result<Hooks, SettingError>>()
    });
    hooks.unwrap_or_default()
}

struct Reader<'a> {
    found: &'a Found,
    name: &'a str,
    working_dir: &'a Path,
}

impl Reader<'_> {
    fn section(&self, section: &Json) -> Result<HookSection, SettingError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.name.is_empty() || self.name.len() > 32 || !self.name.chars().all(allowed) {
            let expected = "expected names of at most 32 letters, digits, `-` and `_`";
            return Err(self.found.refused(expected));
        }
        let Json::Object(section) = section else {
            return Err(self
                .found
                .refused(format!("`{}`: expected a table", self.name)));
        };
        if let Some(other) = section.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(self.refuse(other, &unknown("key", nearest(other, KEYS))));
        }
        Ok(HookSection {
            url: self.url(section)?,
            secrets: self.secrets(section)?,
            timeout: self.timeout(section)?,
            on_error: match self.text(section, "on_error")? {
                None | Some("refuse") => OnError::Refuse,
                Some("continue") => OnError::Continue,
                Some(_) => {
                    return Err(self.refuse("on_error", r#"expected "refuse" or "continue""#));
                }
            },
            fields: self.texts(section, "fields")?,
            events: self.events(section)?,
            allow_private: match section.get("allow_private") {
                None => false,
                Some(Json::Bool(flag)) => *flag,
                Some(_) => return Err(self.refuse("allow_private", "expected true or false")),
            },
        })
    }

    fn url(&self, section: &JsonMap) -> Result<Url, SettingError> {
        let url = self.text(section, "url")?.and_then(web_url);
        url.filter(|url| url.username().is_empty() && url.password().is_none())
            .ok_or_else(|| {
                self.refuse(
                    "url",
                    "expected an https URL, or an http one on a loopback address",
                )
            })
    }

    fn secrets(&self, section: &JsonMap) -> Result<Vec<SecretSlice<u8>>, SettingError> {
        let texts = match (section.get("secret"), self.text(section, "secret_file")?) {
            (Some(_), Some(_)) => {
                return Err(self.refuse("secret_file", "`secret` is given as well, keep one"));
            }
            (Some(Json::String(text)), None) => vec![text.clone()],
            (Some(_), None) => self.texts(section, "secret")?.unwrap_or_default(),
            (None, Some(path)) => {
                let read = std::fs::read_to_string(self.working_dir.join(path));
                let text = read.map_err(|error| {
                    self.refuse("secret_file", &format!("cannot be read ({})", error.kind()))
                })?;
                text.split_whitespace().map(str::to_owned).collect()
            }
            (None, None) => Vec::new(),
        };
        let secrets: Option<Vec<_>> = texts.iter().map(|text| secret(text)).collect();
        secrets
            .filter(|secrets| !secrets.is_empty())
            .ok_or_else(|| {
                let expected =
                    "expected `whsec_` and 24 to 64 random bytes in base64, or a list of such";
                self.refuse("secret", expected)
            })
    }

    fn timeout(&self, section: &JsonMap) -> Result<Duration, SettingError> {
        let Some(given) = section.get("timeout") else {
            return Ok(TIMEOUT);
        };
        let time = decimal(&given.to_string()).filter(|time| *time <= LONGEST);
        time.ok_or_else(|| self.refuse("timeout", "expected seconds above 0, at most 15"))
    }

    fn events(&self, section: &JsonMap) -> Result<Vec<EventKind>, SettingError> {
        let names = self.texts(section, "events")?.unwrap_or_default();
        let heard = |name: &String| {
            EventKind::HEARD
                .into_iter()
                .find(|kind| kind.name() == name)
        };
        let kinds = names.iter().map(|name| {
            heard(name).ok_or_else(|| {
                let known = EventKind::HEARD.map(EventKind::name).join(", ");
                self.refuse("events", &format!("expected some of {known}"))
            })
        });
        kinds.collect()
    }

    fn text<'s>(&self, section: &'s JsonMap, key: &str) -> Result<Option<&'s str>, SettingError> {
        match section.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.refuse(key, "expected text in quotes")),
        }
    }

    fn texts(&self, section: &JsonMap, key: &str) -> Result<Option<Vec<String>>, SettingError> {
        let Some(given) = section.get(key) else {
            return Ok(None);
        };
        let texts = given.as_array().and_then(|list| {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        });
        texts
            .map(Some)
            .ok_or_else(|| self.refuse(key, "expected a list of texts"))
    }

    fn refuse(&self, key: &str, problem: &str) -> SettingError {
        self.found
            .refused(format!("`{}.{key}`: {problem}", self.name))
    }
}

/// The bytes of `whsec_…`; `None` when it is none.
fn secret(text: &str) -> Option<SecretSlice<u8>> {
    let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
    SECRET_BYTES
        .contains(&bytes.len())
        .then(|| SecretBox::new(bytes.into_boxed_slice()))
}
