//! `nonce` and `at_hash`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;
use crate::crypto::one_use::{digest, hex};

const NONCE: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

fn by_nonce(claim: Option<Value>, nonce: Option<&str>, rule: NonceRule) -> bool {
    let claims = claim.map_or_else(claims, |claim| with("nonce", claim));
    let policy = Policy {
        nonce: rule,
        ..policy()
    };
    let beside = Presented {
        nonce,
        ..presented("")
    };
    match judge_token(&RSA.token(&claims), &policy, beside) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, BackendError::NonceMismatch);
            false
        }
    }
}

const HASHED: NonceRule = NonceRule {
    hashed: true,
    ..NonceRule::OPTIONAL
};

/// JWT-19.
#[test]
fn a_nonce_is_in_both_or_in_neither_and_the_same() {
    let optional = |claim: Option<Value>, nonce| by_nonce(claim, nonce, NonceRule::OPTIONAL);
    assert!(optional(None, None));
    assert!(optional(Some(NONCE.into()), Some(NONCE)));
    assert!(!optional(None, Some(NONCE)));
    assert!(!optional(Some(NONCE.into()), None));
    for other in [
        json!(NONCE[1..]),
        json!(format!("{NONCE}a")),
        json!(NONCE.to_lowercase()),
        json!(""),
        json!(null),
        json!(7),
        json!([NONCE]),
    ] {
        assert!(!optional(Some(other.clone()), Some(NONCE)), "{other}");
        assert!(!optional(Some(other.clone()), None), "{other}");
    }
    assert!(!optional(Some("".into()), Some("")));
    assert!(!optional(None, Some("")));
}

/// JWT-19.
#[test]
fn a_hashed_nonce_is_taken_from_providers_that_hash_alone() {
    let hash = digest(NONCE);
    for claim in [hex(&hash), URL_SAFE_NO_PAD.encode(hash)] {
        assert!(by_nonce(Some(claim.clone().into()), Some(NONCE), HASHED));
        let raw = by_nonce(Some(claim.clone().into()), Some(NONCE), NonceRule::OPTIONAL);
        assert!(!raw, "{claim}");
        // Whoever read the hash in a stolen token does not know the nonce.
        let stolen = by_nonce(
            Some(claim.clone().into()),
            Some(&hex(&digest(&claim))),
            HASHED,
        );
        assert!(!stolen, "{claim}");
    }
    assert!(by_nonce(Some(NONCE.into()), Some(NONCE), HASHED));
    for other in [
        hex(&hash).to_uppercase(),
        STANDARD.encode(hash),
        hex(&digest("another")),
    ] {
        assert!(
            !by_nonce(Some(other.clone().into()), Some(NONCE), HASHED),
            "{other}"
        );
    }
    assert!(!by_nonce(Some(hex(&digest("")).into()), Some(""), HASHED));
}

/// JWT-19.
#[test]
fn a_nonce_can_be_required_or_left_alone() {
    let required = NonceRule {
        required: true,
        ..NonceRule::OPTIONAL
    };
    assert!(!by_nonce(None, None, required));
    assert!(!by_nonce(Some(NONCE.into()), None, required));
    assert!(by_nonce(Some(NONCE.into()), Some(NONCE), required));
    let skipped = NonceRule {
        skipped: true,
        ..required
    };
    for claim in [None, Some(json!(NONCE)), Some(json!(7))] {
        for nonce in [None, Some(NONCE), Some("another")] {
            assert!(by_nonce(claim.clone(), nonce, skipped));
        }
    }
}

fn by_access_token(at_hash: Option<Value>, access_token: Option<&str>, rule: AtHash) -> bool {
    let claims = at_hash.map_or_else(claims, |claim| with("at_hash", claim));
    let policy = Policy {
        at_hash: rule,
        ..policy()
    };
    let beside = Presented {
        access_token,
        ..presented("")
    };
    match judge_token(&RSA.token(&claims), &policy, beside) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, invalid("at_hash"));
            false
        }
    }
}

/// JWT-21, with the access token and the hash that OpenID Connect prints.
#[test]
fn an_access_token_is_the_one_of_at_hash() {
    let token = Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    let published = "77QmUPtjPfzWtF2AnpK9RQ";
    for rule in [AtHash::Required, AtHash::IfPresent] {
        assert!(by_access_token(Some(published.into()), token, rule));
        assert!(!by_access_token(
            Some(published.into()),
            Some("another"),
            rule
        ));
        for other in [
            json!(""),
            json!(&published[1..]),
            json!(format!("{published}==")),
            json!(null),
            json!(7),
        ] {
            assert!(
                !by_access_token(Some(other.clone()), token, rule),
                "{other}"
            );
        }
        // Without an access token the claim says nothing to us.
        assert!(by_access_token(Some("x".into()), None, rule));
        assert!(by_access_token(None, None, rule));
    }
    assert!(!by_access_token(None, token, AtHash::Required));
    assert!(by_access_token(None, token, AtHash::IfPresent));
    assert_eq!(policy().at_hash, AtHash::Required);
}
