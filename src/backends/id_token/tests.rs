//! Tests of claims, one row of the list of attacks each, by one generator.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::*;
use crate::crypto::jose::test_tokens::{RSA, TestKey};
use crate::crypto::jose::{Jws, SignatureAlgorithm, VerificationKey};
use crate::http::{HttpClient, Recording};

mod names;
mod proofs;
mod tenants;
mod times;
mod verifier;

pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const ISSUER: &str = "https://accounts.example";

/// The claims of a good token.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "us", "sub": "248289761001",
        "iat": NOW - 10, "exp": NOW + 3590,
    })
}

/// The good claims with one of them changed.
pub(super) fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

/// The good claims without one of them.
pub(super) fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

pub(super) fn policy() -> Policy {
    Policy::new(
        Issuers::exact([ISSUER.to_owned()]),
        vec!["us".to_owned(), "us-on-android".to_owned()],
        vec![SignatureAlgorithm::Rs256],
    )
}

pub(super) fn presented(id_token: &str) -> Presented<'_> {
    Presented {
        id_token,
        nonce: None,
        access_token: None,
    }
}

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// A verifier that has a key and asks nobody.
pub(super) fn verifier() -> IdTokenVerifier {
    IdTokenVerifier::new(&HttpClient::replaying(&Recording::default()))
}

pub(super) fn fixed(key: TestKey) -> Keys {
    Keys {
        fixed: vec![VerificationKey::from_pem(key.public_pem).unwrap()],
        set: None,
    }
}

/// What comes of signed claims, by way of the whole verifier.
pub(super) fn judge(claims: &Value, policy: &Policy) -> Result<IdTokenClaims, BackendError> {
    judge_token(&RSA.token(claims), policy, presented(""))
}

/// The same of a token that comes with a nonce or an access token.
pub(super) fn judge_token(
    token: &str,
    policy: &Policy,
    beside: Presented<'_>,
) -> Result<IdTokenClaims, BackendError> {
    let token = Presented {
        id_token: token,
        ..beside
    };
    let (verifier, keys) = (verifier(), fixed(RSA));
    let judged = verifier.verify(&token, &keys, policy, at(NOW));
    // Nothing is fetched, so nothing waits.
    futures_util::FutureExt::now_or_never(judged).unwrap()
}

#[track_caller]
pub(super) fn refused(claims: &Value, claim: &str) {
    let judged = judge(claims, &policy()).map(|good| good.claims);
    assert_eq!(judged, Err(invalid(claim)), "{claims}");
}

#[track_caller]
pub(super) fn good(claims: &Value) {
    let judged = judge(claims, &policy()).map(|good| Value::Object(good.claims));
    assert_eq!(judged, Ok(claims.clone()), "{claims}");
}

#[test]
fn a_good_token_gives_its_claims_its_digest_and_when_it_can_be_forgotten() {
    let token = RSA.token(&claims());
    let judged = judge_token(&token, &policy(), presented("")).unwrap();
    assert_eq!(Value::Object(judged.claims.clone()), claims());
    assert_eq!(judged.expires, at(NOW + 3590 + 60));
    let (message, _) = token.rsplit_once('.').unwrap();
    assert_eq!(judged.digest, crate::crypto::one_use::digest(message));
    assert_eq!(format!("{judged:?}"), "IdTokenClaims { .. }");
    assert_eq!(format!("{:?}", presented("a.b.c")), "Presented { .. }");
}

#[test]
fn claims_keep_numbers_exactly() {
    let token = RSA.forge_text(
        r#"{"alg":"RS256"}"#,
        &claims()
            .to_string()
            .replace("\"iss\"", "\"team\":123456789012345678901234567890,\"iss\""),
    );
    let judged = judge_token(&token, &policy(), presented("")).unwrap();
    let team = judged.claims["team"].to_string();
    assert_eq!(team, "123456789012345678901234567890");
}

