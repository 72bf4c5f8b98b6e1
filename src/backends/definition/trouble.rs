//! Errors that a provider sends with HTTP 200.

use super::file::ErrorTable;
use super::known::Known;
use super::{Scope, Value, as_text, is_empty};
use crate::backends::BackendError;

/// The table `[error]`, compiled.
pub(crate) struct Trouble {
    when: Value,
    code: Option<Value>,
    revoked: Vec<String>,
    unavailable: Vec<String>,
    limited: Vec<String>,
}

impl Trouble {
    /// Compiles `[error]`; errors name the key.
    pub(super) fn compile(table: &ErrorTable, known: &Known) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("[error].{key}");
            move |reason: String| (key.clone(), reason)
        };
        let value = |key: &str, value: &toml::Value| {
            let value = Value::compile(value, known).map_err(at(key))?;
            if value.is_client_supplied() {
                return Err(at(key)(
                    "is the provider's word, not the client's".to_owned(),
                ));
            }
            Ok(value)
        };
        let codes = |key: &str, codes: &[toml::Value]| {
            codes
                .iter()
                .map(code)
                .collect::<Result<Vec<_>, _>>()
                .map_err(at(key))
        };
        if let Some(message) = &table.message {
            value("message", message)?;
        }
        let compiled = Self {
            when: value("when", &table.when)?,
            code: table.code.as_ref().map(|v| value("code", v)).transpose()?,
            revoked: codes("revoked", &table.revoked)?,
            unavailable: codes("unavailable", &table.unavailable)?,
            limited: codes("limited", &table.limited)?,
        };
        let lists = [&compiled.revoked, &compiled.unavailable, &compiled.limited];
        if compiled.code.is_none() && lists.iter().any(|list| !list.is_empty()) {
            return Err(at("code")("is needed: what do the lists list?".to_owned()));
        }
        Ok(compiled)
    }

    /// Refuses an answer that is an error.
    ///
    /// # Errors
    /// `TokenRevoked`, `Unavailable` and `RateLimited` by the error's code,
    /// else `CredentialRejected`.
    pub(crate) fn check(&self, scope: &Scope<'_>) -> Result<(), BackendError> {
        if is_empty(&self.when.eval(scope)) {
            return Ok(());
        }
        let code = self.code.as_ref().map(|code| as_text(&code.eval(scope)));
        let among = |list: &[String]| code.as_ref().is_some_and(|code| list.contains(code));
        if among(&self.revoked) {
            Err(BackendError::TokenRevoked)
        } else if among(&self.limited) {
            Err(BackendError::RateLimited { retry_after: None })
        } else if among(&self.unavailable) {
            Err(BackendError::Unavailable)
        } else {
            Err(BackendError::CredentialRejected)
        }
    }
}

fn code(value: &toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        other => Err(format!(
            "expected texts and whole numbers, not a {}",
            other.type_str()
        )),
    }
}
