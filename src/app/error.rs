//! Why the server does not start.

use std::fmt;

use crate::backends::RegistryError;
use crate::settings::{SettingError, SettingsErrors};
use crate::storage::StorageError;

/// Everything that keeps the server from starting, one line each.
#[derive(Debug, Clone)]
pub struct StartError {
    lines: Vec<String>,
}

impl std::error::Error for StartError {}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl StartError {
    /// One thing that is wrong.
    pub fn new(line: impl Into<String>) -> Self {
        Self {
            lines: vec![line.into()],
        }
    }

    /// Fails with all of these lines, if there are any.
    pub(super) fn unless_empty(lines: Vec<String>) -> Result<(), Self> {
        if lines.is_empty() {
            Ok(())
        } else {
            Err(Self { lines })
        }
    }
}

fn lines<T: fmt::Display>(errors: &[T]) -> StartError {
    StartError {
        lines: errors.iter().map(ToString::to_string).collect(),
    }
}

impl From<SettingsErrors> for StartError {
    fn from(errors: SettingsErrors) -> Self {
        Self::new(errors.to_string())
    }
}

impl From<Vec<SettingError>> for StartError {
    fn from(errors: Vec<SettingError>) -> Self {
        lines(&errors)
    }
}

impl From<Vec<RegistryError>> for StartError {
    fn from(errors: Vec<RegistryError>) -> Self {
        lines(&errors)
    }
}

impl From<StorageError> for StartError {
    fn from(error: StorageError) -> Self {
        Self::new(format!("database.url: {error}"))
    }
}
