//! `sociable serve` as a process: one instance of several, or one to be killed.

use std::path::Path;
use std::time::Duration;

use super::process::Process;
use super::server::{KEYS, Store};

/// A start is quick; what else the machine does may not be.
pub(crate) const STARTED: Duration = Duration::from_mins(2);
const LISTENING: &str = "listening on ";

/// A server process with its own sandbox; killed when this value is dropped.
pub(crate) struct Instance {
    pub(crate) url: String,
    process: Process,
}

impl Instance {
    /// Starts the program on a free port, and does not wait for it.
    pub(crate) fn launch(environment: &[(&str, &str)]) -> Process {
        let quiet = [
            ("SOCIABLE_LOG__LEVEL", "error"),
            ("SOCIABLE_SERVER__WORKERS", "2"),
        ];
        Process::start(
            Path::new(env!("CARGO_BIN_EXE_sociable")),
            &["serve", "--sandbox", "--migrate", "--listen", "127.0.0.1:0"],
            &[&quiet, environment].concat(),
        )
    }

    /// Waits until it listens; the test fails when it ends instead.
    pub(crate) fn of(process: Process) -> Self {
        let line = process.wait_for_line(|line| line.starts_with(LISTENING), STARTED);
        Self {
            url: line[LISTENING.len()..].to_owned(),
            process,
        }
    }

    /// Starts so many on one database at the same moment, with the tests' keys.
    pub(crate) fn several(store: &Store, count: usize) -> Vec<Self> {
        let url = store.url();
        let environment = [&KEYS[..], &[("SOCIABLE_DATABASE__URL", url.as_str())]].concat();
        let processes: Vec<_> = (0..count).map(|_| Self::launch(&environment)).collect();
        processes.into_iter().map(Self::of).collect()
    }

    /// Starts on a database as it is.
    pub(crate) fn on(store: &Store) -> Self {
        on_database(store, |environment| Self::of(Self::launch(environment)))
    }

    /// Kills it at once and waits until it is gone.
    pub(crate) fn kill9(mut self) {
        self.process.kill9();
    }
}

/// Starts something on a database as it is. SQLite's keys are made at the first
/// start, in its folder.
pub(crate) fn on_database<R>(store: &Store, start: impl FnOnce(&[(&str, &str)]) -> R) -> R {
    let url = store.url();
    let folder = match store {
        Store::Sqlite(folder) => folder.path().to_str().unwrap(),
        Store::Postgres(_) => "/nonexistent",
    };
    let mut environment = vec![("SOCIABLE_DATA_DIR", folder)];
    if let Store::Postgres(_) = store {
        environment.push(("SOCIABLE_DATABASE__URL", &url));
        environment.extend(KEYS);
    }
    start(&environment)
}
