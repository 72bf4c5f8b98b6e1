//! Refresh tokens turn, survive a lost answer, and end with their sessions.

use std::collections::BTreeSet;

use reqwest::header::CACHE_CONTROL;
use serde_json::Value;

use super::{form, is_let_in, is_refused, refresh, refreshed, signed_in, text};
use crate::support::clock::Ahead;
use crate::support::instance::Instance;
use crate::support::server::{Server, Store, on_both};

on_both!(
    a_refresh_gives_a_new_pair_and_the_old_token_stays_good_until_that_is_used,
    ses_1_a_token_that_was_used_up_ends_its_session_and_is_told_of,
    ses_2_who_lost_the_answer_asks_again_for_a_minute_and_longer,
    ses_3_a_hundred_at_once_end_with_one_tip_that_works,
    ses_5_logging_out_ends_this_session_or_all,
    ses_6_who_is_deactivated_gets_nothing,
    ses_12_unknown_expired_and_revoked_are_told_alike,
    ses_13_a_session_ends_idle_and_ends_for_good,
    kill_2_after_a_kill_a_client_still_has_a_token_that_works,
    a_request_that_is_no_good_is_told_why,
);

async fn a_refresh_gives_a_new_pair_and_the_old_token_stays_good_until_that_is_used(store: Store) {
    let server = Server::start(store);
    let first = signed_in(&server, "alice").await;
    let reply = refresh(&server.url, &text(&first, "refresh_token")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.headers[CACHE_CONTROL], "no-store");
    let second = reply.json();
    assert_eq!(second["token_type"], "Bearer");
    assert_eq!(second["expires_in"], 600);
    assert_eq!(second.as_object().unwrap().len(), 4, "{second}");
    for token in ["access_token", "refresh_token"] {
        assert_ne!(first[token], second[token]);
    }
    assert!(is_let_in(&server, &text(&second, "access_token")).await);
    refreshed(&server.url, &text(&first, "refresh_token")).await;
    refreshed(&server.url, &text(&second, "refresh_token")).await;
    let used_up = refresh(&server.url, &text(&first, "refresh_token")).await;
    is_refused(&used_up, 400, "invalid_grant");
    assert_eq!(server.store.count("sessions"), 1);
}

async fn ses_1_a_token_that_was_used_up_ends_its_session_and_is_told_of(store: Store) {
    let server = Server::start(store);
    let first = signed_in(&server, "alice").await;
    let other = signed_in(&server, "alice").await;
    let second = refreshed(&server.url, &text(&first, "refresh_token")).await;
    let third = refreshed(&server.url, &text(&second, "refresh_token")).await;
    let stolen = refresh(&server.url, &text(&first, "refresh_token")).await;
    is_refused(&stolen, 400, "invalid_grant");
    for token in [&first, &second, &third] {
        let dead = refresh(&server.url, &text(token, "refresh_token")).await;
        is_refused(&dead, 400, "invalid_grant");
    }
    let told = "SELECT count(*) FROM events WHERE kind = 'session.reused'";
    assert_eq!(server.store.query(told), [["1"]], "once, not at each try");
    refreshed(&server.url, &text(&other, "refresh_token")).await;
}

async fn ses_2_who_lost_the_answer_asks_again_for_a_minute_and_longer(store: Store) {
    let clock = Ahead::new();
    let of_server = clock.clone();
    let server = Server::start_with(store, &[], |builder| builder.clock(of_server));
    let first = signed_in(&server, "alice").await;
    let token = text(&first, "refresh_token");
    let lost = refreshed(&server.url, &token).await;
    let again = refreshed(&server.url, &token).await;
    assert_eq!(again["refresh_token"], lost["refresh_token"]);
    assert_ne!(again["access_token"], lost["access_token"], "a fresh one");
    clock.turn_on(61);
    let fresh = refreshed(&server.url, &token).await;
    assert_ne!(fresh["refresh_token"], lost["refresh_token"]);
    refreshed(&server.url, &text(&fresh, "refresh_token")).await;
}

