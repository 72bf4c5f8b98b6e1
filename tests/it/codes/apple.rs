//! Apple's codes: the client secret is a JWT that we make and sign.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PublicKeyData as _};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use sociable::app::App;
use sociable::settings::{Settings, Sources};

use super::world::CALLBACK;
use crate::providers::world::World;
use crate::support::id_tokens::{Key, chrono_now, claims, serve_keys};
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(
    apples_client_secret_is_made_and_signed_here,
    a_code_of_an_apps_sdk_is_exchanged_in_the_name_of_that_app,
    a_code_of_one_app_with_an_id_token_of_another_signs_nobody_in,
    a_code_of_an_app_that_is_not_listed_is_not_sent,
);

const ISSUER: &str = "https://appleid.apple.com";
/// The Services ID, which web pages sign in with.
const WEB: &str = "com.example.web";
/// A bundle id of `AUDIENCE`.
const IOS: &str = "com.example.ios";
/// One of `CLIENTS`.
const MAC: &str = "com.example.mac";

fn settings(key: &KeyPair, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pem = key.serialize_pem();
    let own = [
        ("CLIENT", WEB),
        ("KEY", "a-key-id"),
        ("TEAM", "a-team"),
        ("SECRET", &pem),
    ];
    let all = own.iter().chain(more);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A server whose web page and two apps sign in with Apple.
async fn of_apps(store: Store, key: &KeyPair) -> World {
    let more = [
        ("AUDIENCE", &*json!([IOS]).to_string()),
        ("CLIENTS", &json!([{"name": "mac", "key": MAC}]).to_string()),
        ("REDIRECT_URIS", &json!([CALLBACK, ""]).to_string()),
        ("REQUESTS_TIMEOUT", "60"),
    ];
    let world = World::start(store, &[("apple-id", settings(key, &more))]).await;
    serve_keys(&world.internet, ISSUER);
    world
}

/// From now on Apple answers codes with an ID token for this app.
fn grant(world: &World, client_id: &str) {
    let id_token = Key::Rs256.token(&claims(ISSUER, client_id, "001.ada"));
    let answer = json!({"access_token": "t", "token_type": "Bearer", "id_token": id_token});
    let answer = Answer::json(200, &answer);
    world
        .internet
        .on("POST", "appleid.apple.com", "/token", answer);
}

/// What the last code was sent with.
fn sent(world: &World) -> Option<BTreeMap<String, String>> {
    let asked = world.internet.received();
    let asked = asked.iter().rev().find(|one| one.path == "/token")?;
    Some(asked.form().into_iter().collect())
}

async fn a_code_of_an_apps_sdk_is_exchanged_in_the_name_of_that_app(store: Store) {
    let key = KeyPair::generate().unwrap();
    let world = of_apps(store, &key).await;
    for app in [IOS, MAC] {
        grant(&world, app);
        let body = json!({"provider": "apple-id", "code": app, "client_id": app});
        let reply = world.server.sign_up(body).await;
        assert_eq!(reply.status, 201, "{app}: {}", reply.text);
        assert_eq!(reply.json()["social_auth"]["client_id"], app);
        let form = sent(&world).unwrap();
        assert_eq!(form["client_id"], app);
        assert!(!form.contains_key("redirect_uri"), "{app}: there was none");
        assert_secret(&form["client_secret"], &key, app);
    }
    // The page's own, named or not, comes with its address.
    for (code, named) in [("one", Value::Null), ("two", WEB.into())] {
        grant(&world, WEB);
        let mut body = json!({"provider": "apple-id", "code": code, "redirect_uri": CALLBACK});
        if !named.is_null() {
            body["client_id"] = named;
        }
        let reply = world.server.sign_up(body).await;
        assert_eq!(reply.status, 201, "{code}: {}", reply.text);
        let form = sent(&world).unwrap();
        assert_eq!(
            (&*form["client_id"], &*form["redirect_uri"]),
            (WEB, CALLBACK)
        );
        assert_secret(&form["client_secret"], &key, WEB);
    }
    assert_eq!(world.server.store.count("users"), 1);
}

async fn a_code_of_one_app_with_an_id_token_of_another_signs_nobody_in(store: Store) {
    let world = of_apps(store, &KeyPair::generate().unwrap()).await;
    for (app, other) in [(IOS, WEB), (WEB, IOS), (MAC, IOS)] {
        grant(&world, other);
        let body = json!({"provider": "apple-id", "code": app, "client_id": app});
        let reply = world.server.sign_up(body).await;
        let expected = (401, "invalid_claim".to_owned());
        assert_eq!(reply.status_and_code(), expected, "{app}, {other}");
    }
    assert_eq!(world.server.store.count("users"), 0);
}

async fn a_code_of_an_app_that_is_not_listed_is_not_sent(store: Store) {
    let world = of_apps(store, &KeyPair::generate().unwrap()).await;
    // Nor is the id of the key anybody's client id.
    for stranger in ["com.evil.ios", "a-key-id"] {
        let body = json!({"provider": "apple-id", "code": "c", "client_id": stranger});
        let reply = world.server.sign_up(body).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert!(reply.json()["client_id"].is_array(), "{}", reply.text);
    }
    assert_eq!(sent(&world), None);
    assert_eq!(world.server.store.rows(), [0; 5]);
}

#[test]
fn one_key_signs_for_all_apps() {
    let own = json!([{"name": "mac", "key": MAC, "secret": "another"}]).to_string();
    let key = KeyPair::generate().unwrap();
    let settings = settings(&key, &[("CLIENTS", &own)]);
    let environment = settings.into_iter();
    let environment = environment
        .map(|(name, value)| (format!("SOCIAL_AUTH_APPLE_ID_{name}"), value))
        .collect();
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: "/nonexistent".into(),
        environment,
        overrides: Vec::new(),
    });
    let refused = App::builder(settings.unwrap()).check().err().unwrap();
    let refused = refused.to_string();
    assert!(
        refused.contains("SOCIAL_AUTH_APPLE_ID_CLIENTS"),
        "{refused}"
    );
    assert!(refused.contains("`mac`: no `secret` here"), "{refused}");
}

