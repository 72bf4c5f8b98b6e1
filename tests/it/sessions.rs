//! Sessions of ours over HTTP: they turn, they end, and others can check them.

mod audiences;
mod clients;
mod exchanged;
mod introspected;
mod keys;
mod opaque;
mod refreshed;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::http;
use crate::support::server::{Reply, Server};

/// A confidential client, a public one, and the secret of the first.
pub(crate) const SECRET: &str = "a-secret-of-at-least-32-characters";
pub(crate) const CLIENTS: (&str, &str) = (
    "SOCIABLE_CLIENTS",
    r#"{"backend": {"secret": "a-secret-of-at-least-32-characters",
                    "audiences": ["https://api.example.com"], "access_token_lifetime": 60},
        "page": {"origins": ["https://app.example.com"]}}"#,
);

/// The tokens of somebody who signs in.
pub(crate) async fn signed_in(server: &Server, person: &str) -> Value {
    let body = json!({"provider": "sandbox", "access_token": person});
    let reply = server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["session"].clone()
}

/// Posts a form, as OAuth clients do.
pub(crate) async fn form(url: &str, fields: &[(&str, &str)]) -> Reply {
    http::send(http::request(Method::POST, url).form(fields)).await
}

/// Posts a form as a registered client.
pub(crate) async fn form_of(
    (id, secret): (&str, &str),
    url: &str,
    fields: &[(&str, &str)],
) -> Reply {
    let request = http::request(Method::POST, url).basic_auth(id, Some(secret));
    http::send(request.form(fields)).await
}

pub(crate) fn text(json: &Value, name: &str) -> String {
    json[name]
        .as_str()
        .unwrap_or_else(|| panic!("{json}"))
        .to_owned()
}

/// Asks for new tokens.
pub(crate) async fn refresh(url: &str, refresh_token: &str) -> Reply {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    form(&format!("{url}/token"), &fields).await
}

/// New tokens.
pub(crate) async fn refreshed(url: &str, refresh_token: &str) -> Value {
    let reply = refresh(url, refresh_token).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Status and error, for tables of cases.
pub(crate) fn refusal(reply: &Reply) -> (u16, String) {
    (reply.status, text(&reply.json(), "error"))
}

pub(crate) fn is_refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!(refusal(reply), (status, error.to_owned()), "{}", reply.text);
}

/// Whether an access token is taken.
pub(crate) async fn is_let_in(server: &Server, access_token: &str) -> bool {
    let me = server.get("/me", Some(access_token)).await;
    assert!(matches!(me.status, 200 | 401), "{}", me.text);
    me.status == 200
}
