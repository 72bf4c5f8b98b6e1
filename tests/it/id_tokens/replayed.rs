//! An ID token works once, whoever posts it, wherever.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Town, good};
use crate::support::http;
use crate::support::id_tokens::Key;
use crate::support::server::{Reply, Store, on_both};

on_both!(
    jwt_20_an_id_token_works_once,
    jwt_20_of_fifty_at_once_exactly_one_wins_and_no_failure_is_ours,
    jwt_20_who_asks_again_with_the_same_key_gets_the_first_answer_and_nobody_else_does,
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

async fn jwt_20_of_fifty_at_once_exactly_one_wins_and_no_failure_is_ours(store: Store) {
    let town = Town::start(store, &[]).await;
    let body = json!({"provider": "oidc", "id_token": Key::Rs256.token(&good("ada"))});
    let replies = join_all((0..50).map(|_| town.server.sign_up(body.clone()))).await;
    assert_one_won(&replies);
    assert_eq!(town.server.store.count("users"), 1);
    assert_eq!(town.server.store.count("sessions"), 1);
    assert_eq!(town.server.store.count("used_marks"), 1);
}

/// One signed somebody in; all others were told that the token is used.
fn assert_one_won(replies: &[Reply]) {
    let won = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(won, 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.status_and_code(), (401, "token_replayed".to_owned()));
    }
}

async fn jwt_20_who_asks_again_with_the_same_key_gets_the_first_answer_and_nobody_else_does(
    store: Store,
) {
    let town = Town::start(store, &[]).await;
    let body = json!({"provider": "oidc", "id_token": Key::Rs256.token(&good("ada"))});
    let first = once(&town, "a-key", &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert!(!is_repeated(&first));
    let rows = town.server.store.rows();
    for _ in 0..3 {
        let again = once(&town, "a-key", &body).await;
        assert_eq!(again.status, 201, "{}", again.text);
        assert!(is_repeated(&again));
        assert_eq!(again.json(), first.json());
    }
    let another = once(&town, "another-key", &body).await;
    let replayed = (401, "token_replayed".to_owned());
    assert_eq!(another.status_and_code(), replayed);
    assert_eq!(town.server.sign_up(body).await.status_and_code(), replayed);
    assert_eq!(town.server.store.rows(), rows);
}

async fn once(town: &Town, key: &str, body: &Value) -> Reply {
    let url = format!("{}/social_sign_up", town.server.url);
    http::post_once(&url, None, key, body).await
}

fn is_repeated(reply: &Reply) -> bool {
    reply.headers.contains_key("idempotency-replayed")
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
    assert_one_won(&replies);
    assert_eq!(second.store.count("users"), 1);
    assert_eq!(second.store.count("sessions"), 1);
    for server in [&town.server, &second] {
        let later = server.sign_up(body.clone()).await;
        assert_eq!(later.status_and_code(), (401, "token_replayed".to_owned()));
    }
}
