//! Tests of the settings: every wrong input with the exact line it gives.

mod files;
mod fixed_keys;
mod own_keys;
mod social;
mod unclaimed;
mod variables;

use tempfile::TempDir;

use super::{Settings, SettingsErrors, SocialSettings, Sources};

/// A working directory with sources that a test fills.
struct Fixture {
    dir: TempDir,
    sources: Sources,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sources = Sources {
            working_dir: dir.path().to_owned(),
            ..Sources::default()
        };
        Self { dir, sources }
    }

    fn toml(text: &str) -> Self {
        Self::new().file("sociable.toml", text)
    }

    fn env(name: &str, value: &str) -> Self {
        Self::new().and_env(name, value)
    }

    fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.dir.path().join(name), text).unwrap();
        self
    }

    fn and_env(mut self, name: &str, value: &str) -> Self {
        let variable = (name.to_owned(), value.to_owned());
        self.sources.environment.push(variable);
        self
    }

    fn flag(mut self, key: &'static str, value: &str) -> Self {
        self.sources.overrides.push((key, value.to_owned()));
        self
    }

    fn load(&self) -> Result<Settings, SettingsErrors> {
        Settings::load(&self.sources)
    }

    fn settings(&self) -> Settings {
        self.load().unwrap()
    }

    fn social(&self) -> SocialSettings {
        self.settings().social
    }

    /// What stands in the way of a start.
    fn errors(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}
