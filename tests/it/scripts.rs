//! The scripts where what they need is missing.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs `scripts/test` with nothing on its PATH, forbidden to install.
fn run(postgres: &Path, args: &[&str]) -> Output {
    let nothing = tempfile::tempdir().unwrap();
    Command::new(bash())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/test"))
        .args(args)
        .env_clear()
        .env("PATH", nothing.path())
        .env("SOCIABLE_PG_FOLDER", postgres)
        .env("SOCIABLE_NO_INSTALL", "1")
        .output()
        .unwrap()
}

fn bash() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|folder| folder.join("bash"))
        .find(|bash| bash.is_file())
        .expect("bash is on the PATH")
}

#[test]
fn without_postgresql_the_test_script_fails_and_names_the_package() {
    let empty = tempfile::tempdir().unwrap();
    let output = run(empty.path(), &["some_filter"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "scripts/test: these packages lack, and SOCIABLE_NO_INSTALL=1 forbids installing them: \
         postgresql curl python3-venv nodejs npm\n"
    );
}

#[test]
fn the_test_script_names_everything_that_lacks_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let named = |output: Output| {
        assert_eq!(output.status.code(), Some(1));
        let complaint = String::from_utf8(output.stderr).unwrap();
        let (_, names) = complaint.split_once("them: ").unwrap();
        names.trim().to_owned()
    };
    assert_eq!(
        named(run(folder.path(), &[])),
        "postgresql curl python3-venv nodejs npm"
    );

    let programs = folder.path().join("17/bin");
    std::fs::create_dir_all(&programs).unwrap();
    for program in ["initdb", "pg_ctl"] {
        let path = programs.join(program);
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    assert_eq!(
        named(run(folder.path(), &[])),
        "curl python3-venv nodejs npm"
    );
}
