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
        let plain = Reading::compile(user.clone(), extra.clone(), known)?;
        let mut readings = Self {
            plain: Arc::new(plain),
            user,
            extra,
            options: Vec::new(),
            known: known.clone(),
        };
        for option in options {
            let option = Alternative::compile(option, known)?;
            readings.with(&[&option]).map_err(|(key, reason)| {
                (format!("[[option]] {}: {key}", option.setting), reason)
            })?;
            readings.options.push(option);
        }
        Ok(readings)
    }

    /// The mapping under these settings.
    ///
    /// # Errors
    /// The key and the reason, where several options do not go together.
    pub(crate) fn under(&self, settings: &JsonMap) -> Result<Arc<Reading>, (String, String)> {
        let chosen: Vec<&Alternative> = self
            .options
            .iter()
            .filter(|option| settings.get(&option.setting) == Some(&option.is))
            .collect();
        if chosen.is_empty() {
            return Ok(Arc::clone(&self.plain));
        }
        self.with(&chosen).map(Arc::new)
    }

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
