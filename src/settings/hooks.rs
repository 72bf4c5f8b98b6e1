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
use super::found::{Found, web_url};
use super::named_section::{NamedSection, check_name};
use super::ours::Ours;
use crate::model::EventKind;

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
            let hook = self::section(found, (name, section), &working_dir)?;
            Ok((name.clone(), hook))
        });
        hooks.collect::<Result<Hooks, SettingError>>()
    });
    hooks.unwrap_or_default()
}

fn section(
    found: &Found,
    (name, section): (&str, &Json),
    working_dir: &Path,
) -> Result<HookSection, SettingError> {
    check_name(found, name)?;
    let section = NamedSection::new(found, (name, section), &KEYS)?;
    let in_time = |time: Duration| time <= LONGEST;
    let timeout = section.seconds("timeout", (in_time, "expected seconds above 0, at most 15"))?;
    Ok(HookSection {
        url: url(&section)?,
        secrets: secrets(&section, working_dir)?,
        timeout: timeout.unwrap_or(TIMEOUT),
        on_error: match section.text("on_error")? {
            None | Some("refuse") => OnError::Refuse,
            Some("continue") => OnError::Continue,
            Some(_) => {
                return Err(section.refused("on_error", r#"expected "refuse" or "continue""#));
            }
        },
        fields: section.texts("fields")?,
        events: events(&section)?,
        allow_private: section.flag("allow_private")?,
    })
}

fn url(section: &NamedSection<'_>) -> Result<Url, SettingError> {
    let url = section.text("url")?.and_then(web_url);
    url.filter(|url| url.username().is_empty() && url.password().is_none())
        .ok_or_else(|| {
            section.refused(
                "url",
                "expected an https URL, or an http one on a loopback address",
            )
        })
}

fn secrets(
    section: &NamedSection<'_>,
    working_dir: &Path,
) -> Result<Vec<SecretSlice<u8>>, SettingError> {
    let texts = section.secret_texts("secret", working_dir)?;
    let secrets: Option<Vec<_>> = texts.iter().map(|text| secret(text)).collect();
    secrets
        .filter(|secrets| !secrets.is_empty())
        .ok_or_else(|| {
            let expected =
                "expected `whsec_` and 24 to 64 random bytes in base64, or a list of such";
            section.refused("secret", expected)
        })
}

fn events(section: &NamedSection<'_>) -> Result<Vec<EventKind>, SettingError> {
    let names = section.texts("events")?.unwrap_or_default();
    let heard = |name: &String| {
        EventKind::HEARD
            .into_iter()
            .find(|kind| kind.name() == name)
    };
    let kinds = names.iter().map(|name| {
        heard(name).ok_or_else(|| {
            let known = EventKind::HEARD.map(EventKind::name).join(", ");
            section.refused("events", &format!("expected some of {known}"))
        })
    });
    kinds.collect()
}

/// The bytes of `whsec_…`; `None` when it is none.
fn secret(text: &str) -> Option<SecretSlice<u8>> {
    let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
    SECRET_BYTES
        .contains(&bytes.len())
        .then(|| SecretBox::new(bytes.into_boxed_slice()))
}
