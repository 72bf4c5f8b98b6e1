//! What must start: every manner of setting, and what is passed over.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{Folder, SOON};
use crate::support::http;
use crate::support::postgres::Database;

const GITHUB: &str = "[providers.github]\nkey = \"key\"\nsecret = \"secret\"\n";

async fn client_id(url: &str) -> String {
    let providers = http::get(&format!("{url}/providers"), None).await.json();
    providers[0]["client_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_a_dotenv_and_variables_are_read_and_the_later_wins() {
    let files = [
        ("sociable.toml", GITHUB),
        (".env", "OTHER=x\nSOCIAL_AUTH_GITHUB_KEY=from-dotenv\n"),
    ];
    let folder = Folder::new(&files[..1]);
    let (_server, url) = folder.serve(&[], &[]);
    assert_eq!(client_id(&url).await, "key");
    let folder = Folder::new(&files);
    let (_server, url) = folder.serve(&[], &[]);
    assert_eq!(client_id(&url).await, "from-dotenv");
    let variable = [("SOCIAL_AUTH_GITHUB_KEY", "from-variable")];
    let (_server, url) = folder.serve(&[], &variable);
    assert_eq!(client_id(&url).await, "from-variable");
    let named = Folder::new(&[("other/mine.toml", GITHUB)]);
    let (_server, url) = named.serve(&["--config", "other/mine.toml"], &[]);
    assert_eq!(client_id(&url).await, "key");
}

#[tokio::test]
async fn a_secret_is_read_from_the_file_that_a_variable_names() {
    let folder = Folder::new(&[("secret", "hunter2\n"), ("key", "from-file\n")]);
    let environment = [
        ("SOCIAL_AUTH_GITHUB_KEY_FILE", "key"),
        ("SOCIAL_AUTH_GITHUB_SECRET_FILE", "secret"),
    ];
    let (server, url) = folder.serve(&[], &environment);
    assert_eq!(client_id(&url).await, "from-file");
    assert!(!server.lines().join("\n").contains("hunter2"));
}

#[test]
fn what_is_passed_over_is_warned_of_line_by_line() {
    let toml =
        format!("{GITHUB}[social_auth]\nlogin_redirect_url = \"/\"\nsanitize_redirects = true\n");
    let folder = Folder::new(&[("sociable.toml", &toml)]);
    let environment = [
        ("SOCIABLE_SERVICE_HOST", "10.0.0.1"),
        ("SOCIABLE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("SOCIAL_AUTH_SERVICE_PORT", "8080"),
        ("SOCIAL_AUTH_STRATEGY", "x"),
        ("SOCIAL_AUTH_GITHUB_LOGIN_ERROR_URL", "/e"),
        ("SOMETHING_ELSE", "x"),
    ];
    let mut check = folder.run(&["check"], &environment);
    let (status, checked) = check.outcome(SOON);
    assert!(status.success(), "{checked:?}");
    let (server, _url) = folder.serve(&[], &environment);
    let kubernetes = "ignored, Kubernetes injects such variables for a Service";
    let meaningless = "ignored, it steers redirects or frameworks that are not here";
    for (name, warning) in [
        ("variable SOCIABLE_SERVICE_HOST", kubernetes),
        ("variable SOCIABLE_PORT_8080_TCP", kubernetes),
        ("variable SOCIAL_AUTH_SERVICE_PORT", kubernetes),
        ("variable SOCIAL_AUTH_STRATEGY", meaningless),
        ("variable SOCIAL_AUTH_GITHUB_LOGIN_ERROR_URL", meaningless),
        (
            "sociable.toml:5: social_auth.login_redirect_url",
            meaningless,
        ),
        (
            "sociable.toml:6: social_auth.sanitize_redirects",
            meaningless,
        ),
    ] {
        let end = format!(": {name}: {warning}");
        let wanted = |line: &str| line.contains(" WARN ") && line.ends_with(&end);
        server.wait_for_line(wanted, SOON);
        let told = checked.iter().filter(|line| wanted(line)).count();
        assert_eq!(told, 1, "{name}: {checked:?}");
    }
}

#[test]
fn check_prints_the_providers_and_starts_nothing() {
    let folder = Folder::new(&[("sociable.toml", GITHUB)]);
    let gitlab = [
        ("SOCIAL_AUTH_GITLAB_KEY", "x"),
        ("SOCIAL_AUTH_GITLAB_SECRET", "y"),
    ];
    let mut check = folder.run(&["check"], &gitlab);
    let (status, lines) = check.outcome(SOON);
    assert!(status.success(), "{lines:?}");
    assert_eq!(lines, ["the settings are good; providers: github, gitlab"]);
    assert!(!folder.path().join("data").exists());
    let mut nothing = Folder::new(&[]).run(&["check"], &[]);
    let (status, lines) = nothing.outcome(SOON);
    assert!(status.success());
    assert!(lines[0].contains("providers: none"), "{lines:?}");
    let wrong = Folder::new(&[]).refusal(&["check"], &[("SOCIAL_AUTH_GITHUB_KEY", "x")]);
    assert_eq!(
        wrong,
        "providers.github.secret: is not set, but this provider needs it"
    );
}

#[tokio::test]
async fn a_generated_pair_of_keys_starts_on_a_migrated_postgresql() {
    let folder = Folder::new(&[]);
    let (status, lines) = folder.run(&["keys", "generate"], &[]).outcome(SOON);
    assert!(status.success());
    let keys: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| line.split_once('=').unwrap())
        .collect();
    let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["SOCIABLE_KEYS__SIGNING", "SOCIABLE_KEYS__SEALING"]);
    let database = Database::fresh();
    let url = database.url();
    let url = [("SOCIABLE_DATABASE__URL", url.as_str())];
    let (status, lines) = folder.run(&["migrate"], &url).outcome(SOON);
    assert!(status.success(), "{lines:?}");
    let (_server, address) = folder.serve(&["--sandbox"], &[&url[..], &keys].concat());
    let body = json!({"provider": "sandbox", "access_token": "alice"});
    let reply = http::post(&format!("{address}/social_sign_up"), None, &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let (_, other) = folder.run(&["keys", "generate"], &[]).outcome(SOON);
    let other: Vec<(&str, &str)> = other
        .iter()
        .map(|line| line.split_once('=').unwrap())
        .collect();
    let line = folder.refusal(&["serve"], &[&url[..], &other].concat());
    assert!(
        line.starts_with("keys.signing: this database was used with other keys"),
        "{line}"
    );
}

/// SEC-4: nobody else on the machine reads users, tokens or keys.
#[tokio::test]
async fn the_data_directory_is_its_owners_alone() {
    let folder = Folder::new(&[]);
    let body = json!({"provider": "sandbox", "access_token": "alice"});
    let (mut server, url) = folder.serve(&["--sandbox"], &[]);
    let first = http::post(&format!("{url}/social_sign_up"), None, &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let data = folder.path().join("data");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(mode(&path), 0o600, "{name}");
        names.push(name);
    }
    for name in [
        "sociable.db",
        "sociable.db-wal",
        "signing.key",
        "sealing.key",
    ] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    server.terminate();
    assert!(server.outcome(SOON).0.success());
    // The keys are found again, and with them users and sessions.
    let (_server, url) = folder.serve(
        &["--sandbox"],
        &[("SOCIABLE_SERVER__PUBLIC_URL", "https://a.example")],
    );
    let again = http::post(&format!("{url}/social_sign_up"), None, &body).await;
    assert_eq!(again.json()["id"], first.json()["id"]);
}

#[tokio::test]
async fn a_demo_serves_loopback_and_its_pages() {
    let folder = Folder::new(&[]);
    let demo = folder.run(&["demo", "--listen", "127.0.0.1:0"], &[]);
    let line = demo.wait_for_line(|line| line.starts_with("listening on "), SOON);
    let url = line.trim_start_matches("listening on ");
    let body = json!({"provider": "sandbox", "access_token": "alice"});
    let reply = http::post(&format!("{url}/social_sign_up"), None, &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}
