//! Code of a team's own beside ours: steps that ask, code that answers for a
//! provider, listeners.

mod listeners;
mod provider_code;
mod step_http;

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use sociable::app::AppBuilder;
use sociable::backends::{BackendError, Bundled, ProviderCode, Question};
use sociable::http::JsonRequest;
use sociable::model::JsonMap;

use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Reply, Server, Store};

/// The team's own provider.
pub(super) const HOST: &str = "intranet.example";
const CODE: &str = "intranet";
const DEFINITION: Bundled = Bundled {
    file: "intranet.toml",
    text: r#"
        name     = "intranet"
        title    = "Intranet"
        protocol = "oauth2"
        code     = "intranet"

        [user]
        id             = "person.number"
        username       = "person.login"
        email          = "person.mail"
        email_verified = "person.checked"

        [audience]
        kind    = "profile"
        equals  = { "token.app" = "{{ client.key }}" }
        expires = "token.until"
    "#,
};

/// Asks twice, and puts both answers beside each other.
struct Intranet;

#[async_trait]
impl ProviderCode for Intranet {
    async fn ask(&self, question: &Question<'_>) -> Result<JsonMap, BackendError> {
        let at = |path: &str| {
            let request = JsonRequest::get(&format!("https://{HOST}/{path}"));
            question.http.ask(request.bearer(question.token))
        };
        let (person, token) = (at("person").await?, at("token").await?);
        let answer = [("person", person), ("token", token)];
        Ok(answer
            .map(|(name, it)| (name.to_owned(), it))
            .into_iter()
            .collect())
    }
}

/// A server with that provider, and the internet that it is on.
pub(super) struct World {
    pub(super) internet: FakeInternet,
    pub(super) server: Server,
    asked: AtomicUsize,
}

impl World {
    pub(super) async fn start(
        store: Store,
        settings: &[(&str, &str)],
        build: impl FnOnce(AppBuilder) -> AppBuilder + Send,
    ) -> Self {
        let internet = FakeInternet::start().await;
        let (proxy, ca_bundle) = (internet.proxy_url(), internet.ca_bundle());
        let ours = [
            ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
            ("SOCIABLE_HTTP__CA_BUNDLE", ca_bundle.to_str().unwrap()),
            ("SOCIAL_AUTH_INTRANET_KEY", "our-app"),
        ];
        let server = Server::start_with(store, &[&ours[..], settings].concat(), |builder| {
            build(builder.definition(DEFINITION).provider_code(CODE, Intranet))
        });
        Self {
            internet,
            server,
            asked: AtomicUsize::new(0),
        }
    }

    /// What the provider says, from now on.
    pub(super) fn says(&self, path: &str, answer: Answer) {
        self.internet.on("GET", HOST, path, answer);
    }

    /// A person, by a token that is ours and alive.
    pub(super) fn says_all(&self, person: &Value) {
        self.says("/person", Answer::json(200, person));
        let token = json!({"app": "our-app", "until": 4_000_000_000_i64});
        self.says("/token", Answer::json(200, &token));
    }

    /// Signs up with a token of that person's.
    pub(super) async fn sign_up(&self) -> Reply {
        let count = self.asked.fetch_add(1, Ordering::Relaxed);
        let token = format!("token-{count}");
        let body = json!({"provider": "intranet", "access_token": token});
        self.server.sign_up(body).await
    }
}

/// A person of the intranet.
pub(super) fn ada() -> Value {
    json!({"number": 7, "login": "ada", "mail": "ada@intranet.example", "checked": true})
}
