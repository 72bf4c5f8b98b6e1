//! Access tokens that are made out to somebody else.

use super::{CLIENTS, SECRET, form_of, is_let_in, is_refused, text};
use crate::support::server::{Server, Store, on_both};

on_both!(a_token_for_another_is_not_for_us_and_its_session_stays_so);

const API: &str = "https://api.example.com";

async fn a_token_for_another_is_not_for_us_and_its_session_stays_so(store: Store) {
    let server = Server::start_with(store, &[CLIENTS], |builder| builder);
    let url = format!("{}/token", server.url);
    let client = ("backend", SECRET);
    let fields = [
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
        ("audience", API),
    ];
    let mut reply = form_of(client, &url, &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let introspect = format!("{}/token/introspect", server.url);
    for _ in 0..2 {
        let tokens = reply.json();
        let token = text(&tokens, "access_token");
        assert!(!is_let_in(&server, &token).await);
        let told = form_of(client, &introspect, &[("token", &token)])
            .await
            .json();
        assert_eq!(
            (told["active"].clone(), told["aud"].clone()),
            (true.into(), API.into())
        );
        assert_eq!(told["client_id"], "backend");
        let again = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &text(&tokens, "refresh_token")),
        ];
        reply = form_of(client, &url, &again).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let mut other = fields;
    other[4].1 = "https://other.example.com";
    is_refused(&form_of(client, &url, &other).await, 400, "invalid_target");
}
