//! Id tokens to order: what is asked for is in them, and nothing else is wrong.

use serde_json::{Value, json};

use super::client::{get, send};
use super::jws::{Token, faulty, keys, ordered};
use super::sandbox;
use crate::sandbox::{CLIENT_SECRET, Sandbox, now};
use ring::hmac;

async fn is_good(sandbox: &Sandbox, token: &Token) -> bool {
    token.is_signed_by(&keys(sandbox).await)
}

#[tokio::test]
async fn an_id_token_is_had_by_one_line_of_curl() {
    let sandbox = sandbox().await;
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let wanted = "person=bob&nonce=n-1&format=text";
    let answer = send(&sandbox, "POST", "/oidc/id_token", &[form], wanted).await;
    assert!(answer.headers["content-type"].starts_with("text/plain"));
    let token = Token::read(&answer.text());
    assert!(is_good(&sandbox, &token).await);
    let mut claims = token.claims.clone();
    let (exp, iat) = (
        claims["exp"].as_u64().unwrap(),
        claims["iat"].as_u64().unwrap(),
    );
    assert!(exp == iat + 600 && now() - iat < 60);
    for member in ["exp", "iat", "jti"] {
        claims.as_object_mut().unwrap().remove(member).unwrap();
    }
    assert_eq!(
        claims,
        json!({
            "iss": format!("{}/oidc", sandbox.url()), "aud": "sandbox-app", "sub": "1002",
            "nonce": "n-1", "preferred_username": "bob", "email": "bob@example.com",
            "email_verified": true, "name": "Bob Builder", "given_name": "Bob",
            "family_name": "Builder", "picture": "https://pictures.example/bob.png",
        })
    );
    let by_default = send(&sandbox, "POST", "/oidc/id_token", &[], "").await;
    let token = Token::read(by_default.json()["id_token"].as_str().unwrap());
    assert_eq!(token.claims["sub"], "1001");
}

#[tokio::test]
async fn each_algorithm_signs_with_its_own_key() {
    let sandbox = sandbox().await;
    for (alg, kid) in [("RS256", "rsa-1"), ("PS256", "rsa-1"), ("ES256", "p256-1")] {
        let token = ordered(&sandbox, json!({"alg": alg})).await;
        assert_eq!(token.header, json!({"alg": alg, "typ": "JWT", "kid": kid}));
        assert!(is_good(&sandbox, &token).await, "{alg}");
    }
    let none = ordered(&sandbox, json!({"alg": "none"})).await;
    assert!(none.text.ends_with('.') && none.header["alg"] == "none");
    let hs256 = ordered(&sandbox, json!({"alg": "HS256"})).await;
    let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
    hmac::verify(&key, hs256.input().as_bytes(), &hs256.signature).unwrap();
}

#[tokio::test]
async fn the_token_language_rules_here_too() {
    let sandbox = sandbox().await;
    let claim = async |person: &str, claim: &str| {
        let token = ordered(&sandbox, json!({ "person": person })).await;
        assert!(is_good(&sandbox, &token).await, "{person}");
        token.claims.get(claim).cloned()
    };
    assert_eq!(
        claim("wrong-app:alice", "aud").await,
        Some(json!("another-app"))
    );
    assert_eq!(claim("no-app:alice", "aud").await, None);
    assert_eq!(claim("odd-app:17:alice", "aud").await, Some(json!(17)));
    assert_eq!(
        claim("other-subject:alice:bob", "sub").await,
        Some(json!("1002"))
    );
    assert_eq!(claim("sub:{\"a\":1}", "sub").await, Some(json!({"a": 1})));
    assert_eq!(claim("fail:no-uid", "sub").await, None);
    let expired = claim("expired:alice", "exp").await.unwrap();
    assert!(expired.as_u64().unwrap() < now() - 3000);
}

