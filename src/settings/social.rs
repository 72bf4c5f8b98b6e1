//! python-social-auth's settings: names are declared and read by others.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value as Json;
use url::Url;

use super::SettingError;
use super::document::Tables;
use super::found::Found;
use super::names::{FILE_SUFFIX, social_key, social_variable};
use super::variables::Variables;
use crate::model::JsonMap;

/// The setting that makes a section an instance of another definition.
pub(super) const DEFINITION: &str = "DEFINITION";

/// `[social_auth]`, `[providers.<name>]` and `SOCIAL_AUTH_…`.
///
/// Knows no provider and no pipeline step: whoever reads a name declares it by
/// that, and [`SocialSettings::problems`] tells what nobody declared. Names are
/// written in upper case. A read looks for the backend's own value first, then
/// for the one that holds for all; a variable wins over a file.
pub struct SocialSettings {
    pub(super) tables: Tables,
    pub(super) variables: Variables,
    pub(super) passed_over: Vec<String>,
    declared: Mutex<BTreeSet<Name>>,
}

/// A declared name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// `None` for all backends.
    pub(super) backend: Option<String>,
    /// In upper case.
    pub(super) name: String,
}

impl Name {
    pub(super) fn variable(&self) -> String {
        social_variable(self.backend.as_deref(), &self.name)
    }

    pub(super) fn key(&self) -> String {
        social_key(self.backend.as_deref(), &self.name)
    }
}

/// A `[providers.<name>]` of the settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSection {
    /// The provider's name.
    pub name: String,
    /// Where the section begins, such as `sociable.toml:12`.
    pub place: String,
    /// The definition it is an instance of; `None` for the one of its name.
    pub definition: Option<String>,
}

impl fmt::Debug for SocialSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocialSettings").finish_non_exhaustive()
    }
}

type Read<T> = Result<Option<T>, SettingError>;

impl SocialSettings {
    pub(super) fn new(tables: Tables, variables: Variables, passed_over: Vec<String>) -> Self {
        let settings = Self {
            tables,
            variables,
            passed_over,
            declared: Mutex::default(),
        };
        for name in settings.tables.providers.keys() {
            settings.declare(Some(name), DEFINITION);
        }
        settings
    }

    /// Makes a name known, of one backend or of all.
    pub fn declare(&self, backend: Option<&str>, name: &str) {
        self.declared().insert(Name {
            backend: backend.map(str::to_owned),
            name: name.to_uppercase(),
        });
    }

    /// Text, as it is; `None` when it is not set.
    pub fn text(&self, backend: Option<&str>, name: &str) -> Read<String> {
        self.read(backend, name, Found::text)
    }

    /// Text that shows itself to nobody; `None` when it is not set.
    pub fn secret(&self, backend: Option<&str>, name: &str) -> Read<SecretString> {
        self.read(backend, name, Found::secret)
    }

    /// A truth value; `None` when it is not set.
    ///
    /// In variables also 1, 0, yes and no, in any case.
    pub fn flag(&self, backend: Option<&str>, name: &str) -> Read<bool> {
        self.read(backend, name, Found::flag)
    }

    /// Text, or a truth value as `true` or `false`; `None` when it is not set.
    pub fn text_or_flag(&self, backend: Option<&str>, name: &str) -> Read<String> {
        self.read(backend, name, Found::text_or_flag)
    }

    /// A whole number, 0 or more; `None` when it is not set.
    pub fn integer(&self, backend: Option<&str>, name: &str) -> Read<u64> {
        self.read(backend, name, Found::integer)
    }

    /// A time above 0, given in seconds; `None` when it is not set.
    pub fn seconds(&self, backend: Option<&str>, name: &str) -> Read<Duration> {
        self.read(backend, name, Found::seconds)
    }

    /// A list of texts, JSON in variables; `None` when it is not set.
    pub fn texts(&self, backend: Option<&str>, name: &str) -> Read<Vec<String>> {
        self.read(backend, name, Found::texts)
    }

    /// A list of anything, JSON in variables; `None` when it is not set.
    pub fn list(&self, backend: Option<&str>, name: &str) -> Read<Vec<Json>> {
        self.read(backend, name, Found::list)
    }

    /// A table, a JSON object in variables; `None` when it is not set.
    pub fn map(&self, backend: Option<&str>, name: &str) -> Read<JsonMap> {
        self.read(backend, name, Found::map)
    }