async fn apples_client_secret_is_made_and_signed_here(store: Store) {
    let key = KeyPair::generate().unwrap();
    let addresses = json!([CALLBACK]).to_string();
    let settings = settings(&key, &[("REDIRECT_URIS", &addresses)]);
    let world = World::start(store, &[("apple-id", settings)]).await;
    serve_keys(&world.internet, ISSUER);
    grant(&world, WEB);
    let body = json!({"provider": "apple-id", "code": "c", "redirect_uri": CALLBACK});
    let reply = world.server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["social_auth"]["uid"], "001.ada");
    assert_eq!(reply.json()["social_auth"]["client_id"], "com.example.web");
    let told = world.server.get("/providers", None).await.json();
    let mut told = told.as_array().unwrap().iter();
    let apple = told.find(|one| one["name"] == "apple-id").unwrap();
    assert_eq!(apple["client_id"], "com.example.web");
    let form = sent(&world).unwrap();
    assert_eq!(form["client_id"], WEB);
    assert_secret(&form["client_secret"], &key, WEB);
    // Without an address none but those of the list are good.
    let body = json!({"provider": "apple-id", "code": "d"});
    let reply = world.server.sign_up(body).await;
    let expected = (400, "redirect_uri_not_allowed".to_owned());
    assert_eq!(reply.status_and_code(), expected);
}

fn assert_secret(jwt: &str, key: &KeyPair, client_id: &str) {
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
    for (claim, value) in [("iss", "a-team"), ("sub", client_id), ("aud", ISSUER)] {
        assert_eq!(parts[1][claim], value, "{claim}");
    }
}
