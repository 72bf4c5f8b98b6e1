//! Secrets stand in no log, no error body and no row, in whatever form.

mod credentials;
mod lines;
mod scanner;
mod traffic;

use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::support::internet::FakeInternet;
use crate::support::process::Process;
use crate::support::server::{Reply, Store, on_both};

use scanner::Canaries;

on_both!(
    no_secret_leaves_the_server_with_logs_as_text,
    no_secret_leaves_the_server_with_logs_as_json,
);

/// Generous: the machine has others to serve.
const SOON: Duration = Duration::from_mins(2);

const TABLES: [&str; 12] = [
    "users",
    "social_auth_usersocialauth",
    "social_auth_nonce",
    "social_auth_association",
    "social_auth_code",
    "social_auth_partial",
    "sessions",
    "access_tokens",
    "signing_keys",
    "used_marks",
    "events",
    "idempotent_answers",
];

/// The program on a store, its log lines wide open.
struct Watched {
    process: Process,
    url: String,
    _folder: tempfile::TempDir,
}

impl Watched {
    fn start(store: &Store, format: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = store.url();
        let mut variables = vec![
            ("SOCIABLE_DATABASE__URL", database.as_str()),
            ("SOCIABLE_LOG__LEVEL", "trace"),
            ("SOCIABLE_LOG__FORMAT", format),
        ];
        variables.extend(environment);
        let args = ["serve", "--sandbox", "--migrate", "--listen", "127.0.0.1:0"];
        let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
        let process = Process::start_in(folder.path(), program, &args, &variables);
        let line = process.wait_for_line(|line| line.starts_with("listening on "), SOON);
        let url = line.trim_start_matches("listening on ").to_owned();
        Self {
            process,
            url,
            _folder: folder,
        }
    }

    /// Ends it; all that it printed.
    fn stop(mut self) -> Vec<String> {
        self.process.terminate();
        let (status, lines) = self.process.outcome(SOON);
        assert!(status.success(), "{status}");
        lines
    }
}

async fn no_secret_leaves_the_server_with_logs_as_text(store: Store) {
    no_secret_leaves(store, "text").await;
}

async fn no_secret_leaves_the_server_with_logs_as_json(store: Store) {
    no_secret_leaves(store, "json").await;
}

/// LOG-1, OA1-6, SEC-1, SES-9.
async fn no_secret_leaves(store: Store, format: &str) {
    let internet = FakeInternet::start().await;
    let mut canaries = Canaries::default();
    let client_secret = canaries.plant("client secret");
    let signing = canaries.plant_key(7);
    let sealing = canaries.plant_key(91);
    let mut proxy = Url::parse(&internet.proxy_url()).unwrap();
    let proxy_password = canaries.plant("proxy password");
    proxy.set_username("somebody").unwrap();
    proxy.set_password(Some(&proxy_password)).unwrap();
    let mut database = store.url();
    if let Store::Postgres(_) = &store {
        let mut url = Url::parse(&database).unwrap();
        url.set_password(Some(&canaries.plant("database password")))
            .unwrap();
        database = url.into();
    }
    canaries.add("sandbox-secret");
    let ca_bundle = internet.ca_bundle();
    let further = credentials::settings(&mut canaries);
    let mut environment = vec![
        ("SOCIABLE_DATABASE__URL", database.as_str()),
        ("SOCIABLE_KEYS__SIGNING", signing.as_str()),
        ("SOCIABLE_KEYS__SEALING", sealing.as_str()),
        ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
        ("SOCIABLE_HTTP__CA_BUNDLE", ca_bundle.to_str().unwrap()),
        ("SOCIAL_AUTH_GITHUB_KEY", "key"),
        ("SOCIAL_AUTH_GITHUB_SECRET", client_secret.as_str()),
        ("SOCIAL_AUTH_GITHUB_EXTRA_DATA", r#"["id_token"]"#),
        ("SOCIAL_AUTH_SANDBOX_REQUESTS_TIMEOUT", "1"),
    ];
    environment.extend(further.iter().map(|(name, value)| (*name, value.as_str())));
    let server = Watched::start(&store, format, &environment);
    let replies = traffic::run(&server.url, &internet, &mut canaries).await;
    let lines = server.stop();
    assert!(lines.len() > 1000, "the log is wide open: {}", lines.len());
    let people = people();
    for reply in &replies {
        canaries.assert_absent("an error's body", &error_text(reply));
    }
    for table in TABLES {
        let rows = store.query(&format!("SELECT * FROM {table}"));
        canaries.assert_absent(table, &format!("{rows:?}"));
    }
    for line in &lines {
        canaries.assert_absent("a log line", line);
        people.assert_absent("a log line", line);
    }
}

/// What is no secret, stands in rows, and concerns no reader of logs.
fn people() -> Canaries {
    let mut people = Canaries::default();
    for value in ["alice@example.com", "Alice Liddell", "octocat"] {
        people.add(value);
    }
    people
}

/// The body and the headers of an error; nothing of a success.
fn error_text(reply: &Reply) -> String {
    if reply.status < 400 {
        return String::new();
    }
    format!("{:?} {}", reply.headers, reply.text)
}
