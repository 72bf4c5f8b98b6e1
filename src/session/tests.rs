//! Tests of sessions: what is issued, and every way in which a bearer is refused.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::crypto::jose::SigningKey;
use crate::model::SystemIds;
use serde_json::json;

const ISSUER: &str = "https://id.example.com";

fn seed(byte: u8) -> SecretBox<[u8; 32]> {
    SecretBox::new(Box::new([byte; 32]))
}

fn issuer(seeds: &[u8]) -> SessionIssuer {
    let seeds: Vec<_> = seeds.iter().copied().map(seed).collect();
    SessionIssuer::new(&seeds, ISSUER, Lifetimes::default()).unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 250_000_000).unwrap()
}

fn user() -> Uuid {
    Uuid::from_u128(7)
}

fn open(issuer: &SessionIssuer) -> PreparedSession {
    issuer
        .prepare(user(), issuer.terms(), at(0), &SystemIds::default())
        .unwrap()
}

/// The claims of a good token, to be spoilt.
fn good_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ISSUER, "sub": user().to_string(),
        "iat": at(0).timestamp(), "exp": at(600).timestamp(),
        "jti": Uuid::from_u128(1).to_string(), "sid": Uuid::from_u128(2).to_string(),
    })
}

fn signed(typ: &str, claims: &Value) -> SecretString {
    SigningKey::from_seed(&[1; 32])
        .unwrap()
        .sign(typ, claims)
        .unwrap()
}

fn verified(claims: &Value) -> Result<AccessClaims, SessionError> {
    issuer(&[1]).verify(signed("at+jwt", claims).expose_secret(), at(0))
}

#[test]
fn an_issued_access_token_names_its_user_and_session() {
    let issuer = issuer(&[1]);
    let session = open(&issuer);
    let claims = issuer
        .verify(session.tokens.access_token.expose_secret(), at(1))
        .unwrap();
    assert_eq!(claims.user_id, user());
    assert_eq!(claims.session_id, session.row.id);
    let signed_in = claims.authenticated.map(|at| at.timestamp());
    assert_eq!(signed_in, Some(at(0).timestamp()));
    assert_eq!(claims.issued.timestamp(), at(0).timestamp());
    assert_eq!(claims.expires.timestamp(), at(600).timestamp());
}

#[test]
fn the_claims_are_those_of_rfc_9068() {
    let session = open(&issuer(&[1]));
    let token = session.tokens.access_token.expose_secret();
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let mut names: Vec<_> = claims.as_object().unwrap().keys().collect();
    names.sort();
    let expected = [
        "aud",
        "auth_time",
        "client_id",
        "exp",
        "iat",
        "iss",
        "jti",
        "sid",
        "sub",
    ];
    assert_eq!(names, expected);
    assert_eq!(claims["auth_time"], at(0).timestamp());
    assert_eq!(claims["client_id"], "unregistered");
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["aud"], ISSUER);
    assert_eq!(claims["sub"], user().to_string());
    assert_eq!(session.row.created, at(0));
}

#[test]
fn ses_9_the_row_holds_only_hashes_of_the_refresh_token() {
    let session = open(&issuer(&[1]));
    let token = session.tokens.refresh_token.expose_secret();
    let parsed = RefreshToken::parse(token).unwrap();
    assert_eq!(parsed.refresh_hash(), session.row.refresh_hash);
    assert_eq!(parsed.turn_hash(), session.row.turn_hash);
    assert_eq!(token.len(), 86, "two halves of 256 bit");
    for (half, hash) in [
        (&token[..43], &session.row.refresh_hash),
        (&token[43..], &session.row.turn_hash),
    ] {
        assert_eq!(one_use::digest(half).as_slice(), hash);
        assert!(!format!("{session:?}").contains(half));
    }
    assert!(!format!("{session:?}").contains(token));
    assert!(!format!("{session:?}").contains(session.tokens.access_token.expose_secret()));
    assert_eq!(session.row.user_id, user());
    assert_eq!(session.row.created, at(0));
    assert_eq!(session.row.expires, at(30 * 24 * 3600));
    assert_eq!(session.row.ends, at(365 * 24 * 3600));
    assert_eq!(session.tokens.expires_in, 600);
}

#[test]
fn every_session_has_ids_and_tokens_of_its_own() {
    let issuer = issuer(&[1]);
    let (one, other) = (open(&issuer), open(&issuer));
    assert_ne!(one.row.id, other.row.id);
    assert_ne!(one.row.refresh_hash, other.row.refresh_hash);
    let token_id = |session: &PreparedSession| {
        let token = session.tokens.access_token.expose_secret();
        issuer.verify(token, at(0)).unwrap().token_id
    };
    assert_ne!(token_id(&one), token_id(&other));
}