async fn ses_3_a_hundred_at_once_end_with_one_tip_that_works(store: Store) {
    let servers = match store {
        Store::Sqlite(_) => vec![Server::start(store)],
        Store::Postgres(_) => vec![Server::start(store.clone()), Server::start(store)],
    };
    let first = signed_in(&servers[0], "alice").await;
    let token = text(&first, "refresh_token");
    let asked = (0..100).map(|number| refresh(&servers[number % servers.len()].url, &token));
    let replies = futures_util::future::join_all(asked).await;
    let tips: BTreeSet<String> = replies
        .iter()
        .map(|reply| {
            assert_eq!(reply.status, 200, "{}", reply.text);
            text(&reply.json(), "refresh_token")
        })
        .collect();
    assert_eq!(tips.len(), 1, "one tip");
    let live = "SELECT count(*) FROM sessions WHERE revoked IS NULL";
    assert_eq!(servers[0].store.query(live), [["1"]]);
    for reply in replies.iter().step_by(10) {
        let access_token = text(&reply.json(), "access_token");
        assert!(is_let_in(&servers[0], &access_token).await);
    }
    let tip = tips.first().unwrap();
    let next = refreshed(&servers[0].url, tip).await;
    refreshed(&servers[0].url, &text(&next, "refresh_token")).await;
}

async fn log_out(server: &Server, session: &Value, fields: &[(&str, &str)]) {
    let url = format!("{}/logout", server.url);
    let mut request = crate::support::http::request(reqwest::Method::POST, &url);
    request = request.bearer_auth(text(session, "access_token"));
    if !fields.is_empty() {
        request = request.form(fields);
    }
    let reply = crate::support::http::send(request).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
}

async fn ses_5_logging_out_ends_this_session_or_all(store: Store) {
    let server = Server::start(store);
    let mut sessions = Vec::new();
    for person in ["alice", "alice", "alice", "bob"] {
        sessions.push(signed_in(&server, person).await);
    }
    let lives = async |session: &Value| {
        let reply = refresh(&server.url, &text(session, "refresh_token")).await;
        assert!(matches!(reply.status, 200 | 400), "{}", reply.text);
        reply.status == 200
    };
    log_out(&server, &sessions[0], &[]).await;
    assert!(!lives(&sessions[0]).await);
    assert!(lives(&sessions[1]).await, "the others live on");
    log_out(&server, &sessions[1], &[("scope", "everywhere")]).await;
    assert!(!lives(&sessions[1]).await);
    assert!(!lives(&sessions[2]).await);
    assert!(lives(&sessions[3]).await, "somebody else's");
    let url = format!("{}/logout", server.url);
    let nobody = form(&url, &[]).await;
    assert_eq!(nobody.status_and_code(), (401, "invalid_token".to_owned()));
}

async fn ses_6_who_is_deactivated_gets_nothing(store: Store) {
    let server = Server::start(store);
    let session = signed_in(&server, "alice").await;
    let token = text(&session, "refresh_token");
    server.store.query("UPDATE users SET is_active = FALSE");
    is_refused(&refresh(&server.url, &token).await, 400, "invalid_grant");
    server.store.query("UPDATE users SET is_active = TRUE");
    refreshed(&server.url, &token).await;
}

async fn ses_12_unknown_expired_and_revoked_are_told_alike(store: Store) {
    let clock = Ahead::new();
    let of_server = clock.clone();
    let server = Server::start_with(store, &[], |builder| builder.clock(of_server));
    let revoked = text(&signed_in(&server, "alice").await, "refresh_token");
    form(
        &format!("{}/token/revoke", server.url),
        &[("token", &revoked)],
    )
    .await;
    let expired = text(&signed_in(&server, "alice").await, "refresh_token");
    clock.turn_on(31 * 24 * 3600);
    let unknown = format!("{}{}", "a".repeat(43), "b".repeat(43));
    let mut told = BTreeSet::new();
    for token in [&revoked, &expired, &unknown, "nonsense"] {
        let reply = refresh(&server.url, token).await;
        let mut body = reply.json();
        body.as_object_mut().unwrap().remove("request_id");
        assert_eq!(reply.status, 400);
        told.insert(body.to_string());
    }
    assert_eq!(told.len(), 1, "{told:?}");
}

