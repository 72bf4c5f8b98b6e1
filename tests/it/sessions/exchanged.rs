//! Token exchange: a provider's token for tokens of ours.

use serde_json::json;

use super::{CLIENTS, form, is_let_in, is_refused, refreshed, signed_in, text};
use crate::partials::ASKING;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_providers_token_signs_its_person_up_and_in,
    a_token_of_oauth_1_comes_with_its_secret,
    what_is_no_token_exchange_is_told_why,
    a_token_that_the_provider_refuses_is_an_invalid_request,
    a_run_that_halts_waits_and_its_session_is_the_clients,
);

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

async fn exchange(server: &Server, fields: &[(&str, &str)]) -> Reply {
    let fields = [&[("grant_type", EXCHANGE)], fields].concat();
    form(&format!("{}/token", server.url), &fields).await
}

async fn of_sandbox(server: &Server, person: &str, more: &[(&str, &str)]) -> Reply {
    let fields = [
        ("provider", "sandbox"),
        ("subject_token", person),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    exchange(server, &[&fields, more].concat()).await
}

async fn a_providers_token_signs_its_person_up_and_in(store: Store) {
    let server = Server::start(store);
    let mut users = Vec::new();
    for _ in 0..2 {
        let reply = of_sandbox(&server, "alice", &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let tokens = reply.json();
        assert_eq!(tokens["issued_token_type"], ACCESS_TOKEN);
        assert_eq!(tokens["token_type"], "Bearer");
        let bearer = text(&tokens, "access_token");
        assert!(is_let_in(&server, &bearer).await);
        users.push(server.get("/me", Some(&bearer)).await.json());
        refreshed(&server.url, &text(&tokens, "refresh_token")).await;
    }
    assert_eq!(users[0], users[1]);
    assert_eq!(server.store.count("users"), 1);
}

async fn a_token_of_oauth_1_comes_with_its_secret(store: Store) {
    let server = Server::start(store);
    let fields = [
        ("provider", "sandbox-oauth1"),
        ("subject_token", "alice"),
        ("subject_token_type", "urn:sociable:token-type:oauth1"),
    ];
    is_refused(&exchange(&server, &fields).await, 400, "invalid_request");
    let secret = [("subject_token_secret", "alice-secret")];
    let reply = exchange(&server, &[&fields[..], &secret].concat()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// Fields of a request, the error that it comes to, and what that names.
type Case = (
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

const NO_EXCHANGES: [Case; 9] = [
    (
        &[("subject_token", "alice")],
        "invalid_request",
        "subject_token_type",
    ),
    (
        &[("subject_token_type", ACCESS_TOKEN)],
        "invalid_request",
        "subject_token:",
    ),
    (
        &[
            ("subject_token", "alice"),
            ("subject_token_type", ACCESS_TOKEN),
        ],
        "invalid_request",
        "provider",
    ),
    (
        &[
            ("subject_token", "alice"),
            ("subject_token_type", "x"),
            ("provider", "sandbox"),
        ],
        "invalid_request",
        "subject_token_type",
    ),
    (
        &[
            ("subject_token", "e30.e30.e30"),
            ("subject_token_type", ID_TOKEN),
        ],
        "invalid_request",
        "provider",
    ),
    (&[("actor_token", "x")], "invalid_request", "actor_token"),
    (
        &[("access_token", "alice")],
        "invalid_request",
        "access_token",
    ),
    (
        &[("requested_token_type", ID_TOKEN)],
        "invalid_request",
        "requested_token_type",
    ),
    (
        &[
            ("subject_token", "alice"),
            ("subject_token_type", ACCESS_TOKEN),
            ("provider", "sandbox"),
            ("audience", "https://api.example.com"),
        ],
        "invalid_target",
        "audience",
    ),
];

async fn what_is_no_token_exchange_is_told_why(store: Store) {
    let server = Server::start(store);
    for (fields, error, named) in NO_EXCHANGES {
        let reply = exchange(&server, fields).await;
        is_refused(&reply, 400, error);
        let description = text(&reply.json(), "error_description");
        assert!(description.contains(named), "{description}");
    }
    assert_eq!(server.store.count("users"), 0);
}

async fn a_token_that_the_provider_refuses_is_an_invalid_request(store: Store) {
    let server = Server::start(store);
    let refused = of_sandbox(&server, "wrong-app:alice", &[]).await;
    is_refused(&refused, 400, "invalid_request");
    assert_eq!(refused.json()["code"], "credential_rejected");
    let trouble = of_sandbox(&server, "fail:500", &[]).await;
    assert!(trouble.status >= 502, "{}", trouble.text);
    assert_eq!(text(&trouble.json(), "error"), "temporarily_unavailable");
    let unknown = [
        ("provider", "nowhere"),
        ("subject_token", "x"),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    let reply = exchange(&server, &unknown).await;
    is_refused(&reply, 400, "invalid_request");
    assert_eq!(reply.json()["code"], "backend_missing");
    assert_eq!(server.store.count("users"), 0);
}

async fn a_run_that_halts_waits_and_its_session_is_the_clients(store: Store) {
    let server = Server::start_with(store, &[ASKING, CLIENTS], |builder| builder);
    let reply = of_sandbox(&server, "dave", &[("client_id", "page")]).await;
    is_refused(&reply, 400, "interaction_required");
    let halted = reply.json();
    assert_eq!(halted["step"], "require_email");
    assert_eq!(halted["resume"]["url"], "/complete/sandbox");
    let url = format!("{}/complete/sandbox", server.url);
    let body = json!({"partial_token": halted["partial_token"], "email": "no@example.com"});
    let resumed = crate::support::http::post(&url, None, &body).await;
    assert_eq!(resumed.status, 201, "{}", resumed.text);
    let token = text(&resumed.json()["session"], "refresh_token");
    let of_nobody = super::refresh(&server.url, &token).await;
    is_refused(&of_nobody, 400, "invalid_grant");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &token),
        ("client_id", "page"),
    ];
    let reply = form(&format!("{}/token", server.url), &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    signed_in(&server, "alice").await;
}
