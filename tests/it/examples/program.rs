//! Builds the examples, and starts one on a database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::instance::Instance;
use crate::support::process::Process;
use crate::support::server::{KEYS, Store};

/// The example as a program. They are built once, all of them.
pub(crate) fn built(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let programs = Path::new(env!("CARGO_BIN_EXE_sociable")).parent().unwrap();
        let mut build = Command::new(env!("CARGO"));
        build
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["build", "--examples", "--locked", "--quiet", "--target-dir"])
            .arg(programs.parent().unwrap());
        let built = build.output().unwrap();
        let complaints = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{complaints}");
        programs.join("examples")
    });
    folder.join(name)
}

/// Starts it on the database as it is, with SQLite's keys in its folder.
pub(crate) fn started(program: &Path, store: &Store) -> Instance {
    let url = store.url();
    let folder = match store {
        Store::Sqlite(folder) => folder.path().to_str().unwrap(),
        Store::Postgres(_) => "/nonexistent",
    };
    let mut environment = vec![
        ("SOCIABLE_DATA_DIR", folder),
        ("SOCIABLE_LOG__LEVEL", "error"),
        ("SOCIABLE_SERVER__LISTEN", "127.0.0.1:0"),
        ("SOCIABLE_SERVER__WORKERS", "2"),
    ];
    if let Store::Postgres(_) = store {
        environment.push(("SOCIABLE_DATABASE__URL", &url));
        environment.extend(KEYS);
    }
    Instance::of(Process::start(program, &[], &environment))
}
