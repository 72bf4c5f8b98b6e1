//! What registered clients are told of our tokens, and how tokens are revoked.

use serde_json::{Value, json};

use super::{CLIENTS, SECRET, form, form_of, is_refused, refreshed, signed_in, text};
use crate::support::clock::Ahead;
use crate::support::server::{Server, Store, on_both};

on_both!(
    a_registered_client_is_told_what_a_token_is,
    only_a_client_with_a_secret_is_told,
    ses_4_a_token_that_is_revoked_takes_its_session_along,
    ses_6_a_token_of_who_is_deactivated_is_not_active,
    what_is_no_token_is_not_active_and_revoked_already,
);

fn server(store: Store) -> Server {
    Server::start_with(store, &[CLIENTS], |builder| builder)
}

async fn introspect(server: &Server, token: &str) -> Value {
    let url = format!("{}/token/introspect", server.url);
    let reply = form_of(("backend", SECRET), &url, &[("token", token)]).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn revoke(server: &Server, token: &str) {
    let url = format!("{}/token/revoke", server.url);
    let reply = form(&url, &[("token", token)]).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, ""));
}

async fn a_registered_client_is_told_what_a_token_is(store: Store) {
    let server = server(store);
    let session = signed_in(&server, "alice").await;
    let me = server
        .get("/me", Some(&text(&session, "access_token")))
        .await
        .json();
    let told = introspect(&server, &text(&session, "access_token")).await;
    assert_eq!(told["active"], true);
    assert_eq!(
        (&told["sub"], &told["username"]),
        (&me["id"], &me["username"])
    );
    assert_eq!(
        (&told["iss"], &told["aud"]),
        (&json!("urn:sociable"), &json!("urn:sociable"))
    );
    assert_eq!(told["token_type"], "Bearer");
    let (issued, expires) = (told["iat"].as_i64().unwrap(), told["exp"].as_i64().unwrap());
    assert_eq!(expires - issued, 600);
    let of_refresh = introspect(&server, &text(&session, "refresh_token")).await;
    assert_eq!(of_refresh["active"], true);
    assert_eq!(
        (&of_refresh["sub"], &of_refresh["sid"]),
        (&told["sub"], &told["sid"])
    );
    assert!(of_refresh.get("token_type").is_none());
}

async fn only_a_client_with_a_secret_is_told(store: Store) {
    let server = server(store);
    let token = text(&signed_in(&server, "alice").await, "access_token");
    let url = format!("{}/token/introspect", server.url);
    let fields = [("token", token.as_str())];
    let nobody = form(&url, &fields).await;
    is_refused(&nobody, 401, "invalid_client");
    assert!(nobody.headers.contains_key("www-authenticate"));
    for (id, secret) in [
        ("page", ""),
        ("page", SECRET),
        ("backend", "another-secret-of-32-characters-or-more"),
        ("nobody", SECRET),
    ] {
        let reply = form_of((id, secret), &url, &fields).await;
        is_refused(&reply, 401, "invalid_client");
    }
    let public = form(&url, &[("token", &token), ("client_id", "page")]).await;
    is_refused(&public, 401, "invalid_client");
    let bearer = crate::support::http::request(reqwest::Method::POST, &url).bearer_auth(&token);
    let bearer = crate::support::http::send(bearer.form(&fields)).await;
    is_refused(&bearer, 401, "invalid_client");
    let posted = [
        ("token", token.as_str()),
        ("client_id", "backend"),
        ("client_secret", SECRET),
    ];
    assert_eq!(form(&url, &posted).await.status, 200);
    let twice = form_of(("backend", SECRET), &url, &posted).await;
    is_refused(&twice, 400, "invalid_request");
}

async fn ses_4_a_token_that_is_revoked_takes_its_session_along(store: Store) {
    let server = server(store);
    for kind in ["refresh_token", "access_token"] {
        let session = signed_in(&server, "alice").await;
        let other = signed_in(&server, "alice").await;
        revoke(&server, &text(&session, kind)).await;
        for token in ["refresh_token", "access_token"] {
            let told = introspect(&server, &text(&session, token)).await;
            assert_eq!(told, json!({"active": false}), "{kind} {token}");
        }
        let refused = super::refresh(&server.url, &text(&session, "refresh_token")).await;
        is_refused(&refused, 400, "invalid_grant");
        refreshed(&server.url, &text(&other, "refresh_token")).await;
    }
}

async fn ses_6_a_token_of_who_is_deactivated_is_not_active(store: Store) {
    let server = server(store);
    let session = signed_in(&server, "alice").await;
    server.store.query("UPDATE users SET is_active = false");
    for token in ["refresh_token", "access_token"] {
        let told = introspect(&server, &text(&session, token)).await;
        assert_eq!(told, json!({"active": false}));
    }
}

async fn what_is_no_token_is_not_active_and_revoked_already(store: Store) {
    let clock = Ahead::new();
    let of_server = clock.clone();
    let server = Server::start_with(store, &[CLIENTS], |builder| builder.clock(of_server));
    let session = signed_in(&server, "alice").await;
    let used_up = text(&session, "refresh_token");
    let next = refreshed(&server.url, &used_up).await;
    refreshed(&server.url, &text(&next, "refresh_token")).await;
    clock.turn_on(601);
    let expired = text(&session, "access_token");
    let unknown = "a".repeat(86);
    for token in [used_up.as_str(), &expired, &unknown, "x", "e30.e30.e30"] {
        let told = introspect(&server, token).await;
        assert_eq!(told, json!({"active": false}), "{token}");
    }
    for token in [expired.as_str(), &unknown, "x"] {
        revoke(&server, token).await;
    }
    let url = format!("{}/token/revoke", server.url);
    is_refused(&form(&url, &[]).await, 400, "invalid_request");
}
