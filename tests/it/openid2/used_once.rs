//! OID2-5: an assertion is fresh, and works once.

use chrono::TimeDelta;
use futures_util::future::join_all;

use super::World;
use super::assertion::{Assertion, nonce};
use crate::support::server::{Store, on_both};

on_both!(
    oid2_5_an_assertion_works_once_though_its_provider_says_yes_again,
    oid2_5_of_fifty_in_parallel_exactly_one_wins,
    oid2_5_a_nonce_is_of_now_and_says_so_with_z,
);

async fn oid2_5_an_assertion_works_once_though_its_provider_says_yes_again(store: Store) {
    let World { server, internet } = World::start(store, &[]).await;
    let body = Assertion::of("https://op.example", "ada").body("openid");
    assert_eq!(server.sign_up(body.clone()).await.status, 201);
    let rows = server.store.contents();
    let again = server.sign_up(body).await;
    let expected = (401, "token_replayed".to_owned());
    assert_eq!(again.status_and_code(), expected);
    assert_eq!(again.json()["recovery"], "get_a_fresh_credential");
    assert_eq!(server.store.contents(), rows);
    assert_eq!(internet.received().len(), 2);
    // The nonce of one provider is none of another's.
    internet.on(
        "POST",
        "other.example",
        "/openid",
        crate::support::internet::Answer::text(200, &super::valid()),
    );
    let salt = nonce(TimeDelta::zero());
    for provider in ["https://op.example", "https://other.example"] {
        let mut same = Assertion::of(provider, "grace");
        same.set("response_nonce", &salt);
        let reply = server.sign_up(same.body("openid")).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
}

/// RACE-5.
async fn oid2_5_of_fifty_in_parallel_exactly_one_wins(store: Store) {
    let World { server, .. } = &World::start(store, &[]).await;
    let body = Assertion::of("https://op.example", "ada").body("openid");
    let replies = join_all((0..50).map(|_| server.sign_up(body.clone()))).await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 201);
    assert_eq!((won.len(), lost.len()), (1, 49));
    for reply in lost {
        let expected = (401, "token_replayed".to_owned());
        assert_eq!(reply.status_and_code(), expected);
    }
    assert_eq!(server.store.count("users"), 1);
}

async fn oid2_5_a_nonce_is_of_now_and_says_so_with_z(store: Store) {
    let World { server, internet } = World::start(store, &[]).await;
    let now = nonce(TimeDelta::zero());
    for (nonce, code) in [
        (nonce(TimeDelta::minutes(-6)), "response_expired"),
        (nonce(TimeDelta::days(-3650)), "response_expired"),
        (nonce(TimeDelta::minutes(6)), "invalid_claim"),
        (now.replacen('Z', "", 1), "invalid_claim"),
        (now.replacen('Z', "z", 1), "invalid_claim"),
        (now.replacen('Z', "+00:00", 1), "invalid_claim"),
        (now.replacen('T', " ", 1), "invalid_claim"),
        (format!("{now} x"), "invalid_claim"),
        (format!("{now}{}", "x".repeat(255)), "invalid_claim"),
        ("x".to_owned(), "invalid_claim"),
        (String::new(), "invalid_claim"),
    ] {
        let mut assertion = Assertion::of("https://op.example", "ada");
        assertion.set("response_nonce", &nonce);
        let reply = server.sign_up(assertion.body("openid")).await;
        assert_eq!(reply.status_and_code(), (401, code.to_owned()), "{nonce}");
    }
    assert_eq!(internet.received().len(), 0);
    assert_eq!(server.store.rows(), [0; 5]);
}
