//! An ID token works once, whoever posts it, wherever.

use futures_util::future::join_all;
use serde_json::json;

use super::{Town, good};
use crate::support::id_tokens::Key;
use crate::support::server::{Store, on_both};

on_both!(
    jwt_20_an_id_token_works_once,
    jwt_20_of_fifty_at_once_exactly_one_wins_and_no_failure_is_ours,
    a_refused_sign_up_leaves_the_token_good,
);

async fn jwt_20_an_id_token_works_once(store: Store) {
    let town = Town::start(store, &[]).await;
    let token = Key::Rs256.token(&good("ada"));
    let body = json!({"provider": "oidc", "id_token": token});
    let first = town.server.sign_up(body.clone()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = town.refuses(body, (401, "token_replayed")).await;
    assert_eq!(again.json()["recovery"], "get_a_fresh_credential");
    let fresh = town
        .post(&super::with("ada", "jti", json!("another")))
        .await;
    assert_eq!(fresh.status, 201, "{}", fresh.text);
    assert_eq!(fresh.json()["is_new"], false);
    assert_eq!(town.server.store.count("users"), 1);
}

/// Elliptic signatures can be written in several ways: the mark is of what is
/// signed.
async fn jwt_20_of_fifty_at_once_exactly_one_wins_and_no_failure_is_ours(store: Store) {
    let town = Town::start(store, &[]).await;
    let body = json!({"provider": "oidc", "id_token": Key::Rs256.token(&good("ada"))});
    let replies = join_all((0..50).map(|_| town.server.sign_up(body.clone()))).await;
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.status_and_code(), (401, "token_replayed".to_owned()));
    }
    assert_eq!(town.server.store.count("users"), 1);
    assert_eq!(town.server.store.count("used_marks"), 1);
}

async fn a_refused_sign_up_leaves_the_token_good(store: Store) {
    let town = Town::start(store, &[]).await;
    let token = Key::Rs256.token(&good("ada"));
    let body = json!({"provider": "oidc", "id_token": token, "nonce": "not-its"});
    town.refuses(body, (401, "nonce_mismatch")).await;
    let body = json!({"provider": "oidc", "id_token": token});
    assert_eq!(town.server.sign_up(body).await.status, 201);
}

#[tokio::test]
async fn jwt_20_two_instances_on_one_postgresql_share_what_was_used() {
    let town = Town::start(Store::postgres(), &[]).await;
    let second = Town::server(&town.internet, town.server.store.clone(), &[]);
    let body = json!({"provider": "oidc", "id_token": Key::Rs256.token(&good("ada"))});
    let both = (0..50).map(|number| match number % 2 {
        0 => town.server.sign_up(body.clone()),
        _ => second.sign_up(body.clone()),
    });
    let replies = join_all(both.map(Box::pin)).await;
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 1);
    assert!(replies.iter().all(|reply| reply.status < 500));
}