#[test]
fn an_access_token_is_valid_until_the_second_it_expires() {
    let issuer = issuer(&[1]);
    let token = signed("at+jwt", &good_claims());
    let last = DateTime::from_timestamp(1_800_000_599, 999_999_999).unwrap();
    let expiry = DateTime::from_timestamp(1_800_000_600, 0).unwrap();
    assert!(issuer.verify(token.expose_secret(), last).is_ok());
    for late in [expiry, at(601), at(100_000_000)] {
        let refused = issuer.verify(token.expose_secret(), late);
        assert_eq!(refused, Err(SessionError::InvalidToken));
    }
}

#[test]
fn a_token_from_the_future_is_refused_beyond_five_seconds() {
    for (claim, ahead, accepted) in [
        ("iat", 5, true),
        ("iat", 6, false),
        ("nbf", 5, true),
        ("nbf", 6, false),
    ] {
        let mut claims = good_claims();
        // So that each is looked at by itself.
        claims["nbf"] = json!(at(0).timestamp());
        claims[claim] = json!(at(ahead).timestamp());
        assert_eq!(verified(&claims).is_ok(), accepted, "{claim} {ahead}");
    }
}

#[test]
fn a_claim_that_is_wrong_or_missing_is_refused_as_any_other() {
    assert!(verified(&good_claims()).is_ok());
    let other = "https://other.example.com";
    let wrong = [
        ("iss", json!(other)),
        ("iss", json!("https://id.example.com/")),
        ("iss", json!([ISSUER])),
        ("aud", json!(other)),
        ("aud", json!([other, ISSUER])),
        ("aud", json!("")),
        ("sub", json!("7")),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("exp", json!("1800000600")),
        ("exp", json!(i64::MAX)),
        ("exp", json!(-1)),
        ("exp", json!(1.8e300)),
        ("iat", json!(i64::MIN)),
        ("nbf", json!("soon")),
        ("sid", json!("x")),
        ("jti", json!("")),
    ];
    for (claim, value) in wrong {
        let mut claims = good_claims();
        claims[claim] = value;
        assert_eq!(
            verified(&claims),
            Err(SessionError::InvalidToken),
            "{claims}"
        );
    }
    for claim in ["iss", "aud", "sub", "exp", "iat", "jti", "sid"] {
        let mut claims = good_claims();
        claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(
            verified(&claims),
            Err(SessionError::InvalidToken),
            "{claim}"
        );
    }
}

#[test]
fn ses_8_a_token_of_another_kind_is_no_bearer() {
    let issuer = issuer(&[1]);
    let session = open(&issuer);
    let refresh = session.tokens.refresh_token.expose_secret();
    for typ in ["JWT", "partial+jwt", "AT+JWT", ""] {
        let token = signed(typ, &good_claims());
        assert_eq!(
            issuer.verify(token.expose_secret(), at(0)),
            Err(SessionError::InvalidToken)
        );
    }
    for bearer in ["", "Bearer", refresh] {
        assert_eq!(
            issuer.verify(bearer, at(0)),
            Err(SessionError::InvalidToken)
        );
    }
    let access_token = session.tokens.access_token.expose_secret();
    for text in ["", "x", access_token, &refresh[1..], &format!("{refresh}x")] {
        assert!(RefreshToken::parse(text).is_none(), "{text}");
    }
}

#[test]
fn keys_rotate_with_overlap() {
    let (old, both, new) = (issuer(&[1]), issuer(&[2, 1]), issuer(&[2]));
    let before = open(&old).tokens.access_token;
    let after = open(&both).tokens.access_token;
    assert!(both.verify(before.expose_secret(), at(0)).is_ok());
    assert!(new.verify(after.expose_secret(), at(0)).is_ok());
    assert!(old.verify(after.expose_secret(), at(0)).is_err());
    assert!(new.verify(before.expose_secret(), at(0)).is_err());
}

#[test]
fn the_key_set_lists_all_keys_without_private_members() {
    let both = issuer(&[2, 1]);
    let set = both.jwks();
    let kids: Vec<_> = set["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap())
        .collect();
    assert_eq!(kids, both.fingerprints());
    assert_eq!(kids.len(), 2);
    assert!(
        set["keys"]
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key.get("d").is_none())
    );
}

#[test]
fn an_issuer_without_what_it_needs_is_refused() {
    let build = |seeds: &[SecretBox<[u8; 32]>], issuer: &str, access: u64| {
        let access = Duration::from_secs(access);
        let lifetimes = Lifetimes {
            access,
            ..Lifetimes::default()
        };
        SessionIssuer::new(seeds, issuer, lifetimes).map(|_| ())
    };
    assert_eq!(build(&[seed(1)], ISSUER, 600), Ok(()));
    assert_eq!(build(&[], ISSUER, 600), Err(SessionError::NoKey));
    assert_eq!(
        build(&[seed(1), seed(1)], ISSUER, 600),
        Err(SessionError::SameKeyTwice)
    );
    assert_eq!(build(&[seed(1)], "", 600), Err(SessionError::NoIssuer));
    assert_eq!(build(&[seed(1)], ISSUER, 0), Err(SessionError::Lifetime));
    assert_eq!(
        build(&[seed(1)], ISSUER, u64::MAX),
        Err(SessionError::Lifetime)
    );
}
