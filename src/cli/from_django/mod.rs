//! `sociable check --from-django`: what becomes of a Django project's settings.

mod classes;
mod dump;
mod env_file;
mod judge;
mod names;
mod report;
mod trial;

use std::path::{Path, PathBuf};

use super::say;
use crate::app::StartError;
use crate::backends::{Catalogue, RegistryError};
use crate::settings::{Settings, Sources};

use dump::Dump;
use report::Report;

/// What to judge, and what to write.
pub(super) struct FromDjango {
    /// The dumped settings.
    pub(super) file: PathBuf,
    /// Whether to print JSON.
    pub(super) json: bool,
    /// Where to write the variables to.
    pub(super) write_env: Option<PathBuf>,
}

impl FromDjango {
    /// Judges the settings; whether all of them work or are not needed.
    ///
    /// # Errors
    /// A file that cannot be read or written, or is not what it should be.
    pub(super) fn run(&self, config: Option<&Path>) -> Result<bool, StartError> {
        let dump = Dump::read(&self.file)?;
        let config = config.map(std::path::absolute).transpose();
        let config = config.map_err(|error| StartError::new(format!("--config: {error}")))?;
        let definitions = definitions(config.clone())?;
        let backends = classes::judge(dump.backends.as_deref(), &definitions);
        let mut settings = judge::judge(&dump, &backends, &definitions);
        trial::run(&mut settings, config)?;
        let report = Report::new(backends, settings);
        if let Some(path) = &self.write_env {
            env_file::write(path, report.variables())?;
        }
        say(&if self.json {
            report.json()?
        } else {
            report.text()
        })?;
        Ok(report.is_good())
    }
}

/// The definitions that a start with this settings file would have.
fn definitions(config: Option<PathBuf>) -> Result<Catalogue, StartError> {
    let own = match config {
        None => None,
        Some(config) => {
            Settings::load(&Sources::of_process(Some(config), Vec::new()))?.providers_dir
        }
    };
    let (catalogue, errors) = Catalogue::read(&[], own.as_deref());
    if errors.is_empty() {
        return Ok(catalogue);
    }
    let lines: Vec<String> = errors.iter().map(RegistryError::to_string).collect();
    Err(StartError::new(lines.join("\n")))
}
