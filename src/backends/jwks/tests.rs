//! Tests of key sets: when they are fetched, what serves while they cannot be.

use serde_json::{Value, json};

use super::*;
use crate::crypto::jose::test_tokens::{OTHER_RSA, P256, RSA, TestKey, key_set};
use crate::http::{Answer, HeaderMap, Recording};

const URL: &str = "https://accounts.example/keys";
const HOUR: i64 = 3600;
const ALLOWED: &[SignatureAlgorithm] = &[SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256];

/// A provider that answers as it is told, each answer once, the last one ever after.
struct Provider {
    recording: Recording,
    key_sets: KeySets,
}

impl Provider {
    fn new(keys: &[TestKey]) -> Self {
        let provider = Self::down();
        provider.publish(keys);
        provider
    }

    /// One that nobody reaches until it publishes something.
    fn down() -> Self {
        let recording = Recording::default();
        let key_sets = KeySets::new(&HttpClient::replaying(&recording));
        Self {
            recording,
            key_sets,
        }
    }

    fn publish(&self, keys: &[TestKey]) {
        let jwks: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
        self.answer(200, key_set(&jwks));
    }

    fn answer(&self, status: u16, body: impl Into<Vec<u8>>) {
        let answer = Answer {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        };
        let url = URL.parse().unwrap();
        self.recording.record(Method::GET, url, answer);
    }

    fn fetches(&self) -> usize {
        self.recording.seen().len()
    }

    async fn verify(&self, token: &str, seconds: i64) -> Result<(), BackendError> {
        let source = KeySource {
            url: URL.parse().unwrap(),
            timeout: Duration::from_secs(1),
            allow_private: false,
        };
        let now = DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let token = Jws::parse(token).unwrap();
        let verified = self.key_sets.verify(&source, &token, ALLOWED, now).await;
        for _ in 0..10 {
            // What runs in the background comes to its end.
            tokio::task::yield_now().await;
        }
        verified.map(drop)
    }
}

fn token(key: TestKey) -> String {
    key.token(&json!({"sub": "a"}))
}

/// A token of a key that nobody has.
fn unknown(kid: impl Into<Value>) -> String {
    RSA.forge(&json!({"alg": "RS256", "kid": kid.into()}), &json!({}))
}

#[tokio::test]
async fn a_set_is_asked_for_once_an_hour_and_nobody_waits_for_the_next() {
    let provider = Provider::new(&[RSA, P256]);
    for (seconds, fetches) in [(0, 1), (1, 1), (HOUR - 1, 1), (HOUR, 2), (HOUR + 1, 2)] {
        for key in [RSA, P256] {
            assert_eq!(provider.verify(&token(key), seconds).await, Ok(()));
        }
        assert_eq!(provider.fetches(), fetches, "{seconds}");
    }
    let request = &provider.recording.seen()[0];
    assert_eq!(request.url.as_str(), URL);
    assert_eq!(request.headers[0].0, ACCEPT);
}

/// JWT-10: 10 000 tokens of random keys in three minutes.
#[tokio::test]
async fn unknown_keys_are_looked_for_once_a_minute_and_known_ones_are_good_throughout() {
    let provider = Provider::new(&[RSA]);
    let good = token(RSA);
    assert_eq!(provider.verify(&good, 0).await, Ok(()));
    let mut by_minute = [0; 3];
    let signed = unknown("key-0");
    let (_, rest) = signed.split_once('.').unwrap();
    for number in 0..10_000_i64 {
        let seconds = number * 180 / 10_000;
        let header = json!({"alg": "RS256", "kid": format!("key-{number}")});
        let header = crate::crypto::jose::test_tokens::encode(header.to_string());
        let before = provider.fetches();
        let refused = provider.verify(&format!("{header}.{rest}"), seconds).await;
        assert_eq!(refused, Err(BackendError::InvalidSignature));
        by_minute[usize::try_from(seconds / 60).unwrap()] += provider.fetches() - before;
        if number % 500 == 0 {
            assert_eq!(provider.verify(&good, seconds).await, Ok(()));
        }
    }
    assert_eq!(by_minute, [0, 1, 1]);
}

/// JWT-10: at once.
#[tokio::test]
async fn a_hundred_unknown_keys_at_once_are_one_fetch() {
    let provider = Provider::new(&[RSA]);
    assert_eq!(provider.verify(&token(RSA), 0).await, Ok(()));
    let tokens: Vec<_> = (0..100)
        .map(|number| unknown(format!("{number}")))
        .collect();
    let all = tokens.iter().map(|token| provider.verify(token, 60));
    let all = futures_util::future::join_all(all).await;
    let refused = Err(BackendError::InvalidSignature);
    assert!(all.iter().all(|one| *one == refused));
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test]
async fn a_key_that_is_new_is_found_by_the_first_token_that_names_it() {
    let provider = Provider::new(&[RSA]);
    assert_eq!(provider.verify(&token(RSA), 0).await, Ok(()));
    provider.publish(&[RSA, OTHER_RSA]);
    let early = provider.verify(&token(OTHER_RSA), 59).await;
    assert_eq!(early, Err(BackendError::InvalidSignature));
    assert_eq!(provider.verify(&token(OTHER_RSA), 60).await, Ok(()));
    assert_eq!(provider.verify(&token(RSA), 60).await, Ok(()));
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test]
async fn a_key_that_is_taken_back_is_good_no_more_when_the_set_is_read_again() {
    let provider = Provider::new(&[RSA]);
    assert_eq!(provider.verify(&token(RSA), 0).await, Ok(()));
    provider.publish(&[P256]);
    // This one has the set fetched, and is the last.
    assert_eq!(provider.verify(&token(RSA), HOUR).await, Ok(()));
    let refused = provider.verify(&token(RSA), HOUR + 1).await;
    assert_eq!(refused, Err(BackendError::InvalidSignature));
}

