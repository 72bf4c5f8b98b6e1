//! What becomes of an answer: `[user]` and `[extra]`, as the settings have it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::file::{OptionTable, SettingKind, User};
use super::known::Known;
use super::{Extra, LegacyId, UserMapping};
use crate::model::JsonMap;

/// `[user]` and `[extra]`, compiled.
pub(crate) struct Reading {
    pub(crate) user: UserMapping,
    pub(crate) legacy: LegacyId,
    pub(crate) extra: Vec<Extra>,
}

/// The mapping of a definition, and how its settings change it.
pub(crate) struct Readings {
    plain: Arc<Reading>,
    /// `None` when no setting changes it.
    changes: Option<Changes>,
}

/// What is written in the file, and what takes its place by which setting.
struct Changes {
    user: User,
    extra: BTreeMap<String, toml::Value>,
    options: Vec<Alternative>,
    known: Known,
}

/// An `[[option]]`.
struct Alternative {
    setting: String,
    is: Json,
    user: User,
    extra: BTreeMap<String, toml::Value>,
}

impl Reading {
    fn compile(
        user: User,
        extra: BTreeMap<String, toml::Value>,
        known: &Known,
    ) -> Result<Self, (String, String)> {
        let legacy = LegacyId::compile(&user, &extra, known)?;
        Ok(Self {
            user: UserMapping::compile(user, known)?,
            legacy,
            extra: Extra::compile_all(extra, known)?,
        })
    }
}

impl Readings {
    /// Compiles the mapping, and tries each option; errors name the key.
    pub(super) fn compile(
        user: User,
        extra: BTreeMap<String, toml::Value>,
        options: Vec<OptionTable>,
        known: &Known,
    ) -> Result<Self, (String, String)> {
        if options.is_empty() {
            let plain = Arc::new(Reading::compile(user, extra, known)?);
            return Ok(Self {
                plain,
                changes: None,
            });
        }
        let plain = Arc::new(Reading::compile(user.clone(), extra.clone(), known)?);
        let mut changes = Changes {
            user,
            extra,
            options: Vec::new(),
            known: known.clone(),
        };
        for option in options {
            let option = Alternative::compile(option, known)?;
            changes.with(&[&option]).map_err(|(key, reason)| {
                (format!("[[option]] {}: {key}", option.setting), reason)
            })?;
            changes.options.push(option);
        }
        let changes = Some(changes);
        Ok(Self { plain, changes })
    }

    /// The mapping under these settings.
    ///
    /// # Errors
    /// The key and the reason, where several options do not go together.
    pub(crate) fn under(&self, settings: &JsonMap) -> Result<Arc<Reading>, (String, String)> {
        let chosen = self.changes.iter().flat_map(|changes| {
            let options = changes.options.iter();
            options.filter(|option| settings.get(&option.setting) == Some(&option.is))
        });
        let chosen: Vec<&Alternative> = chosen.collect();
        match &self.changes {
            Some(changes) if !chosen.is_empty() => changes.with(&chosen).map(Arc::new),
            _ => Ok(Arc::clone(&self.plain)),
        }
    }
}

impl Changes {
    fn with(&self, options: &[&Alternative]) -> Result<Reading, (String, String)> {
        let mut user = self.user.clone();
        let mut extra = self.extra.clone();
        for option in options {
            user = user.overlaid(&option.user);
            extra.extend(option.extra.clone());
        }
        Reading::compile(user, extra, &self.known)
    }
}

impl Alternative {
    fn compile(table: OptionTable, known: &Known) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("[[option]].{key}");
            move |reason: String| (key.clone(), reason)
        };
        let spec = known.setting(&table.setting).map_err(at("setting"))?;
        let is = match (&table.is, spec.kind) {
            (toml::Value::Boolean(flag), SettingKind::Bool) => Json::Bool(*flag),
            (toml::Value::Integer(number), SettingKind::Int) => Json::from(*number),
            (
                toml::Value::String(text),
                SettingKind::String | SettingKind::Url | SettingKind::Host,
            ) => Json::String(text.clone()),
            (other, _) => {
                return Err(at("is")(format!(
                    "`{}` can never be a {}",
                    table.setting,
                    other.type_str()
                )));
            }
        };
        Ok(Self {
            setting: table.setting,
            is,
            user: table.user,
            extra: table.extra,
        })
    }
}
