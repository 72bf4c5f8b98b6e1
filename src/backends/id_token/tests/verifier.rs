//! The whole way of a token: which key it is held to, and what is asked.

use std::time::Duration;

use secrecy::SecretString;

use super::*;
use crate::crypto::jose::test_tokens::{OTHER_RSA, P256, hmac_token, key_set};
use crate::http::{Answer, HeaderMap, Method};

const KEYS_URL: &str = "https://accounts.example/keys";

fn source() -> KeySource {
    KeySource {
        url: KEYS_URL.parse().unwrap(),
        timeout: Duration::from_secs(1),
        allow_private: false,
    }
}

/// A provider that publishes these keys, and a verifier that can ask it.
fn provider(keys: &[Value]) -> (Recording, IdTokenVerifier) {
    let recording = Recording::default();
    let answer = Answer {
        status: 200,
        headers: HeaderMap::new(),
        body: key_set(keys).into_bytes(),
    };
    recording.record(Method::GET, KEYS_URL.parse().unwrap(), answer);
    let verifier = IdTokenVerifier::new(&HttpClient::replaying(&recording));
    (recording, verifier)
}

async fn verify(
    verifier: &IdTokenVerifier,
    token: &str,
    keys: &Keys,
    policy: &Policy,
) -> Result<(), BackendError> {
    let token = presented(token);
    let judged = verifier.verify(&token, keys, policy, at(NOW)).await;
    judged.map(drop)
}

fn both() -> Policy {
    Policy {
        algorithms: vec![SignatureAlgorithm::Es256, SignatureAlgorithm::Hs256],
        ..policy()
    }
}

#[tokio::test]
async fn a_token_is_held_to_the_providers_set_or_to_a_configured_key() {
    let (recording, verifier) = provider(&[P256.jwk()]);
    let secret = SecretString::from("the channel secret");
    let keys = Keys {
        fixed: vec![VerificationKey::secret(SignatureAlgorithm::Hs256, &secret).unwrap()],
        set: Some(source()),
    };
    let header = json!({"alg": "HS256", "kid": P256.kid});
    let by_secret = hmac_token(b"the channel secret", &header, &claims());
    assert_eq!(verify(&verifier, &by_secret, &keys, &both()).await, Ok(()));
    assert_eq!(recording.seen().len(), 0);
    let by_set = P256.token(&claims());
    assert_eq!(verify(&verifier, &by_set, &keys, &both()).await, Ok(()));
    assert_eq!(verify(&verifier, &by_set, &keys, &both()).await, Ok(()));
    assert_eq!(recording.seen().len(), 1);
    let forged = hmac_token(P256.jwk().to_string().as_bytes(), &header, &claims());
    let refused = verify(&verifier, &forged, &keys, &both()).await;
    assert_eq!(refused, Err(BackendError::InvalidSignature));
    // Neither is good where the operator does not have it.
    let without_secret = Keys {
        fixed: Vec::new(),
        ..keys.clone()
    };
    let refused = verify(&verifier, &by_secret, &without_secret, &both()).await;
    assert_eq!(refused, Err(BackendError::InvalidSignature));
    let without_set = Keys { set: None, ..keys };
    let refused = verify(&verifier, &by_set, &without_set, &both()).await;
    assert_eq!(refused, Err(BackendError::InvalidSignature));
    let nothing = verify(&verifier, &by_set, &Keys::default(), &both()).await;
    assert_eq!(nothing, Err(BackendError::InvalidSignature));
}

/// JWT-13 and JWT-22: whatever a token says of itself, nobody else is asked.
#[tokio::test]
async fn a_token_sends_us_nowhere() {
    let (recording, verifier) = provider(&[RSA.jwk()]);
    let keys = Keys {
        fixed: Vec::new(),
        set: Some(source()),
    };
    let attacker = "https://attacker.example/keys";
    let header = json!({
        "alg": "RS256", "kid": "rsa", "jku": attacker, "x5u": attacker, "jwk": OTHER_RSA.jwk(),
    });
    for (token, error) in [
        (
            OTHER_RSA.forge(&header, &with("iss", "https://attacker.example")),
            invalid("iss"),
        ),
        (
            RSA.forge(&json!({"alg": "none"}), &claims()),
            BackendError::InvalidSignature,
        ),
        ("a.b.c".to_owned(), BackendError::CredentialRejected),
        (".".repeat(20_000), BackendError::CredentialRejected),
    ] {
        let refused = verify(&verifier, &token, &keys, &policy()).await;
        assert_eq!(refused, Err(error));
        assert_eq!(recording.seen().len(), 0, "nothing was worth a fetch");
    }
    let forged = OTHER_RSA.forge(&header, &claims());
    let refused = verify(&verifier, &forged, &keys, &policy()).await;
    assert_eq!(refused, Err(BackendError::InvalidSignature));
    let seen = recording.seen();
    assert!(seen.iter().all(|request| request.url.as_str() == KEYS_URL));
    assert_eq!(seen.len(), 1);
}

#[test]
fn what_holds_keys_shows_none() {
    let (_, verifier) = provider(&[]);
    assert!(format!("{verifier:?}").starts_with("IdTokenVerifier { key_sets: KeySets { .. }"));
}

#[tokio::test]
async fn keys_that_are_fetched_beforehand_are_there_for_the_first_token() {
    let (recording, verifier) = provider(&[P256.jwk()]);
    let fixed = Keys::default();
    assert_eq!(verifier.prefetch(&fixed, at(NOW)).await, Ok(()));
    assert!(recording.seen().is_empty());
    let keys = Keys {
        set: Some(source()),
        ..fixed
    };
    for _ in 0..2 {
        assert_eq!(verifier.prefetch(&keys, at(NOW)).await, Ok(()));
        assert_eq!(recording.seen().len(), 1);
    }
    let token = P256.token(&claims());
    assert_eq!(verify(&verifier, &token, &keys, &both()).await, Ok(()));
    assert_eq!(recording.seen().len(), 1);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_beforehand_are_asked_for_again() {
    let recording = Recording::default();
    let verifier = IdTokenVerifier::new(&HttpClient::replaying(&recording));
    let keys = Keys {
        set: Some(source()),
        ..Keys::default()
    };
    let fetched = verifier.prefetch(&keys, at(NOW)).await;
    assert_eq!(fetched, Err(BackendError::Unavailable));
    let answer = Answer {
        status: 200,
        headers: HeaderMap::new(),
        body: key_set(&[P256.jwk()]).into_bytes(),
    };
    recording.record(Method::GET, KEYS_URL.parse().unwrap(), answer);
    let token = P256.token(&claims());
    assert_eq!(verify(&verifier, &token, &keys, &both()).await, Ok(()));
}
