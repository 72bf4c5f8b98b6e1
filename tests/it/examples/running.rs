//! A program of `examples/`, run on a database of its own.

use std::path::Path;

use serde_json::{Value, json};

use super::program::built;
use crate::support::http;
use crate::support::instance::STARTED;
use crate::support::process::Process;
use crate::support::server::{Reply, Store};

const LISTENING: &str = "listening on ";

/// An example that runs, on a database of its own.
pub(super) struct Example {
    pub(super) url: String,
    pub(super) store: Store,
    pub(super) process: Process,
}

impl Example {
    pub(super) fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        Self::of(&built(name), &[], environment, Store::sqlite())
    }

    /// A program that serves as the examples do.
    pub(super) fn of(
        program: &Path,
        args: &[&str],
        environment: &[(&str, &str)],
        store: Store,
    ) -> Self {
        let database = store.url();
        let ours = [
            ("SOCIABLE_DATABASE__URL", database.as_str()),
            ("SOCIABLE_SERVER__LISTEN", "127.0.0.1:0"),
            ("SOCIABLE_SERVER__WORKERS", "1"),
            ("SOCIABLE_LOG__LEVEL", "error"),
        ];
        let keys = crate::support::server::KEYS;
        let all = [&ours[..], &keys, environment].concat();
        let process = Process::start(program, args, &all);
        let line = process.wait_for_line(|line| line.starts_with(LISTENING), STARTED);
        let url = line[LISTENING.len()..].to_owned();
        Self {
            url,
            store,
            process,
        }
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Reply {
        http::post(&format!("{}{path}", self.url), None, &body).await
    }

    /// Signs up with a token of the sandbox's first provider.
    pub(super) async fn sign_up(&self, person: &str) -> Reply {
        self.sign_up_at("sandbox", person).await
    }

    pub(super) async fn sign_up_at(&self, provider: &str, person: &str) -> Reply {
        let body = json!({"provider": provider, "access_token": person});
        self.post("/social_sign_up", body).await
    }
}

/// What a sign-up that succeeds tells of the person: `is_new`.
pub(super) fn is_new(reply: &Reply) -> bool {
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["is_new"].as_bool().unwrap()
}