/// JWT-11.
#[tokio::test]
async fn while_the_provider_is_down_known_keys_are_good_and_unknown_ones_unavailable() {
    let provider = Provider::new(&[RSA]);
    assert_eq!(provider.verify(&token(RSA), 0).await, Ok(()));
    provider.answer(500, "");
    for (seconds, fetches) in [
        (60, 2),
        (61, 2),
        (119, 2),
        (120, 3),
        (HOUR, 4),
        (HOUR + 30, 4),
    ] {
        let refused = provider.verify(&unknown("new"), seconds).await;
        assert_eq!(refused, Err(BackendError::Unavailable), "{seconds}");
        assert_eq!(
            provider.verify(&token(RSA), seconds).await,
            Ok(()),
            "{seconds}"
        );
        assert_eq!(provider.fetches(), fetches, "{seconds}");
    }
    let last = provider.verify(&token(RSA), 24 * HOUR - 1).await;
    assert_eq!(last, Ok(()));
    let stale = provider.verify(&token(RSA), 24 * HOUR + 60).await;
    assert_eq!(stale, Err(BackendError::Unavailable));
    provider.publish(&[RSA]);
    assert_eq!(provider.verify(&token(RSA), 24 * HOUR + 90).await, Ok(()));
}

/// JWT-11.
#[tokio::test]
async fn nobody_is_refused_for_a_set_that_never_came() {
    let provider = Provider::down();
    for key in [RSA, P256] {
        let unknown = provider.verify(&token(key), 0).await;
        assert_eq!(unknown, Err(BackendError::Unavailable));
    }
    assert_eq!(provider.fetches(), 1);
    provider.publish(&[RSA]);
    assert_eq!(
        provider.verify(&token(RSA), 29).await,
        Err(BackendError::Unavailable)
    );
    assert_eq!(provider.verify(&token(RSA), 30).await, Ok(()));
}

/// JWT-23.
#[tokio::test]
async fn a_hostile_set_is_as_none_and_the_good_one_is_kept() {
    let mut private = RSA.jwk();
    private["d"] = "AQAB".into();
    let many = vec![RSA.jwk(); 10_000];
    for (status, body) in [
        (200, "<html><body>Sign in</body></html>".to_owned()),
        (200, String::new()),
        (200, "[]".to_owned()),
        (200, "x".repeat(5 * 1024 * 1024)),
        (200, key_set(&many)),
        (200, key_set(&[private])),
        (200, r#"{"keys":[],"keys":[]}"#.to_owned()),
        (201, key_set(&[OTHER_RSA.jwk()])),
        (302, key_set(&[OTHER_RSA.jwk()])),
        (404, String::new()),
        (429, String::new()),
        (503, String::new()),
    ] {
        let provider = Provider::new(&[RSA]);
        assert_eq!(provider.verify(&token(RSA), 0).await, Ok(()));
        provider.answer(status, body);
        for seconds in [60, HOUR] {
            let refused = provider.verify(&token(OTHER_RSA), seconds).await;
            assert_eq!(refused, Err(BackendError::Unavailable), "{status}");
            assert_eq!(
                provider.verify(&token(RSA), seconds).await,
                Ok(()),
                "{status}"
            );
        }
        assert_eq!(provider.fetches(), 3, "{status}");
    }
}

/// JWT-12: no key is looked for that could not be meant.
#[tokio::test]
async fn what_no_set_could_make_good_is_refused_without_a_fetch() {
    let provider = Provider::new(&[RSA]);
    let forbidden = RSA.forge(&json!({"alg": "RS512", "kid": "new"}), &json!({}));
    let refused = provider.verify(&forbidden, 0).await;
    assert_eq!(refused, Err(BackendError::InvalidSignature));
    assert_eq!(provider.fetches(), 0);
    assert_eq!(provider.verify(&token(RSA), 0).await, Ok(()));
    let named = json!({"alg": "ES256", "kid": "rsa"});
    for token in [
        forbidden,
        P256.forge(&named, &json!({})),
        OTHER_RSA.forge(&RSA.header(), &json!({})),
    ] {
        let refused = provider.verify(&token, 60).await;
        assert_eq!(refused, Err(BackendError::InvalidSignature));
    }
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn a_token_without_a_kid_has_a_set_looked_at_that_has_another_key() {
    let provider = Provider::new(&[OTHER_RSA]);
    let nameless = RSA.forge(&json!({"alg": "RS256"}), &json!({}));
    let refused = provider.verify(&nameless, 0).await;
    assert_eq!(refused, Err(BackendError::InvalidSignature));
    provider.publish(&[RSA]);
    assert_eq!(provider.verify(&nameless, 60).await, Ok(()));
    assert_eq!(provider.fetches(), 2);
}

#[test]
fn a_copy_shares_the_sets_and_shows_none() {
    let provider = Provider::down();
    let copy = provider.key_sets.clone();
    assert!(Arc::ptr_eq(&copy.sets, &provider.key_sets.sets));
    assert_eq!(format!("{copy:?}"), "KeySets { .. }");
}
