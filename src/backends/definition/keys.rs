//! The keys of a call, one by one.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::HeaderName;

use super::Text;
use super::file::{self, OneOrMany};
use super::known::Known;
use super::placement::Placement;

pub(super) fn method(name: Option<&str>) -> Result<Method, String> {
    match name {
        None | Some("GET") => Ok(Method::GET),
        Some("POST") => Ok(Method::POST),
        Some("DELETE") => Ok(Method::DELETE),
        Some(other) => Err(format!("`{other}`: expected GET, POST or DELETE")),
    }
}

/// Refuses keys that would do nothing.
pub(super) fn refuse_idle_keys(call: &file::Call) -> Result<(), (&'static str, &'static str)> {
    let templates = |text: &Option<String>| text.as_deref().is_some_and(Text::is_template);
    if templates(&call.into) {
        return Err(("into", "no template can stand here"));
    }
    if !call.json.is_empty() && !call.form.is_empty() {
        return Err(("json", "a body is either `form` or `json`"));
    }
    if call.refusal.is_some() && call.expect.is_none() {
        return Err(("refusal", "belongs to `expect`"));
    }
    let Some(expect) = call.expect else {
        return Ok(());
    };
    if !(200..400).contains(&expect) {
        return Err(("expect", "expected a status from 200 to 399"));
    }
    if call.optional {
        return Err(("optional", "what is expected is not optional"));
    }
    if call.pick.is_some() || call.into.is_some() || call.format.is_some() {
        return Err((
            "expect",
            "only the status counts: `pick`, `into` and `format` do nothing",
        ));
    }
    Ok(())
}

pub(super) fn placements(
    token: Option<OneOrMany>,
    shows_client: bool,
) -> Result<Vec<Placement>, String> {
    match token {
        None if shows_client => Ok(vec![Placement::Nowhere]),
        None => Ok(vec![Placement::Bearer]),
        Some(OneOrMany::One(one)) => Ok(vec![Placement::parse(&one)?]),
        Some(OneOrMany::Many(many)) => many.iter().map(|one| Placement::parse(one)).collect(),
    }
}

/// Texts by name.
pub(super) fn texts(
    table: &BTreeMap<String, String>,
    known: &Known,
) -> Result<Vec<(String, Text)>, String> {
    table
        .iter()
        .map(|(name, text)| Ok((name.clone(), Text::compile(text, known)?)))
        .collect()
}

pub(super) fn headers(
    table: &BTreeMap<String, String>,
    known: &Known,
) -> Result<Vec<(HeaderName, Text)>, String> {
    table
        .iter()
        .map(|(name, text)| Ok((header(name)?, Text::compile(text, known)?)))
        .collect()
}

pub(super) fn saved(table: &BTreeMap<String, String>) -> Result<Vec<(String, HeaderName)>, String> {
    table
        .iter()
        .map(|(name, text)| Ok((name.clone(), header(text)?)))
        .collect()
}

fn header(name: &str) -> Result<HeaderName, String> {
    name.parse()
        .map_err(|_invalid| format!("`{name}` is no header name"))
}