#[tokio::test]
async fn wishes_replace_add_and_leave_out() {
    let sandbox = sandbox().await;
    let order = json!({
        "claims": {"tid": "t", "email": null}, "header": {"kid": ["x"]},
        "without": ["typ", "name"], "ttl": -5,
    });
    let token = ordered(&sandbox, order).await;
    assert_eq!(token.claims["tid"], "t");
    assert_eq!(token.claims.get("email"), Some(&Value::Null));
    assert!(token.claims.get("name").is_none());
    assert_eq!(token.header, json!({"alg": "RS256", "kid": ["x"]}));
    let times = ["exp", "iat"].map(|claim| token.claims[claim].as_i64().unwrap());
    assert_eq!(times[0] - times[1], -5);
    let raw = json!({"raw_claims": "{\"sub\":1,\"sub\":2}", "raw_header": "[]"});
    let raw = ordered(&sandbox, raw).await;
    assert_eq!(
        (raw.part(0), raw.part(1)),
        ("[]".into(), "{\"sub\":1,\"sub\":2}".into())
    );
    assert_eq!(raw.signature.len(), 256);
}

#[tokio::test]
async fn a_wish_that_is_not_understood_is_refused() {
    let sandbox = sandbox().await;
    let json = ("Content-Type", "application/json");
    for wish in [
        json!({"person": "mallory"}),
        json!({"person": 1}),
        json!({"fault": "no-such"}),
        json!({"alg": "ROT13"}),
        json!({"key": "previous"}),
        json!({"key": "mine"}),
        json!({"ttl": "soon"}),
        json!({"claims": []}),
        json!({"tll": 5}),
        json!([]),
    ] {
        let answer = send(
            &sandbox,
            "POST",
            "/oidc/id_token",
            &[json],
            &wish.to_string(),
        )
        .await;
        assert_eq!(answer.status, 400, "{wish}");
        assert_eq!(answer.json()["error"], "invalid_request");
    }
}

#[tokio::test]
async fn a_fault_of_the_claims_is_well_signed_and_in_one_claim() {
    let sandbox = sandbox().await;
    let right = ordered(&sandbox, json!({"nonce": "n", "access_token": "alice"})).await;
    for (fault, changed) in [
        ("wrong-iss", "iss"),
        ("no-iss", "iss"),
        ("wrong-aud", "aud"),
        ("no-aud", "aud"),
        ("empty-aud", "aud"),
        ("several-aud", "aud"),
        ("expired", "exp"),
        ("far-exp", "exp"),
        ("text-exp", "exp"),
        ("no-exp", "exp"),
        ("future-iat", "iat"),
        ("old-iat", "iat"),
        ("no-iat", "iat"),
        ("future-nbf", "nbf"),
        ("no-sub", "sub"),
        ("null-sub", "sub"),
        ("empty-sub", "sub"),
        ("number-sub", "sub"),
        ("wrong-nonce", "nonce"),
        ("no-nonce", "nonce"),
        ("wrong-at-hash", "at_hash"),
        ("no-at-hash", "at_hash"),
    ] {
        let token = faulty(&sandbox, fault).await;
        assert!(is_good(&sandbox, &token).await, "{fault}");
        let (mut left, mut right) = (token.claims, right.claims.clone());
        assert_ne!(left.get(changed), right.get(changed), "{fault}");
        for claims in [&mut left, &mut right] {
            let claims = claims.as_object_mut().unwrap();
            claims.retain(|name, _| ![changed, "jti", "iat", "exp"].contains(&name.as_str()));
        }
        assert_eq!(left, right, "{fault}");
    }
    let azp = faulty(&sandbox, "wrong-azp").await.claims;
    assert_eq!(
        (&azp["azp"], azp["aud"].as_array().unwrap().len()),
        (&json!("another-app"), 2)
    );
}