async fn ses_13_a_session_ends_idle_and_ends_for_good(store: Store) {
    let clock = Ahead::new();
    let of_server = clock.clone();
    let lifetimes = [
        ("SOCIABLE_SESSION__REFRESH_TOKEN_LIFETIME", "3600"),
        ("SOCIABLE_SESSION__LIFETIME", "7200"),
    ];
    let server = Server::start_with(store, &lifetimes, |builder| builder.clock(of_server));
    let idle = text(&signed_in(&server, "alice").await, "refresh_token");
    let mut used = text(&signed_in(&server, "alice").await, "refresh_token");
    for _ in 0..3 {
        clock.turn_on(2000);
        used = text(&refreshed(&server.url, &used).await, "refresh_token");
    }
    is_refused(&refresh(&server.url, &idle).await, 400, "invalid_grant");
    clock.turn_on(1199);
    used = text(&refreshed(&server.url, &used).await, "refresh_token");
    clock.turn_on(1);
    is_refused(&refresh(&server.url, &used).await, 400, "invalid_grant");
}

/// Refreshes go on while the server is killed; whatever token the client had
/// an answer for still works.
async fn kill_2_after_a_kill_a_client_still_has_a_token_that_works(store: Store) {
    let mut instance = Instance::on(&store);
    let body = serde_json::json!({"provider": "sandbox", "access_token": "alice"});
    let url = format!("{}/social_sign_up", instance.url);
    let reply = crate::support::http::post(&url, None, &body).await;
    let mut token = text(&reply.json()["session"], "refresh_token");
    for round in 0..10_u64 {
        let url = format!("{}/token", instance.url);
        let refreshing = async {
            loop {
                let fields = [("grant_type", "refresh_token"), ("refresh_token", &token)];
                let request = crate::support::http::request(reqwest::Method::POST, &url);
                match crate::support::http::send_if_alive(request.form(&fields)).await {
                    Some(reply) => {
                        assert_eq!(reply.status, 200, "{}", reply.text);
                        token = text(&reply.json(), "refresh_token");
                    }
                    None => break,
                }
            }
        };
        let killing = async {
            // The moment differs in each round; nothing is waited for.
            tokio::time::sleep(std::time::Duration::from_micros(20_000 + round * 1700)).await;
            instance.kill9();
        };
        tokio::join!(refreshing, killing);
        instance = Instance::on(&store);
        token = text(&refreshed(&instance.url, &token).await, "refresh_token");
    }
}

async fn a_request_that_is_no_good_is_told_why(store: Store) {
    let server = Server::start(store);
    let url = format!("{}/token", server.url);
    let token = text(&signed_in(&server, "alice").await, "refresh_token");
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[], "invalid_request"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (
            &[("grant_type", "refresh_token"), ("refresh_token", "")],
            "invalid_request",
        ),
        (
            &[("grant_type", "refresh_token"), ("grant_type", "x")],
            "invalid_request",
        ),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", &token),
                ("scope", "admin"),
            ],
            "invalid_scope",
        ),
    ];
    for (fields, error) in cases {
        let reply = form(&url, fields).await;
        is_refused(&reply, 400, error);
        assert!(!text(&reply.json(), "error_description").is_empty());
        assert!(!reply.text.contains(&token));
    }
    let xml = crate::support::http::post_text(&url, None, "text/xml", "<a/>").await;
    is_refused(&xml, 415, "invalid_request");
    // The query is no place for a token (SES-10).
    let asked = format!("{url}?grant_type=refresh_token&refresh_token={token}");
    is_refused(&form(&asked, &[]).await, 400, "invalid_request");
    refreshed(&server.url, &token).await;
}
