//! Sign-ups with ID tokens that oidc-provider signs.

use serde_json::{Value, json};

use super::oidc::{CLIENT, ES256_CLIENT, OTHER_CLIENT, Oidc, Tokens, random};
use super::oidc_sign_up::World;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    an_id_token_signs_its_person_up_once_and_in_with_the_next,
    sub_8_an_access_token_of_somebody_else_beside_it_signs_nobody_in,
    an_id_token_of_another_app_or_without_its_nonce_signs_nobody_in,
    an_id_token_of_another_key_signs_in_where_its_algorithm_and_app_are_ours,
);

async fn post(server: &Server, body: Value) -> Reply {
    let mut body = body;
    body["provider"] = "real".into();
    server.sign_up(body).await
}

/// Tokens of a person, and the nonce that was asked for.
async fn tokens(client: &str, person: &str) -> (Tokens, String) {
    let nonce = random();
    let asked = [("nonce", nonce.as_str())];
    (Oidc::shared().tokens(client, person, &asked).await, nonce)
}

async fn an_id_token_signs_its_person_up_once_and_in_with_the_next(store: Store) {
    let server = &World::of(store, Oidc::shared()).server;
    for (person, is_new) in [("zoe", true), ("zoe", false), ("mallory", true)] {
        let (tokens, nonce) = tokens(CLIENT, person).await;
        let body = json!({"id_token": tokens.id_token, "nonce": nonce});
        let reply = post(server, body.clone()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let user = reply.json();
        assert_eq!(user["is_new"], is_new);
        assert_eq!(user["social_auth"]["uid"], person);
        assert_eq!(user["social_auth"]["client_id"], CLIENT);
        let again = post(server, body).await;
        assert_eq!(again.status_and_code(), (401, "token_replayed".to_owned()));
    }
    assert_eq!(server.store.count("users"), 2);
    assert_eq!(server.store.count("used_marks"), 3);
}

async fn sub_8_an_access_token_of_somebody_else_beside_it_signs_nobody_in(store: Store) {
    let server = &World::of(store, Oidc::shared()).server;
    let (ours, nonce) = tokens(CLIENT, "ada").await;
    let (theirs, _) = tokens(CLIENT, "mallory").await;
    let body = |access_token: &str| json!({"id_token": ours.id_token, "nonce": nonce, "access_token": access_token});
    let reply = post(server, body(&theirs.access_token)).await;
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert_eq!(server.store.rows(), [0; 5]);
    let reply = post(server, body(&ours.access_token)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let user = reply.json();
    assert_eq!(user["email"], "ada@people.example");
    assert_eq!(user["social_auth"]["uid"], "ada");
}

async fn an_id_token_of_another_app_or_without_its_nonce_signs_nobody_in(store: Store) {
    let server = &World::of(store, Oidc::shared()).server;
    let (others, nonce) = tokens(OTHER_CLIENT, "ada").await;
    let body = json!({"id_token": others.id_token, "nonce": nonce});
    let reply = post(server, body).await;
    assert_eq!(reply.status_and_code(), (401, "invalid_claim".to_owned()));
    let (ours, nonce) = tokens(CLIENT, "ada").await;
    let mut body = json!({"id_token": ours.id_token});
    for given in [None, Some(random())] {
        if let Some(given) = given {
            body["nonce"] = given.into();
        }
        let reply = post(server, body.clone()).await;
        assert_eq!(reply.status_and_code(), (401, "nonce_mismatch".to_owned()));
    }
    let (head, signature) = ours.id_token.rsplit_once('.').unwrap();
    let (_, other) = others.id_token.rsplit_once('.').unwrap();
    assert_ne!(signature, other);
    let forged = json!({"id_token": format!("{head}.{other}"), "nonce": nonce});
    let reply = post(server, forged).await;
    assert_eq!(
        reply.status_and_code(),
        (401, "invalid_signature".to_owned())
    );
    assert_eq!(server.store.rows(), [0; 5]);
    body["nonce"] = nonce.into();
    assert_eq!(post(server, body).await.status, 201);
}

async fn an_id_token_of_another_key_signs_in_where_its_algorithm_and_app_are_ours(store: Store) {
    let (tokens, nonce) = tokens(ES256_CLIENT, "ada").await;
    let body = json!({"id_token": tokens.id_token, "nonce": nonce});
    let ours = json!([ES256_CLIENT]).to_string();
    for (algorithms, expected) in [
        ("[\"RS256\"]", (401, Some("invalid_signature"))),
        ("[\"RS256\", \"ES256\"]", (201, None)),
    ] {
        let settings = [
            ("SOCIAL_AUTH_REAL_AUDIENCES", ours.as_str()),
            ("SOCIAL_AUTH_REAL_JWT_ALGORITHMS", algorithms),
        ];
        let world = World::with(store.clone(), Oidc::shared(), &settings);
        let reply = post(&world.server, body.clone()).await;
        let code = reply.json()["code"].as_str().map(str::to_owned);
        assert_eq!((reply.status, code.as_deref()), expected, "{}", reply.text);
    }
}
