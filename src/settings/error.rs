//! What is wrong with the settings: one line for each fault.

use std::fmt;

use super::names::social_variable_of;
use super::place::Place;

/// One fault: where, which key, what was expected. Never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    place: Option<Place>,
    key: Option<String>,
    problem: String,
}

impl SettingError {
    pub(super) fn new(place: Place, key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            key: Some(key.into()),
            problem: problem.into(),
        }
    }

    /// A fault of a whole source: it has no key.
    pub(super) fn of_source(place: Place, problem: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            key: None,
            problem: problem.into(),
        }
    }

    /// A fault of names that were declared: nothing was read, so no place.
    pub(super) fn of_name(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: None,
            key: Some(key.into()),
            problem: problem.into(),
        }
    }

    fn is_named_by_place(&self, key: &str) -> bool {
        matches!(&self.place, Some(Place::Variable(name)) if name == key)
    }

    /// What sorts faults: files by line, then variables, then flags.
    pub(super) fn order(&self) -> Option<Place> {
        self.place.clone()
    }

    /// The key at fault, such as `server.listen`; `None` for a whole file.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What is wrong, without its place.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The variable that sets it; `None` for keys that python-social-auth
    /// has not, and for whole files.
    pub fn variable(&self) -> Option<String> {
        if let Some(Place::Variable(name)) = &self.place {
            return Some(name.clone());
        }
        social_variable_of(self.key.as_deref()?)
    }

    /// Where it stands, such as `sociable.toml:12`.
    ///
    /// `None` when two names collide, whether or not they are set.
    pub fn place(&self) -> Option<String> {
        self.place.as_ref().map(ToString::to_string)
    }
}

impl std::error::Error for SettingError {}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(key) = self.key.as_ref().filter(|key| !self.is_named_by_place(key)) {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.problem)
    }
}

/// All faults at once, each a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsErrors(pub Vec<SettingError>);

impl std::error::Error for SettingsErrors {}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// The name of `known` that is most like `unknown`; `None` without any.
///
/// Both are dotted keys. The last part counts alone too, so that a key in the
/// wrong section, or without one, finds its place; its own section comes first.
pub(super) fn nearest<'a>(
    unknown: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let unknown = unknown.to_lowercase();
    let tail = last_part(&unknown);
    let elsewhere = if unknown.contains('.') { 3 } else { 1 };
    known.into_iter().min_by_key(|name| {
        let lower = name.to_lowercase();
        let whole = strsim::osa_distance(&unknown, &lower);
        whole.min(elsewhere + strsim::osa_distance(tail, last_part(&lower)))
    })
}

/// The sentence that offers a name that is known.
pub(super) fn unknown(what: &str, offer: Option<&str>) -> String {
    match offer {
        Some(name) => format!("unknown {what}, the nearest known is `{name}`"),
        None => format!("unknown {what}"),
    }
}

fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
