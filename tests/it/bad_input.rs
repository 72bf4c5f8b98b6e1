//! What nobody should send: it is refused, named, and leaves no trace.

mod bearers;
mod bodies;
mod credentials;
mod fields;
mod media_types;
mod paths;

use serde_json::{Value, json};

use crate::support::server::{Reply, Server, Store};
use crate::support::{http, raw};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A server that knows alice, and must know and ask no more afterwards.
struct Unmoved {
    server: Server,
    rows: [u64; 5],
    asked: u64,
    alice: Reply,
}

impl Unmoved {
    async fn start(store: Store, environment: &[(&str, &str)]) -> Self {
        let server = Server::start_with(store, environment, |builder| builder);
        let alice = server.sign_up(good()).await;
        assert_eq!(alice.status, 201, "{}", alice.text);
        Self {
            rows: server.store.rows(),
            asked: asked(&server),
            server,
            alice,
        }
    }

    /// Posts a body of some media type.
    async fn post(&self, media_type: &str, body: impl Into<Vec<u8>>) -> Reply {
        let url = format!("{}/social_sign_up", self.server.url);
        let reply = http::post_text(&url, None, media_type, body.into()).await;
        self.judge(reply)
    }

    async fn json(&self, body: &Value) -> Reply {
        self.post(JSON, body.to_string()).await
    }

    /// Sends bytes as they are.
    fn raw(&self, request: &[u8]) -> Reply {
        self.judge(raw::send(&self.server.url, request))
    }

    /// What holds of every refusal.
    fn judge(&self, reply: Reply) -> Reply {
        let status = reply.status;
        assert!((400..500).contains(&status), "{status} {}", reply.text);
        assert_eq!(asked(&self.server), self.asked, "no provider is asked");
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert!(reply.json().is_object(), "{}", reply.text);
        reply
    }

    /// Nothing was written, and good requests still work.
    async fn check(self) {
        assert_eq!(self.server.store.rows(), self.rows);
        let again = self.server.sign_up(good()).await;
        assert_eq!(again.status, 201, "{}", again.text);
        assert_eq!(again.json()["id"], self.alice.json()["id"]);
    }
}

fn good() -> Value {
    json!({"provider": "sandbox", "access_token": "alice"})
}

/// How often the sandbox was asked for anything.
fn asked(server: &Server) -> u64 {
    [
        "/oauth2/userinfo",
        "/oauth2/tokeninfo",
        "/oauth2/introspect",
        "/oauth1/verify_credentials",
    ]
    .iter()
    .map(|path| server.playground.sandbox().calls(path))
    .sum()
}

/// The messages of one field; the test fails unless that field alone is named.
fn messages(reply: &Reply, field: &str) -> Vec<String> {
    assert_eq!(reply.status, 400, "{}", reply.text);
    let body = reply.json();
    let body = body.as_object().unwrap();
    assert_eq!(body.keys().collect::<Vec<_>>(), [field], "{}", reply.text);
    let messages = body[field].as_array().unwrap();
    let text = |message: &Value| message.as_str().unwrap().to_owned();
    messages.iter().map(text).collect()
}
