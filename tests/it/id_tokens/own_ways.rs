//! Limited Login, Apple, LINE and Microsoft: what theirs have of their own.

use serde_json::{Value, json};

use super::Town;
use crate::support::id_tokens::{Key, claims, secret_token, serve_keys, sha256_hex};
use crate::support::server::{Store, on_both};

on_both!(
    facebook_takes_the_token_of_limited_login_in_either_field,
    apple_takes_a_hashed_nonce_several_audiences_and_the_name_of_the_app,
    line_takes_tokens_by_the_channels_secret_and_by_its_keys,
    jwt_22_microsoft_tenants_are_held_to_their_issuer_and_to_the_operators_list,
);

async fn facebook_takes_the_token_of_limited_login_in_either_field(store: Store) {
    let settings = [
        ("SOCIAL_AUTH_FACEBOOK_KEY", "an-app"),
        ("SOCIAL_AUTH_FACEBOOK_SECRET", "a-secret"),
    ];
    let town = Town::start(store, &settings).await;
    let token = |jti: &str| {
        let mut claims = claims("https://www.facebook.com", "an-app", "1234567890");
        claims["nonce"] = "raw".into();
        claims["jti"] = jti.into();
        claims["name"] = "Ada Lovelace".into();
        Key::Rs256.token(&claims)
    };
    for (field, jti) in [("access_token", "1"), ("id_token", "2")] {
        let body = json!({"provider": "facebook", field: token(jti), "nonce": "raw"});
        let given = town.server.sign_up(body.clone()).await;
        assert_eq!(given.status, 201, "{field}: {}", given.text);
        assert_eq!(given.json()["social_auth"]["uid"], "1234567890");
        town.refuses(body, (401, "token_replayed")).await;
        let unknown = json!({"provider": "facebook", field: token("3")});
        town.refuses(unknown, (401, "nonce_mismatch")).await;
    }
    assert_eq!(town.server.store.count("users"), 1);
    let graph = json!({"provider": "facebook", "id_token": "EAABsbCS1iHg"});
    town.refuses(graph, (400, "credential_not_supported")).await;
}

async fn apple_takes_a_hashed_nonce_several_audiences_and_the_name_of_the_app(store: Store) {
    let settings = [
        ("SOCIAL_AUTH_APPLE_ID_KEY", "a-key-id"),
        ("SOCIAL_AUTH_APPLE_ID_CLIENT", "com.example.web"),
        (
            "SOCIAL_AUTH_APPLE_ID_AUDIENCE",
            "[\"com.example.web\", \"com.example.ios\"]",
        ),
        ("SOCIAL_AUTH_APPLE_ID_AUDIENCES", "[\"com.example.mac\"]"),
        ("SOCIAL_AUTH_APPLE_ID_ALLOW_MISSING_NONCE", "true"),
    ];
    let town = Town::start(store, &settings).await;
    let token = |audience: &str, nonce: Value| {
        let mut claims = claims("https://appleid.apple.com", audience, "001.ada");
        if nonce.is_null() {
            claims["nonce_supported"] = false.into();
        } else {
            claims["nonce"] = nonce;
        }
        Key::Rs256.token(&claims)
    };
    let hashed = json!(sha256_hex("raw"));
    let name = "{\"name\": {\"firstName\": \"Ada\", \"lastName\": \"Lovelace\"}}";
    for (audience, nonce) in [
        ("com.example.ios", hashed.clone()),
        ("com.example.web", json!("raw")),
        ("com.example.mac", hashed.clone()),
        ("com.example.ios", Value::Null),
    ] {
        let mut body = json!({"provider": "apple-id", "id_token": token(audience, nonce.clone()), "user": name});
        if !nonce.is_null() {
            body["nonce"] = "raw".into();
        }
        let given = town.server.sign_up(body).await;
        assert_eq!(given.status, 201, "{audience}: {}", given.text);
        assert_eq!(given.json()["first_name"], "Ada");
        assert_eq!(given.json()["last_name"], "Lovelace");
    }
    for (audience, expected) in [("a-key-id", "invalid_claim"), ("com.evil", "invalid_claim")] {
        let body = json!({"provider": "apple-id", "id_token": token(audience, hashed.clone()), "nonce": "raw"});
        town.refuses(body, (401, expected)).await;
    }
}

async fn line_takes_tokens_by_the_channels_secret_and_by_its_keys(store: Store) {
    let settings = [
        ("SOCIAL_AUTH_LINE_KEY", "1500000001"),
        ("SOCIAL_AUTH_LINE_SECRET", "the-channels-secret"),
    ];
    let town = Town::start(store, &settings).await;
    let claims = |jti: &str| {
        let mut claims = claims("https://access.line.me", "1500000001", "U1");
        claims["jti"] = jti.into();
        claims
    };
    let body = |token: String| json!({"provider": "line", "id_token": token});
    for token in [
        Key::Es256.token(&claims("1")),
        secret_token("the-channels-secret", &claims("2")),
    ] {
        let given = town.server.sign_up(body(token)).await;
        assert_eq!(given.status, 201, "{}", given.text);
    }
    let forged = body(secret_token("another-secret", &claims("3")));
    town.refuses(forged, (401, "invalid_signature")).await;
    let rsa = body(Key::Rs256.token(&claims("4")));
    town.refuses(rsa, (401, "invalid_signature")).await;
}

/// PRE-6: an address that a tenant set itself proves nothing.
async fn jwt_22_microsoft_tenants_are_held_to_their_issuer_and_to_the_operators_list(store: Store) {
    const OURS: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
    const OTHER: &str = "11111111-604b-40ac-a9d7-9fd97c0b779f";
    let settings = [
        ("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_KEY", "an-app"),
        ("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_SECRET", "a-secret"),
        (
            "SOCIAL_AUTH_AZUREAD_OAUTH2_V2_ALLOWED_TENANTS",
            "[\"6BABCAAD-604b-40ac-a9d7-9fd97c0b779f\"]",
        ),
    ];
    let town = Town::start(store, &settings).await;
    serve_keys(
        &town.internet,
        "https://login.microsoftonline.com/{tenantid}/v2.0",
    );
    let body = |issuer: &str, tenant: &str, vouched: Value| {
        let issuer = format!("https://login.microsoftonline.com/{issuer}/v2.0");
        let mut claims = claims(&issuer, "an-app", "ada");
        claims["tid"] = tenant.into();
        claims["email"] = "ada@example.com".into();
        claims["email_verified"] = true.into();
        claims["xms_edov"] = vouched;
        json!({"provider": "azuread-oauth2-v2", "id_token": Key::Rs256.token(&claims)})
    };
    for (issuer, tenant) in [(OURS, OTHER), (OTHER, OURS), (OTHER, OTHER)] {
        let refused = body(issuer, tenant, json!(true));
        town.refuses(refused, (401, "invalid_claim")).await;
    }
    for (vouched, verified) in [
        (Value::Null, false),
        (json!(false), false),
        (json!("false"), false),
        (json!(true), true),
        (json!("1"), true),
    ] {
        let given = town.server.sign_up(body(OURS, OURS, vouched.clone())).await;
        assert_eq!(given.status, 201, "{}", given.text);
        // An address once verified stays so.
        if !verified {
            assert_eq!(given.json()["email_verified"], false, "{vouched}");
        }
    }
}
