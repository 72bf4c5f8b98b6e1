//! Halted sign-ups: what a client is told, and how it goes on.

mod guesses;
mod refused;
mod resumed;
mod settings;

use serde_json::{Value, json};

use crate::support::http;
use crate::support::server::{Reply, Server, Store};

/// The default pipeline with a question in it.
pub(super) const ASKING: (&str, &str) = (
    "SOCIAL_AUTH_PIPELINE",
    r#"["social_details", "social_names", "social_uid", "auth_allowed", "social_user",
        "require_email", "get_username", "create_user", "associate_user", "load_extra_data",
        "user_details"]"#,
);

/// A server whose pipeline asks who has no address.
pub(super) fn asking(store: Store) -> Server {
    Server::start_with(store, &[ASKING], |builder| builder)
}

/// Dave, of whom the sandbox knows no address.
pub(super) fn dave() -> Value {
    json!({"provider": "sandbox", "access_token": "dave"})
}

/// The token of a sign-up that waits.
pub(super) fn token_of(halted: &Reply) -> String {
    assert_eq!(halted.status, 202, "{}", halted.text);
    halted.json()["partial_token"].as_str().unwrap().to_owned()
}

/// Begins a sign-up of Dave's and gives its token.
pub(super) async fn halted(server: &Server) -> String {
    token_of(&server.sign_up(dave()).await)
}

/// Posts a token and fields to `/complete/sandbox`.
pub(super) async fn resume(url: &str, token: &str, mut fields: Value) -> Reply {
    fields["partial_token"] = token.into();
    http::post(&format!("{url}/complete/sandbox"), None, &fields).await
}
