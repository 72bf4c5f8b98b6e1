//! What becomes of each setting, by its name and the table.

use serde::Serialize;
use serde_json::Value;

use super::classes::Backend;
use super::dump::Dump;
use super::names::{Name, Names};
use crate::backends::Catalogue;
use crate::settings::{Parity, ParitySetting};

/// What becomes of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Works,
    Differs,
    NotNeeded,
    NotSupported,
    /// Its value is not what it must be.
    Wrong,
    /// Nobody knows such a name.
    Unknown,
}

/// One setting with what becomes of it.
#[derive(Debug, Serialize)]
pub(super) struct Judged {
    /// As the file has it.
    pub(super) name: String,
    /// Whose it is; `None` for all providers.
    pub(super) provider: Option<String>,
    pub(super) verdict: Verdict,
    /// How, why, or what instead; empty when it works as is.
    pub(super) text: String,
    /// The variable that sets it here; `None` when none does.
    pub(super) variable: Option<String>,
    /// Its value, as a variable holds it.
    #[serde(skip)]
    pub(super) value: String,
}

/// Judges every setting of the file.
pub(super) fn judge(dump: &Dump, backends: &[Backend], definitions: &Catalogue) -> Vec<Judged> {
    let names = Names::new(definitions);
    let enabled = dump.backends.is_some().then(|| {
        let providers = backends
            .iter()
            .filter_map(|backend| backend.provider.as_deref());
        providers.collect::<Vec<_>>()
    });
    let judge = Judge { names, enabled };
    let settings = dump.settings.iter();
    settings
        .map(|(name, value)| judge.one(name, value))
        .collect()
}

struct Judge<'a> {
    names: Names<'a>,
    /// The providers in use; `None` when the file does not say.
    enabled: Option<Vec<&'a str>>,
}

/// A verdict and its words.
type Word = (Verdict, String);

impl Judge<'_> {
    fn one(&self, given: &str, value: &Value) -> Judged {
        let mut judged = Judged {
            name: given.to_owned(),
            provider: None,
            verdict: Verdict::Unknown,
            text: "no setting of python-social-auth's begins so".to_owned(),
            variable: None,
            value: text_of(value),
        };
        let Some(name) = self.names.split(given) else {
            return judged;
        };
        judged.provider.clone_from(&name.provider);
        (judged.verdict, judged.text) = self.word(&name, value);
        if matches!(judged.verdict, Verdict::Works | Verdict::Differs) {
            judged.variable = Some(given.to_owned());
        }
        judged
    }

    fn word(&self, name: &Name, value: &Value) -> Word {
        if !name.known {
            let nearest = Names::nearest(name).unwrap_or_default();
            let of = name
                .provider
                .as_deref()
                .map_or_else(String::new, |of| format!(" of {of}"));
            return (
                Verdict::Unknown,
                format!("the nearest known{of} is `{nearest}`"),
            );
        }
        if value.is_null() {
            let why = "None is as good as not set";
            return (Verdict::NotNeeded, why.to_owned());
        }
        let row = Names::row(name);
        let Some(provider) = &name.provider else {
            return row.map_or_else(works, |row| by_table(row, value));
        };
        if self
            .enabled
            .as_ref()
            .is_some_and(|enabled| !enabled.contains(&provider.as_str()))
        {
            let why = format!("{provider} is not in AUTHENTICATION_BACKENDS");
            return (Verdict::NotNeeded, why);
        }
        if let Some(row) = row.filter(|row| row.verdict == Parity::NotNeeded) {
            return (Verdict::NotNeeded, row.text.clone());
        }
        if !self.names.is_shipped(provider) {
            return (Verdict::NotSupported, format!("{provider} is not shipped"));
        }
        if self.names.is_declared(provider, &name.setting) {
            return works();
        }
        row.map_or_else(works, |row| by_table(row, value))
    }
}

fn works() -> Word {
    (Verdict::Works, String::new())
}

fn by_table(row: &ParitySetting, value: &Value) -> Word {
    match row.verdict {
        Parity::Works => works(),
        Parity::Differs => (Verdict::Differs, row.text.clone()),
        Parity::NotNeeded => (Verdict::NotNeeded, row.text.clone()),
        Parity::NotSupported if is_idle(row, value) => {
            let why = "its value changes nothing".to_owned();
            (Verdict::NotNeeded, why)
        }
        Parity::NotSupported => (Verdict::NotSupported, row.text.clone()),
    }
}

/// Whether the value is the default, or none at all.
fn is_idle(row: &ParitySetting, value: &Value) -> bool {
    let default = row.default.as_deref();
    match value {
        Value::Null => true,
        Value::Bool(true) => default == Some("True"),
        Value::Bool(false) => default != Some("True"),
        Value::Number(_) => false,
        Value::String(text) => text.is_empty() || default == Some(text),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// A value as a variable holds it: text as it is, all else as JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
