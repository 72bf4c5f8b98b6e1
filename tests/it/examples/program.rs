//! Builds the examples, and starts one on a database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::instance::{Instance, on_database};
use crate::support::process::Process;
use crate::support::server::Store;

/// The example as a program. They are built once, all of them.
pub(crate) fn built(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let programs = Path::new(env!("CARGO_BIN_EXE_sociable")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        // What the tests' own cargo tells of this package has build scripts run
        // again that look at it, and half of the dependencies built anew.
        let told = std::env::vars_os().map(|(name, _)| name);
        for name in told.filter(|name| is_told(&name.to_string_lossy())) {
            cargo.env_remove(name);
        }
        let built = cargo
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["build", "--examples", "--locked", "--quiet", "--target-dir"])
            .arg(programs.parent().unwrap())
            .output()
            .unwrap();
        let complaints = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{complaints}");
        programs.join("examples")
    });
    folder.join(name)
}

fn is_told(variable: &str) -> bool {
    let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_", "OUT_DIR"];
    of_package.iter().any(|start| variable.starts_with(start))
}

/// Starts it on the database as it is.
pub(crate) fn started(program: &Path, store: &Store) -> Instance {
    let quiet = [
        ("SOCIABLE_LOG__LEVEL", "error"),
        ("SOCIABLE_SERVER__LISTEN", "127.0.0.1:0"),
        ("SOCIABLE_SERVER__WORKERS", "2"),
    ];
    on_database(store, |environment| {
        let environment = [&quiet, environment].concat();
        Instance::of(Process::start(program, &[], &environment))
    })
}
