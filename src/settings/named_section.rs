//! A section whose name is the operator's own: `[hooks.<name>]`, `[clients.<id>]`.

use std::path::Path;
use std::time::Duration;

use serde_json::Value as Json;

use super::SettingError;
use super::error::{nearest, unknown};
use super::found::{Found, decimal};
use crate::model::JsonMap;

/// One such section, and how its faults are told.
pub(super) struct NamedSection<'a> {
    found: &'a Found,
    name: &'a str,
    section: &'a JsonMap,
}

impl<'a> NamedSection<'a> {
    /// A table with none but these keys.
    pub(super) fn new(
        found: &'a Found,
        (name, section): (&'a str, &'a Json),
        keys: &[&str],
    ) -> Result<Self, SettingError> {
        let Json::Object(section) = section else {
            return Err(found.refused(format!("`{name}`: expected a table")));
        };
        let this = Self {
            found,
            name,
            section,
        };
        match section.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(other) => {
                Err(this.refused(other, &unknown("key", nearest(other, keys.iter().copied()))))
            }
            None => Ok(this),
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, SettingError> {
        match self.section.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.refused(key, "expected text in quotes")),
        }
    }

    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, SettingError> {
        let Some(given) = self.section.get(key) else {
            return Ok(None);
        };
        let texts = given.as_array().and_then(|list| {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        });
        texts
            .map(Some)
            .ok_or_else(|| self.refused(key, "expected a list of texts"))
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, SettingError> {
        match self.section.get(key) {
            None => Ok(false),
            Some(Json::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.refused(key, "expected true or false")),
        }
    }

    /// Seconds; `None` when the key is not there.
    pub(super) fn seconds(
        &self,
        key: &str,
        (fits, expected): (impl Fn(Duration) -> bool, &str),
    ) -> Result<Option<Duration>, SettingError> {
        let Some(given) = self.section.get(key) else {
            return Ok(None);
        };
        let time = decimal(&given.to_string()).filter(|time| fits(*time));
        time.map(Some).ok_or_else(|| self.refused(key, expected))
    }

    /// The texts of `key`, one or a list, or the words of the file that
    /// `<key>_file` names; empty when neither is there.
    pub(super) fn secret_texts(
        &self,
        key: &str,
        working_dir: &Path,
    ) -> Result<Vec<String>, SettingError> {
        let file = format!("{key}_file");
        match (self.section.get(key), self.text(&file)?) {
            (Some(_), Some(_)) => {
                Err(self.refused(&file, &format!("`{key}` is given as well, keep one")))
            }
            (Some(Json::String(text)), None) => Ok(vec![text.clone()]),
            (Some(_), None) => Ok(self.texts(key)?.unwrap_or_default()),
            (None, Some(path)) => {
                let read = std::fs::read_to_string(working_dir.join(path));
                let text = read.map_err(|error| {
                    self.refused(&file, &format!("cannot be read ({})", error.kind()))
                })?;
                Ok(text.split_whitespace().map(str::to_owned).collect())
            }
            (None, None) => Ok(Vec::new()),
        }
    }

    pub(super) fn refused(&self, key: &str, problem: &str) -> SettingError {
        self.found
            .refused(format!("`{}.{key}`: {problem}", self.name))
    }
}

/// Refuses a name that could not be written where names are.
pub(super) fn check_name(found: &Found, name: &str) -> Result<(), SettingError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 32 || !name.chars().all(allowed) {
        let expected = "expected names of at most 32 letters, digits, `-` and `_`";
        return Err(found.refused(expected));
    }
    Ok(())
}