    /// A URL, https or http on loopback; `None` when it is not set.
    ///
    /// Slashes at the end of its path are dropped; without a path `Url` itself
    /// writes one.
    pub fn url(&self, backend: Option<&str>, name: &str) -> Read<Url> {
        self.read(backend, name, Found::url)
    }

    /// The backend's own text, never the one for all; `None` when not set.
    pub fn own_text(&self, backend: &str, name: &str) -> Read<String> {
        self.read_own(backend, name, Found::text)
    }

    /// The backend's own secret, never the one for all; `None` when not set.
    pub fn own_secret(&self, backend: &str, name: &str) -> Read<SecretString> {
        self.read_own(backend, name, Found::secret)
    }

    /// The backend's own texts, never the ones for all; `None` when not set.
    pub fn own_texts(&self, backend: &str, name: &str) -> Read<Vec<String>> {
        self.read_own(backend, name, Found::texts)
    }

    /// The backend's own table, never the one for all; `None` when not set.
    pub fn own_map(&self, backend: &str, name: &str) -> Read<JsonMap> {
        self.read_own(backend, name, Found::map)
    }

    /// Whether the backend has a value of its own, of whatever type.
    pub fn has_own(&self, backend: &str, name: &str) -> bool {
        self.declare(Some(backend), name);
        !matches!(self.find(Some(backend), name), Ok(None))
    }

    /// The error that a setting, as [`SocialSettings::text`] would find it, is
    /// refused for a reason; without a place when it is not set.
    pub fn refused(&self, backend: Option<&str>, name: &str, reason: &str) -> SettingError {
        let own = backend.and_then(|_| self.find(backend, name).ok().flatten());
        match own.or_else(|| self.find(None, name).ok().flatten()) {
            Some(found) => found.refused(reason),
            None => SettingError::of_name(social_key(backend, name), reason),
        }
    }

    /// The `[providers.<name>]` sections of the settings file, by name.
    ///
    /// A `definition` that is no text counts as none here; `problems` tells it.
    pub fn providers(&self) -> Vec<ProviderSection> {
        let sections = self.tables.providers.iter();
        sections
            .map(|(name, section)| ProviderSection {
                name: name.clone(),
                place: section.place.to_string(),
                definition: self.own_text(name, DEFINITION).ok().flatten(),
            })
            .collect()
    }

    /// `[social_auth.custom]` and `SOCIAL_AUTH_CUSTOM_…`, free for own steps.
    ///
    /// Variables come under lower-case keys, as text.
    pub fn custom(&self) -> JsonMap {
        self.tables.custom.clone()
    }

    /// All names that were declared or read: of a backend, or of all.
    pub fn declared_names(&self) -> Vec<(Option<String>, String)> {
        let declared = self.declared();
        let names = declared.iter().cloned();
        names.map(|name| (name.backend, name.name)).collect()
    }

    pub(super) fn declared(&self) -> MutexGuard<'_, BTreeSet<Name>> {
        // A set of names is whole after every insert, panic or not.
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(
        &self,
        backend: Option<&str>,
        name: &str,
        parse: fn(&Found) -> Result<T, SettingError>,
    ) -> Read<T> {
        self.declare(None, name);
        let own = backend.map(|backend| self.read_own(backend, name, parse));
        if let Some(own) = own.transpose()?.flatten() {
            return Ok(Some(own));
        }
        self.find(None, name)?.as_ref().map(parse).transpose()
    }

    fn read_own<T>(
        &self,
        backend: &str,
        name: &str,
        parse: fn(&Found) -> Result<T, SettingError>,
    ) -> Read<T> {
        let found = self.find_own(backend, name)?;
        found.as_ref().map(parse).transpose()
    }

    /// The backend's own value, whatever its type; makes the name known.
    pub(super) fn find_own(&self, backend: &str, name: &str) -> Read<Found> {
        self.declare(Some(backend), name);
        self.find(Some(backend), name)
    }

    fn find(&self, backend: Option<&str>, name: &str) -> Read<Found> {
        let key = social_key(backend, name);
        let variable = social_variable(backend, name);
        if let Some(found) = self.variables.find(&variable, &key)? {
            return Ok(Some(found));
        }
        let values = match backend {
            None => Some(&self.tables.global),
            Some(backend) => {
                let section = self.tables.providers.get(backend);
                section.map(|section| &section.values)
            }
        };
        let found = values.and_then(|values| values.get(&name.to_lowercase()));
        Ok(found.cloned())
    }
}

/// A variable without the ending that makes it name a file.
pub(super) fn without_file(variable: &str) -> &str {
    variable.strip_suffix(FILE_SUFFIX).unwrap_or(variable)
}
