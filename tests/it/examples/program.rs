//! Builds an example and starts it on a database.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::instance::Instance;
use crate::support::process::Process;
use crate::support::server::{KEYS, Store};

/// The example as a program, built as these tests are.
pub(crate) fn built(name: &str) -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", name, "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(target())
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{complaints}");
    target().join("debug/examples").join(name)
}

/// Where the program under test was put, two folders up.
fn target() -> &'static Path {
    let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
    program.parent().and_then(Path::parent).unwrap()
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
