//! Registered clients: who they are, and what is theirs alone.

use reqwest::Method;

use super::{CLIENTS, SECRET, form, form_of, is_refused, refresh, text};
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_session_that_a_client_opened_is_its_own,
    a_page_acts_as_a_client_only_from_its_origins,
    a_client_that_is_not_known_gets_nothing,
);

const EXCHANGE: [(&str, &str); 4] = [
    (
        "grant_type",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ),
    (
        "subject_token_type",
        "urn:ietf:params:oauth:token-type:access_token",
    ),
    ("provider", "sandbox"),
    ("subject_token", "alice"),
];

fn server(store: Store) -> Server {
    Server::start_with(store, &[CLIENTS], |builder| builder)
}

async fn a_session_that_a_client_opened_is_its_own(store: Store) {
    let server = server(store);
    let url = format!("{}/token", server.url);
    let reply = form_of(("backend", SECRET), &url, &EXCHANGE).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["expires_in"], 60, "its own lifetime");
    let token = text(&reply.json(), "refresh_token");
    is_refused(&refresh(&server.url, &token).await, 400, "invalid_grant");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
    ];
    let of_page = form(&url, &[&fields[..], &[("client_id", "page")]].concat()).await;
    is_refused(&of_page, 400, "invalid_grant");
    let revoke = format!("{}/token/revoke", server.url);
    let by_nobody = form(&revoke, &[("token", &token)]).await;
    assert_eq!(by_nobody.status, 200, "and nothing is done");
    let own = form_of(("backend", SECRET), &url, &fields).await;
    assert_eq!(own.status, 200, "{}", own.text);
    assert_eq!(own.json()["expires_in"], 60);
    let by_itself = form_of(("backend", SECRET), &revoke, &[("token", &token)]).await;
    assert_eq!(by_itself.status, 200);
    let ended = form_of(("backend", SECRET), &url, &fields).await;
    is_refused(&ended, 400, "invalid_grant");
}

async fn from(origin: &str, url: &str, fields: &[(&str, &str)]) -> Reply {
    let request = http::request(Method::POST, url).header("Origin", origin);
    http::send(request.form(fields)).await
}

async fn a_page_acts_as_a_client_only_from_its_origins(store: Store) {
    let server = server(store);
    let url = format!("{}/token", server.url);
    let fields = [&EXCHANGE[..], &[("client_id", "page")]].concat();
    let own = from("https://app.example.com", &url, &fields).await;
    assert_eq!(own.status, 200, "{}", own.text);
    let allowed = own.headers.get("access-control-allow-origin");
    assert_eq!(
        allowed.unwrap(),
        "https://app.example.com",
        "it may read that"
    );
    let other = from("https://evil.example.com", &url, &fields).await;
    assert!(other.status >= 400, "{}", other.text);
    assert!(other.headers.get("access-control-allow-origin").is_none());
    let no_page = form(&url, &fields).await;
    assert_eq!(no_page.status, 200, "{}", no_page.text);
}

async fn a_client_that_is_not_known_gets_nothing(store: Store) {
    let server = server(store);
    let url = format!("{}/token", server.url);
    for (id, secret) in [
        ("nobody", SECRET),
        ("backend", ""),
        ("backend", "x"),
        ("", SECRET),
    ] {
        let reply = form_of((id, secret), &url, &EXCHANGE).await;
        is_refused(&reply, 401, "invalid_client");
        assert_eq!(
            reply.headers["www-authenticate"],
            "Basic realm=\"sociable\""
        );
        assert!(!reply.text.contains(SECRET));
    }
    let no_basic = http::request(Method::POST, &url).header("Authorization", "Basic !");
    is_refused(
        &http::send(no_basic.form(&EXCHANGE)).await,
        401,
        "invalid_client",
    );
    assert_eq!(server.store.count("users"), 0);
}
