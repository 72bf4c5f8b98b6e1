//! Takes values of fixed keys and notes every fault instead of stopping at one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::SettingError;
use super::found::Found;

/// The values of fixed keys, and what was wrong with them so far.
pub(super) struct Ours {
    values: BTreeMap<String, Found>,
    working_dir: PathBuf,
    /// Every fault that was noted.
    pub(super) errors: Vec<SettingError>,
}

impl Ours {
    /// Values by key; relative paths start at `working_dir`.
    pub(super) fn new(
        values: BTreeMap<String, Found>,
        working_dir: PathBuf,
        errors: Vec<SettingError>,
    ) -> Self {
        Self {
            values,
            working_dir,
            errors,
        }
    }

    /// Where relative paths start.
    pub(super) fn working_dir(&self) -> &Path {
        &self.working_dir
    }

    /// The value; `None` when it is not set, or is at fault.
    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Found) -> Result<T, SettingError>,
    ) -> Option<T> {
        match read(self.values.get(key)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }

    /// The value; `None` only together with a fault.
    pub(super) fn required<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Found) -> Result<T, SettingError>,
    ) -> Option<T> {
        if !self.values.contains_key(key) {
            self.errors.push(SettingError::of_name(key, "is not set"));
        }
        self.optional(key, read)
    }

    /// A path that is not empty, from the working directory.
    pub(super) fn path(
        &mut self,
        key: &str,
        check: impl FnOnce(&Found, &Path) -> Result<(), SettingError>,
    ) -> Option<PathBuf> {
        let working_dir = self.working_dir.clone();
        self.optional(key, |found| {
            let text = found.text()?;
            if text.is_empty() {
                return Err(found.wrong("a path"));
            }
            let path = working_dir.join(text);
            check(found, &path)?;
            Ok(path)
        })
    }
}
