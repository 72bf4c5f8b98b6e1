//! Our signing keys: published, rotated, and known to who checks our tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::CACHE_CONTROL;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::{signed_in, text};
use crate::support::clock::Ahead;
use crate::support::server::{KEYS, Server, Store, on_both};

on_both!(
    what_others_need_is_published,
    ses_7_a_verifier_that_caches_for_five_minutes_refuses_no_token_of_a_rotation,
);

const NEW: &str = "Pz+FpySkz4DxI5nSH1+/bOhOpcIE7ZTMjDrvN2f/eLA=";

async fn jwks(server: &Server) -> Value {
    let reply = server.get("/.well-known/jwks.json", None).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers[CACHE_CONTROL], "public, max-age=300");
    reply.json()
}

/// Checks a token as an outside verifier does, by a set that it has.
fn is_valid(token: &str, jwks: &Value) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&"at+jwt".into(), &"EdDSA".into())
    );
    let keys = jwks["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]);
    key.is_some_and(|key| {
        let public = decode(key["x"].as_str().unwrap());
        let signed = format!("{}.{}", parts[0], parts[1]);
        let key = UnparsedPublicKey::new(&ED25519, public);
        key.verify(signed.as_bytes(), &decode(parts[2])).is_ok()
    })
}

async fn what_others_need_is_published(store: Store) {
    let url = [("SOCIABLE_SERVER__PUBLIC_URL", "https://login.example.com")];
    let server = Server::start_with(store, &url, |builder| builder);
    let token = text(&signed_in(&server, "alice").await, "access_token");
    let keys = jwks(&server).await;
    assert!(is_valid(&token, &keys));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let forged = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{forged}{}", &signature[1..]);
    assert!(!is_valid(&forged, &keys));
    for key in keys["keys"].as_array().unwrap() {
        let mut members: Vec<_> = key.as_object().unwrap().keys().collect();
        members.sort();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
    }
    let metadata = server
        .get("/.well-known/oauth-authorization-server", None)
        .await;
    let metadata = metadata.json();
    assert_eq!(metadata["issuer"], "https://login.example.com");
    for (name, path) in [
        ("token_endpoint", "/token"),
        ("revocation_endpoint", "/token/revoke"),
        ("introspection_endpoint", "/token/introspect"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(metadata[name], format!("https://login.example.com{path}"));
    }
}

async fn ses_7_a_verifier_that_caches_for_five_minutes_refuses_no_token_of_a_rotation(
    store: Store,
) {
    let clock = Ahead::new();
    let old = Server::start_with(store.clone(), &[], {
        let clock = clock.clone();
        |builder| builder.clock(clock)
    });
    let mut cached = (0, jwks(&old).await);
    let mut kids = std::collections::BTreeSet::new();
    drop(old);
    let both = format!("{NEW},{}", KEYS[0].1);
    let new = Server::start_with(store, &[("SOCIABLE_KEYS__SIGNING", &both)], {
        let clock = clock.clone();
        |builder| builder.clock(clock)
    });
    for minute in 0..20 {
        if minute - cached.0 >= 5 {
            cached = (minute, jwks(&new).await);
        }
        let token = text(&signed_in(&new, "alice").await, "access_token");
        assert!(is_valid(&token, &cached.1), "minute {minute}");
        assert!(super::is_let_in(&new, &token).await);
        let header = token.split('.').next().unwrap();
        kids.insert(header.to_owned());
        clock.turn_on(60);
    }
    assert_eq!(kids.len(), 2, "the old key signed, then the new one");
}
