//! Access tokens that say nothing by themselves.

use super::{CLIENTS, SECRET, form, form_of, is_let_in, refreshed, signed_in, text};
use crate::support::clock::Ahead;
use crate::support::server::{Server, Store, on_both};

on_both!(
    ses_4_an_opaque_token_ends_with_its_session_at_once,
    an_opaque_token_is_introspected_and_expires,
);

const OPAQUE: (&str, &str) = ("SOCIABLE_SESSION__ACCESS_TOKEN_FORMAT", "opaque");

async fn ses_4_an_opaque_token_ends_with_its_session_at_once(store: Store) {
    let server = Server::start_with(store, &[OPAQUE], |builder| builder);
    let session = signed_in(&server, "alice").await;
    let first = text(&session, "access_token");
    assert_eq!(first.len(), 43, "{first}");
    let next = refreshed(&server.url, &text(&session, "refresh_token")).await;
    let second = text(&next, "access_token");
    for token in [&first, &second] {
        assert!(is_let_in(&server, token).await);
    }
    let url = format!("{}/token/revoke", server.url);
    form(&url, &[("token", &second)]).await;
    for token in [&first, &second] {
        assert!(!is_let_in(&server, token).await);
    }
    for nonsense in ["x", &"a".repeat(43)] {
        assert!(!is_let_in(&server, nonsense).await);
    }
}

async fn an_opaque_token_is_introspected_and_expires(store: Store) {
    let clock = Ahead::new();
    let of_server = clock.clone();
    let server = Server::start_with(store, &[OPAQUE, CLIENTS], |builder| {
        builder.clock(of_server)
    });
    let token = text(&signed_in(&server, "alice").await, "access_token");
    let url = format!("{}/token/introspect", server.url);
    let told = async || {
        form_of(("backend", SECRET), &url, &[("token", &token)])
            .await
            .json()
    };
    let active = told().await;
    assert_eq!(active["active"], true);
    assert_eq!(active["token_type"], "Bearer");
    clock.turn_on(600);
    assert_eq!(told().await["active"], false);
    assert!(!is_let_in(&server, &token).await);
}