#[tokio::test]
async fn a_fault_of_the_text_has_a_member_twice_and_the_right_one_last() {
    let sandbox = sandbox().await;
    for (fault, part, first, last) in [
        ("duplicate-sub", 1, "{\"sub\":\"1002\",", "\"sub\":\"1001\""),
        (
            "duplicate-aud",
            1,
            "{\"aud\":\"another-app\",",
            "\"aud\":\"sandbox-app\"",
        ),
        (
            "duplicate-alg",
            0,
            "{\"alg\":\"none\",",
            "\"alg\":\"RS256\"",
        ),
    ] {
        let token = faulty(&sandbox, fault).await;
        let text = token.part(part);
        assert!(text.starts_with(first) && text.contains(last), "{text}");
        assert!(is_good(&sandbox, &token).await, "{fault}");
    }
}

#[tokio::test]
async fn a_fault_of_the_signature_is_seen_by_the_published_keys() {
    let sandbox = sandbox().await;
    for fault in [
        "other-key",
        "unknown-kid",
        "no-kid",
        "alg-none",
        "hs256-pem",
        "hs256-der",
        "hs256-jwk",
        "hs256-modulus",
        "hs256-secret",
        "wrong-signature",
        "empty-signature",
        "no-signature",
        "zero-signature",
        "der-signature",
    ] {
        let token = faulty(&sandbox, fault).await;
        assert!(!is_good(&sandbox, &token).await, "{fault}");
        assert_eq!(token.claims["sub"], "1001", "{fault}");
    }
    let signed = async |fault| faulty(&sandbox, fault).await;
    assert_eq!(signed("other-key").await.header["kid"], "rsa-1");
    assert_eq!(signed("alg-none").await.header["alg"], "none");
    assert_eq!(signed("no-signature").await.text.matches('.').count(), 1);
    assert!(signed("padded").await.text.ends_with('='));
    assert_eq!(signed("der-signature").await.signature[0], 0x30);
    for (fault, member) in [
        ("jku", "jku"),
        ("x5u", "x5u"),
        ("jwk", "jwk"),
        ("crit", "crit"),
    ] {
        let token = signed(fault).await;
        assert!(is_good(&sandbox, &token).await && token.header.get(member).is_some());
    }
    assert_eq!(signed("at-jwt").await.header["typ"], "at+jwt");
}

#[tokio::test]
async fn hs256_is_keyed_with_what_everybody_can_read() {
    let sandbox = sandbox().await;
    let published = keys(&sandbox).await;
    let modulus = super::jws::decode(published[0]["n"].as_str().unwrap());
    let text = published[0].to_string().into_bytes();
    for (fault, key) in [("hs256-modulus", modulus), ("hs256-jwk", text)] {
        let token = faulty(&sandbox, fault).await;
        assert_eq!(token.header["alg"], "HS256");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::verify(&key, token.input().as_bytes(), &token.signature).unwrap();
    }
}

#[tokio::test]
async fn rotation_brings_new_keys_and_keeps_the_old_ones_or_not() {
    let sandbox = sandbox().await;
    let old = ordered(&sandbox, json!({})).await;
    let kids = async || -> Vec<String> {
        let keys = keys(&sandbox).await;
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    };
    let rotate = async |body| {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        send(&sandbox, "POST", "/oidc/rotate", &[form], body).await
    };
    assert_eq!(rotate("").await.json()["kid"]["RS256"], "rsa-2");
    assert_eq!(kids().await, ["rsa-2", "p256-2", "rsa-1", "p256-1"]);
    assert!(is_good(&sandbox, &old).await);
    let new = ordered(&sandbox, json!({})).await;
    assert_eq!(new.header["kid"], "rsa-2");
    assert!(is_good(&sandbox, &new).await);
    assert_eq!(rotate("keep=false").await.status, 200);
    assert_eq!(kids().await, ["rsa-3", "p256-3"]);
    assert!(!is_good(&sandbox, &old).await && !is_good(&sandbox, &new).await);
    let previous = ordered(&sandbox, json!({"key": "previous"})).await;
    assert_eq!(previous.header["kid"], "rsa-2");
    assert_eq!(rotate("keep=maybe").await.status, 400);
    for _ in 0..6 {
        rotate("keep=true").await;
    }
    assert_eq!(kids().await.len(), 8);
    assert_eq!(get(&sandbox, "/oidc/rotate", &[]).await.status, 405);
}
