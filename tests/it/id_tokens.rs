//! ID tokens over HTTP: who signs in with one, and which are refused.

mod every_pair;
mod every_provider;
mod exchanged;
mod fixtures;
mod keys;
mod known;
mod microsoft;
mod mixed_up;
mod own_ways;
mod refused;
mod replayed;
mod self_contained;
mod together;

use serde_json::{Value, json};

use crate::support::id_tokens::{Key, claims, serve_keys};
use crate::support::internet::FakeInternet;
use crate::support::server::{Reply, Server, Store};

/// The issuer of the generic provider here.
const ISSUER: &str = "https://id.example";

/// Its settings: a generic provider, and Google.
const SETTINGS: [(&str, &str); 6] = [
    ("SOCIAL_AUTH_OIDC_KEY", "our-app"),
    ("SOCIAL_AUTH_OIDC_SECRET", "a-secret"),
    ("SOCIAL_AUTH_OIDC_OIDC_ENDPOINT", ISSUER),
    ("SOCIAL_AUTH_OIDC_REQUESTS_TIMEOUT", "60"),
    ("SOCIAL_AUTH_GOOGLE_OAUTH2_KEY", "our-google-app"),
    ("SOCIAL_AUTH_GOOGLE_OAUTH2_REQUESTS_TIMEOUT", "60"),
];

/// A server, and the providers that it sees.
struct Town {
    internet: FakeInternet,
    server: Server,
}

impl Town {
    async fn start(store: Store, more: &[(&str, &str)]) -> Self {
        let internet = FakeInternet::start().await;
        serve_keys(&internet, ISSUER);
        let server = Self::server(&internet, store, more);
        Self { internet, server }
    }

    fn server(internet: &FakeInternet, store: Store, more: &[(&str, &str)]) -> Server {
        let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
        let mut environment = vec![
            ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
            ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
        ];
        environment.extend(SETTINGS);
        environment.extend(more);
        Server::start_with(store, &environment, |builder| builder)
    }

    /// Posts an ID token of these claims.
    async fn post(&self, claims: &Value) -> Reply {
        self.send(json!({"id_token": Key::Rs256.token(claims)}))
            .await
    }

    /// Posts fields to the generic provider.
    async fn send(&self, mut body: Value) -> Reply {
        body["provider"] = "oidc".into();
        self.server.sign_up(body).await
    }

    /// Holds that a request is refused so, and that nothing is written.
    async fn refuses(&self, body: Value, expected: (u16, &str)) -> Reply {
        let before = self.server.store.rows();
        let given = self.server.sign_up(body).await;
        let found = (given.status, given.code());
        assert_eq!(found, (expected.0, expected.1.to_owned()), "{}", given.text);
        assert_eq!(self.server.store.rows(), before, "{}", given.text);
        given
    }
}

/// Good claims of the generic provider for our app.
fn good(subject: &str) -> Value {
    claims(ISSUER, "our-app", subject)
}

/// The same with one of them changed; null takes it away.
fn with(subject: &str, claim: &str, value: Value) -> Value {
    let mut claims = good(subject);
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(claim);
    } else {
        claims[claim] = value;
    }
    claims
}

/// A refusal of each code that ID tokens alone are refused by.
pub(crate) async fn each_refusal(store: &Store) -> Vec<Reply> {
    let town = Town::start(store.another(), &[]).await;
    let mut replies = Vec::new();
    for (_, token, _) in refused::faults() {
        replies.push(town.send(json!({"id_token": token})).await);
    }
    let token = Key::Rs256.token(&good("ada"));
    let unknown = json!({"id_token": token, "nonce": "another"});
    replies.push(town.send(unknown).await);
    assert_eq!(town.send(json!({"id_token": token})).await.status, 201);
    replies.push(town.send(json!({"id_token": token})).await);
    replies
}
