//! Crates that must not be built in, whatever the features and the target.

use std::path::Path;
use std::process::Command;

/// C libraries, a second TLS, an unsound RSA, and an unmaintained macro crate.
const BANNED: [&str; 6] = [
    "aws-lc-sys",
    "native-tls",
    "openssl-sys",
    "pq-sys",
    "proc-macro-error",
    "rsa",
];

#[test]
fn no_banned_crate_is_built_in() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args("tree --all-features --target all --prefix none -e normal,build".split(' '));
    cargo.args(["--manifest-path"]);
    cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let output = cargo.output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.lines().any(|line| line.starts_with("ring v")));
    assert_eq!(banned(&tree), Vec::<&str>::new());
}

#[test]
fn a_banned_crate_is_known_by_its_whole_name() {
    let tree = "sociable v0.1.0 (/src)\nproc-macro-error2 v2.0.1\nrsa-x v1.0.0\nring v0.17.0\n";
    assert_eq!(banned(tree), Vec::<&str>::new());
    let tree = format!("{tree}rsa v0.9.8 (*)\n\n[build-dependencies]\nproc-macro-error v1.0.4\n");
    assert_eq!(banned(&tree), ["rsa", "proc-macro-error"]);
}

fn banned(tree: &str) -> Vec<&str> {
    tree.lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| BANNED.contains(name))
        .collect()
}
