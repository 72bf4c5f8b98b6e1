//! Apple's codes: the client secret is a JWT that we make and sign.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PublicKeyData as _};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use super::world::CALLBACK;
use crate::providers::world::World;
use crate::support::id_tokens::{Key, chrono_now, claims, serve_keys};
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(apples_client_secret_is_made_and_signed_here);

const ISSUER: &str = "https://appleid.apple.com";

async fn apples_client_secret_is_made_and_signed_here(store: Store) {
    let key = KeyPair::generate().unwrap();
    let settings = BTreeMap::from(
        [
            ("CLIENT", "com.example.web"),
            ("KEY", "a-key-id"),
            ("TEAM", "a-team"),
            ("SECRET", &key.serialize_pem()),
            ("REDIRECT_URIS", &json!([CALLBACK]).to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let world = World::start(store, &[("apple-id", settings)]).await;
    serve_keys(&world.internet, ISSUER);
    let id_token = Key::Rs256.token(&claims(ISSUER, "com.example.web", "001.ada"));
    let answer = json!({"access_token": "t", "token_type": "Bearer", "id_token": id_token});
    let answer = Answer::json(200, &answer);
    world
        .internet
        .on("POST", "appleid.apple.com", "/token", answer);
    let body = json!({"provider": "apple-id", "code": "c", "redirect_uri": CALLBACK});
    let reply = world.server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["social_auth"]["uid"], "001.ada");
    assert_eq!(reply.json()["social_auth"]["client_id"], "com.example.web");
    let told = world.server.get("/providers", None).await.json();
    let mut told = told.as_array().unwrap().iter();
    let apple = told.find(|one| one["name"] == "apple-id").unwrap();
    assert_eq!(apple["client_id"], "com.example.web");
    let asked = world.internet.received();
    let asked = asked.iter().find(|one| one.path == "/token").unwrap();
    let form: BTreeMap<String, String> = asked.form().into_iter().collect();
    assert_eq!(form["client_id"], "com.example.web");
    assert_secret(&form["client_secret"], &key);
}

fn assert_secret(jwt: &str, key: &KeyPair) {
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.der_bytes());
    public.verify(signed.as_bytes(), &signature).unwrap();
    let parts: Vec<Value> = signed
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0], json!({"alg": "ES256", "kid": "a-key-id"}));
    let (iat, exp) = (
        parts[1]["iat"].as_i64().unwrap(),
        parts[1]["exp"].as_i64().unwrap(),
    );
    assert!((chrono_now() - iat).abs() < 60);
    assert_eq!(exp - iat, 300);
    for (claim, value) in [
        ("iss", "a-team"),
        ("sub", "com.example.web"),
        ("aud", ISSUER),
    ] {
        assert_eq!(parts[1][claim], value, "{claim}");
    }
}
