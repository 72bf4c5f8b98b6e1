//! The JWT of a wiki: the good one, and everything that makes it bad.

use chrono::DateTime;
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;

fn claims() -> Json {
    json!({
        "iss": "https://meta.wikimedia.org",
        "aud": "a-key",
        "nonce": "n-1",
        "iat": NOW,
        "exp": NOW + 100,
        "sub": "42",
        "username": "Ada",
    })
}

fn jwt(header: &Json, claims: &Json, secret: &str) -> String {
    let encode = |part: &Json| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn hs256(claims: &Json) -> String {
    jwt(&json!({"alg": "HS256", "typ": "JWT"}), claims, "a-secret")
}

fn read(body: &str) -> Result<Json, BackendError> {
    let asked = Asked {
        url: "https://meta.wikimedia.org/w/index.php?title=x"
            .parse()
            .unwrap(),
        client: ("a-key", "a-secret"),
        nonce: Some("n-1"),
        now: DateTime::from_timestamp(NOW, 0).unwrap(),
    };
    MediaWiki.read(body.as_bytes(), &asked).unwrap()
}

fn with(claim: &str, value: Json) -> Json {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

#[test]
fn claims_that_fit_the_question_are_the_answer() {
    assert_eq!(read(&hs256(&claims())), Ok(claims()));
    assert_eq!(read(&format!("{}\n", hs256(&claims()))), Ok(claims()));
    for (claim, value) in [
        ("aud", json!(["another", "a-key"])),
        ("iss", json!("http://meta.wikimedia.org")),
        ("exp", json!(NOW - 9)),
        ("iat", json!(NOW + 10)),
    ] {
        let claims = with(claim, value);
        assert_eq!(read(&hs256(&claims)), Ok(claims), "{claim}");
    }
}

#[test]
fn claims_that_do_not_fit_the_question_are_refused() {
    for (claim, value) in [
        ("iss", json!("https://wiki.example")),
        ("iss", json!("https://meta.wikimedia.org:8443")),
        ("iss", json!("meta.wikimedia.org")),
        ("iss", json!("mailto:meta.wikimedia.org")),
        ("aud", json!("another")),
        ("aud", json!(["another"])),
        ("aud", json!(null)),
        ("nonce", json!("n-2")),
        ("nonce", json!("")),
        ("nonce", json!(1)),
        ("exp", json!(NOW - 10)),
        ("exp", json!("never")),
        ("iat", json!(NOW + 11)),
        ("iat", json!(true)),
    ] {
        let refused = read(&hs256(&with(claim, value.clone())));
        assert_eq!(refused, Err(invalid(claim)), "{claim}: {value}");
    }
    for claim in ["iss", "aud", "nonce", "exp", "iat"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        let missing = BackendError::MissingClaim {
            claim: claim.to_owned(),
        };
        assert_eq!(read(&hs256(&claims)), Err(missing), "{claim}");
    }
}

#[test]
fn what_our_secret_did_not_sign_is_refused() {
    let good = hs256(&claims());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    let other = URL_SAFE_NO_PAD.encode(with("sub", json!("43")).to_string());
    let hs256_header = json!({"alg": "HS256"});
    for forged in [
        jwt(&hs256_header, &claims(), "another secret"),
        jwt(&hs256_header, &claims(), ""),
        format!("{header}.{other}.{signature}"),
        format!("{header}.{payload}."),
    ] {
        assert_eq!(read(&forged), Err(invalid("signature")), "{forged}");
    }
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS512"}),
        json!({"alg": "RS256"}),
        json!({}),
        json!({"alg": "HS256", "crit": ["b64"], "b64": false}),
    ] {
        let refused = read(&jwt(&header, &claims(), "a-secret"));
        assert_eq!(refused, Err(invalid("alg")), "{header}");
    }
}

#[test]
fn what_is_no_jwt_is_malformed_and_a_refusal_is_one() {
    let long = "a".repeat(MAX_LENGTH + 1);
    let no_object = jwt(&json!({"alg": "HS256"}), &json!([1]), "a-secret");
    for body in [
        "", "a", "a.b", "a.b.c", "a.b.c.d", "<html>", &long, &no_object,
    ] {
        assert_eq!(read(body), Err(BackendError::MalformedResponse));
    }
    for body in [
        "{\"error\": \"mwoauth-oauth-exception\"}",
        "Error: no such token",
    ] {
        assert_eq!(read(body), Err(BackendError::CredentialRejected));
    }
}
