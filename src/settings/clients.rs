//! `[clients.<id>]`: programs that are known to the token endpoint by name.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value as Json;

use super::SettingError;
use super::found::{Found, web_url};
use super::named_section::{NamedSection, check_name};
use super::ours::Ours;

/// What a section may hold.
const KEYS: [&str; 6] = [
    "secret",
    "secret_file",
    "origins",
    "audiences",
    "access_token_lifetime",
    "refresh_token_lifetime",
];
/// Shortest secret: a person would not type it.
const SECRET_MIN_LENGTH: usize = 32;
/// What tokens of no client are marked by.
const RESERVED: &str = "unregistered";

/// A client of the token endpoint.
#[derive(Debug, Clone)]
pub struct TokenClient {
    /// What it proves itself with, each good; empty for a public client.
    pub secrets: Vec<SecretString>,
    /// Pages that may act as this client; empty for any that may call.
    pub origins: Vec<String>,
    /// Who it may have tokens made out to, beside ourselves.
    pub audiences: Vec<String>,
    /// Of its access tokens; `None` as for all.
    pub access_token_lifetime: Option<Duration>,
    /// Of its refresh tokens; `None` as for all.
    pub refresh_token_lifetime: Option<Duration>,
}

type Clients = BTreeMap<String, TokenClient>;

/// The clients by id; faults are noted.
pub(super) fn read(ours: &mut Ours) -> Clients {
    let working_dir = ours.working_dir().to_owned();
    let clients = ours.optional("clients", |found| {
        let sections = found.map()?;
        let clients = sections.iter().map(|(id, section)| {
            let client = client(found, (id, section), &working_dir)?;
            Ok((id.clone(), client))
        });
        clients.collect::<Result<Clients, SettingError>>()
    });
    clients.unwrap_or_default()
}

fn client(
    found: &Found,
    (id, section): (&str, &Json),
    working_dir: &Path,
) -> Result<TokenClient, SettingError> {
    check_name(found, id)?;
    if id == RESERVED {
        return Err(found.refused(format!(
            "`{id}` stands for no client, expected another name"
        )));
    }
    let section = NamedSection::new(found, (id, section), &KEYS)?;
    let secrets = section.secret_texts("secret", working_dir)?;
    if secrets
        .iter()
        .any(|secret| secret.len() < SECRET_MIN_LENGTH)
    {
        return Err(section.refused("secret", "expected at least 32 characters"));
    }
    let hour = Duration::from_hours(1);
    let short = |time: Duration| (Duration::from_mins(1)..=hour).contains(&time);
    let longest = Duration::from_hours(24 * 3650);
    let long = |time: Duration| (hour..=longest).contains(&time);
    Ok(TokenClient {
        secrets: secrets.into_iter().map(SecretString::from).collect(),
        origins: origins(&section)?,
        audiences: audiences(&section)?,
        access_token_lifetime: section.seconds(
            "access_token_lifetime",
            (short, "expected seconds, 60 to 3600"),
        )?,
        refresh_token_lifetime: section.seconds(
            "refresh_token_lifetime",
            (long, "expected seconds, 3600 to 315360000"),
        )?,
    })
}

/// Exactly as a browser sends them.
fn origins(section: &NamedSection<'_>) -> Result<Vec<String>, SettingError> {
    let origins = section.texts("origins")?.unwrap_or_default();
    let exact = |text: &String| {
        let url = web_url(text).filter(|_| !text.contains('*'));
        url.is_some_and(|url| url.origin().ascii_serialization() == *text)
    };
    if origins.iter().all(exact) {
        return Ok(origins);
    }
    let expected = "expected exact origins such as https://app.example.com: no path, no `*`, \
                    no `null`, http for loopback only";
    Err(section.refused("origins", expected))
}

fn audiences(section: &NamedSection<'_>) -> Result<Vec<String>, SettingError> {
    let audiences = section.texts("audiences")?.unwrap_or_default();
    let plain = |text: &String| {
        (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if audiences.iter().all(plain) {
        return Ok(audiences);
    }
    Err(section.refused(
        "audiences",
        "expected names or URLs of at most 255 visible ASCII characters",
    ))
}
