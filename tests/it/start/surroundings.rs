//! Files, addresses and databases that the program will not start with.

use super::Folder;
use crate::support::postgres::Database;
use crate::support::server::KEYS;

const SERVE: [&str; 1] = ["serve"];
const GITHUB: [(&str, &str); 2] = [
    ("SOCIAL_AUTH_GITHUB_KEY", "key"),
    ("SOCIAL_AUTH_GITHUB_SECRET", "secret"),
];

fn variables(environment: &[(&str, &str)]) -> String {
    Folder::new(&[]).refusal(&SERVE, environment)
}

#[test]
fn files_that_cannot_be_read_are_named() {
    assert_eq!(
        variables(&[
            ("SOCIAL_AUTH_GITLAB_SECRET_FILE", "/nonexistent"),
            ("SOCIAL_AUTH_GITLAB_KEY", "x")
        ]),
        "variable SOCIAL_AUTH_GITLAB_SECRET_FILE: providers.gitlab.secret: SOCIAL_AUTH_GITLAB_SECRET_FILE names `/nonexistent`, which cannot be read (entity not found)"
    );
    assert_eq!(
        variables(&[("SOCIABLE_PROVIDERS_DIR", "/nonexistent")]),
        "providers_dir /nonexistent: cannot be read: No such file or directory (os error 2)"
    );
    let missing = Folder::new(&[]).refusal(&["serve", "--config", "mine.toml"], &[]);
    assert_eq!(missing, "mine.toml: cannot be read (entity not found)");
    let folder = Folder::new(&[
        ("own/mine.toml", "name = \"mine\"\n"),
        ("own/readme.md", "x"),
    ]);
    assert_eq!(
        folder.refusal(&SERVE, &[("SOCIABLE_PROVIDERS_DIR", "own")]),
        "mine.toml: file: line 1: missing field `title`"
    );
    let dotenv = Folder::new(&[(".env", "A=b\nSOCIABLE_LOG__LEVEL\n")]);
    let line = dotenv.refusal(&SERVE, &[]);
    assert!(line.starts_with(".env:2: expected NAME=value"), "{line}");
}

/// SEC-4: the sandbox's tokens are everybody's.
#[test]
fn the_sandbox_serves_this_machine_alone() {
    let folder = Folder::new(&[]);
    let sandbox = ["serve", "--sandbox", "--listen", "0.0.0.0:0"];
    assert_eq!(
        folder.refusal(&sandbox, &[]),
        "--sandbox: everybody knows its tokens, so only a loopback address may serve it, not 0.0.0.0:0"
    );
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let line = folder.refusal(&["demo", "--listen", listen], &[]);
        assert!(line.starts_with("--listen: everybody knows"), "{line}");
        assert!(line.ends_with(&format!("not {listen}")), "{line}");
    }
    let unbound = [("SOCIAL_AUTH_GITHUB_ACCEPT_UNBOUND_ACCESS_TOKENS", "true")];
    let all: Vec<_> = GITHUB.iter().chain(&unbound).copied().collect();
    let line = folder.refusal(&["serve", "--listen", "0.0.0.0:0"], &all);
    assert!(
        line.starts_with("github: accept_unbound_access_tokens"),
        "{line}"
    );
}

#[test]
fn postgresql_wants_keys_and_tables_and_is_not_told_who_asked() {
    let database = Database::fresh();
    let url = database.url().replace("postgres@", "postgres:hunter2@");
    let url = ("SOCIABLE_DATABASE__URL", url.as_str());
    assert_eq!(
        variables(&[url]),
        "keys.signing, keys.sealing: PostgreSQL is shared, so keys must be set: `sociable keys generate` prints a pair"
    );
    assert_eq!(
        variables(&[url, KEYS[0], KEYS[1]]),
        "database.url: the tables are not up to date: run `sociable migrate`, or start with --migrate"
    );
    let gone = url.1.replace("/test_", "/gone_");
    let line = variables(&[("SOCIABLE_DATABASE__URL", &gone), KEYS[0], KEYS[1]]);
    assert!(line.starts_with("database.url: "), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}
