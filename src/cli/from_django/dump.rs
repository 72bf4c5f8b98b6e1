//! The file: Django's settings, dumped as a JSON object.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::app::StartError;

/// The setting that lists the backends in use.
pub(super) const BACKENDS: &str = "AUTHENTICATION_BACKENDS";

/// Django's settings of python-social-auth.
pub(super) struct Dump {
    /// By name.
    pub(super) settings: BTreeMap<String, Value>,
    /// Dotted classes; `None` when the file does not say.
    pub(super) backends: Option<Vec<String>>,
}

impl Dump {
    /// Reads the file; no error shows a value of it.
    pub(super) fn read(path: &Path) -> Result<Self, StartError> {
        let shown = path.display();
        let refuse = |problem: String| StartError::new(format!("{shown}: {problem}"));
        let bytes = std::fs::read(path)
            .map_err(|error| refuse(format!("cannot be read ({})", error.kind())))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            refuse(format!("is not JSON: line {line}, column {column}"))
        })?;
        let mut settings = match value {
            Value::Object(settings) => settings,
            other => {
                let given = kind(&other);
                return Err(refuse(format!(
                    "expected an object of settings by name, not {given}"
                )));
            }
        };
        let backends = match settings.remove(BACKENDS) {
            None => None,
            Some(listed) => Some(texts(&listed).ok_or_else(|| {
                refuse(format!("{BACKENDS}: expected a list of dotted class names"))
            })?),
        };
        Ok(Self {
            settings: settings.into_iter().collect(),
            backends,
        })
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let listed = value.as_array()?.iter();
    listed.map(|one| one.as_str().map(str::to_owned)).collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
