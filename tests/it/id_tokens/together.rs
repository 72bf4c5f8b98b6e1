//! An ID token and the access token beside it: both must be of one person.

use serde_json::{Value, json};

use super::{ISSUER, Town, good, with};
use crate::support::id_tokens::{Key, at_hash};
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(
    sub_8_an_access_token_beside_an_id_token_counts_only_where_at_hash_vouches_for_it,
    sub_8_without_at_hash_the_provider_is_asked_whose_the_access_token_is,
    sub_8_the_profile_must_speak_of_the_subject_of_the_id_token,
    a_known_user_signs_in_without_any_call_once_the_keys_are_known,
);

/// What the access token of somebody opens.
fn opens(town: &Town, profile: &Value, introspection: &Value) {
    let host = ISSUER.strip_prefix("https://").unwrap();
    let on = |method, path, body| {
        town.internet
            .on(method, host, path, Answer::json(200, body));
    };
    on("GET", "/userinfo", profile);
    on("POST", "/introspect", introspection);
}

fn body(claims: &Value, access_token: &str) -> Value {
    json!({
        "provider": "oidc",
        "id_token": Key::Rs256.token(claims),
        "access_token": access_token,
    })
}

async fn sub_8_an_access_token_beside_an_id_token_counts_only_where_at_hash_vouches_for_it(
    store: Store,
) {
    let town = Town::start(store, &[]).await;
    opens(
        &town,
        &json!({"sub": "ada", "email": "ada@id.example"}),
        &json!({"active": false}),
    );
    let vouched = with("ada", "at_hash", json!(at_hash("adas-token")));
    town.refuses(body(&vouched, "another-token"), (401, "invalid_claim"))
        .await;
    let good = town.server.sign_up(body(&vouched, "adas-token")).await;
    assert_eq!(good.status, 201, "{}", good.text);
    assert_eq!(good.json()["email"], "ada@id.example");
    assert_eq!(good.json()["social_auth"]["uid"], "ada");
}

async fn sub_8_without_at_hash_the_provider_is_asked_whose_the_access_token_is(store: Store) {
    let town = Town::start(store, &[]).await;
    let ours = |subject: &str, client: &str| json!({"active": true, "client_id": client, "sub": subject, "exp": 4_070_908_800_i64});
    let ada = json!({"sub": "ada"});
    for introspection in [
        ours("eve", "our-app"),
        ours("ada", "another-app"),
        json!({"active": false}),
    ] {
        opens(&town, &ada, &introspection);
        let refused = body(&good("ada"), "a-token");
        town.refuses(refused, (401, "credential_rejected")).await;
    }
    opens(&town, &ada, &ours("ada", "our-app"));
    let good = town.server.sign_up(body(&good("ada"), "a-token")).await;
    assert_eq!(good.status, 201, "{}", good.text);
}

async fn sub_8_the_profile_must_speak_of_the_subject_of_the_id_token(store: Store) {
    let town = Town::start(store, &[]).await;
    let vouched = with("ada", "at_hash", json!(at_hash("a-token")));
    for profile in [
        json!({"sub": "eve"}),
        json!({"sub": "Ada"}),
        json!({"email": "eve@id.example"}),
        json!({"sub": null}),
    ] {
        opens(&town, &profile, &json!({}));
        town.refuses(body(&vouched, "a-token"), (401, "credential_rejected"))
            .await;
    }
}

async fn a_known_user_signs_in_without_any_call_once_the_keys_are_known(store: Store) {
    let town = Town::start(store, &[]).await;
    assert_eq!(town.post(&good("ada")).await.status, 201);
    let asked: Vec<String> = town
        .internet
        .received()
        .iter()
        .map(|r| r.path.clone())
        .collect();
    assert_eq!(asked, ["/.well-known/openid-configuration", "/test-keys"]);
    town.internet.clear_received();
    let again = town.post(&with("ada", "jti", json!("2"))).await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(again.json()["is_new"], false);
    assert!(town.internet.received().is_empty());
}