/// JWT-14.
#[test]
fn a_token_of_another_kind_is_no_id_token() {
    let header = |typ: Value| {
        let mut header = RSA.header();
        header["typ"] = typ;
        judge_token(&RSA.forge(&header, &claims()), &policy(), presented("")).map(drop)
    };
    for typ in ["JWT", "jwt"] {
        assert_eq!(header(typ.into()), Ok(()), "{typ}");
    }
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "dpop+jwt",
        "",
        "JWT ",
    ] {
        assert_eq!(header(typ.into()), Err(invalid("typ")), "{typ}");
    }
    let nothing = RSA.forge(&json!({"alg": "RS256"}), &claims());
    assert!(judge_token(&nothing, &policy(), presented("")).is_ok());
    for typ in ["Bearer", "bearer", "Refresh", "Offline", "Logout"] {
        refused(&with("typ", typ), "typ");
    }
    for typ in ["ID", "JWT"] {
        good(&with("typ", typ));
    }
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    refused(&with("events", event), "events");
}

#[test]
fn a_provider_may_name_another_type() {
    let policy = Policy {
        types: vec!["id+jwt".to_owned()],
        ..policy()
    };
    let header = json!({"alg": "RS256", "typ": "id+jwt"});
    let judged = judge_token(&RSA.forge(&header, &claims()), &policy, presented(""));
    assert!(judged.is_ok());
    let header = json!({"alg": "RS256", "typ": "at+jwt"});
    let judged = judge_token(&RSA.forge(&header, &claims()), &policy, presented(""));
    assert_eq!(judged.unwrap_err(), invalid("typ"));
}

/// JWT-14: Cognito says `token_use`, others otherwise.
#[test]
fn a_claim_that_is_required_has_exactly_its_value() {
    let policy = Policy {
        require: vec![
            ("token_use".to_owned(), json!("id")),
            ("level".to_owned(), json!(2)),
        ],
        ..policy()
    };
    let judge = |token_use: Value, level: Value| {
        let mut claims = with("token_use", token_use);
        claims["level"] = level;
        super::tests::judge(&claims, &policy).map(drop)
    };
    assert_eq!(judge("id".into(), 2.into()), Ok(()));
    assert_eq!(judge("access".into(), 2.into()), Err(invalid("token_use")));
    assert_eq!(judge(json!(["id"]), 2.into()), Err(invalid("token_use")));
    assert_eq!(judge("id".into(), "2".into()), Err(invalid("level")));
    let missing = super::tests::judge(&claims(), &policy).map(drop);
    assert_eq!(missing, Err(invalid("token_use")));
}

/// JWT-20: what makes one token one, whoever sends it again.
#[test]
fn one_token_has_one_digest_and_another_has_another() {
    let digest = |claims: &Value| judge(claims, &policy()).unwrap().digest;
    assert_eq!(digest(&claims()), digest(&claims()));
    assert_ne!(digest(&claims()), digest(&with("jti", "2")));
}

/// The whole list of what is checked, in the order that answers are given in.
#[test]
fn a_strangers_token_says_no_more_than_that_it_is_a_strangers() {
    let mut worst = json!({
        "iss": "https://other.example", "aud": "them", "sub": "", "iat": 0, "exp": 1,
        "nonce": "n", "typ": "Bearer",
    });
    for (claim, better) in [
        ("iss", json!(ISSUER)),
        ("typ", json!("ID")),
        ("aud", json!("us")),
    ] {
        refused(&worst, claim);
        worst[claim] = better;
    }
    let expired = judge(&worst, &policy()).map(drop);
    assert_eq!(expired, Err(BackendError::Expired));
    worst["iat"] = NOW.into();
    worst["exp"] = (NOW + 60).into();
    refused(&worst, "sub");
    worst["sub"] = "a".into();
    let nonce = judge(&worst, &policy()).map(drop);
    assert_eq!(nonce, Err(BackendError::NonceMismatch));
}

#[test]
fn the_one_fault_of_a_signature_is_told_before_any_of_claims() {
    let forged = crate::crypto::jose::test_tokens::OTHER_RSA.token(&with("aud", "them"));
    let judged = judge_token(&forged, &policy(), presented(""));
    assert_eq!(judged.unwrap_err(), BackendError::InvalidSignature);
    let verified = Jws::parse(&forged).unwrap();
    assert!(
        verified
            .verify(&fixed(RSA).fixed[0], &policy().algorithms)
            .is_err()
    );
}

/// Ages and lives, in seconds.
pub(super) fn seconds(count: i64) -> TimeDelta {
    TimeDelta::seconds(count)
}
