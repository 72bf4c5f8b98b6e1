//! Tests of signatures and key sets: tokens that lie, keys that do not fit.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::test_tokens::{
    ED25519, OTHER_RSA, P256, P384, RSA, SHORT_RSA_PEM, TestKey, encode, hmac_token, key_set,
};
use super::*;

mod algorithms;
mod forms;
mod keys;
mod mutated;
mod picked;
mod published;
mod wycheproof;

const ALL: [&str; 11] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256",
    "HS512",
];
const KEYS: [TestKey; 4] = [RSA, P256, P384, ED25519];

fn algorithm(name: &str) -> SignatureAlgorithm {
    name.parse().unwrap()
}

fn all() -> Vec<SignatureAlgorithm> {
    ALL.into_iter().map(algorithm).collect()
}

fn set(keys: &[Value]) -> Jwks {
    Jwks::parse(key_set(keys).as_bytes()).unwrap()
}

/// A key without `alg`, as many providers publish it.
fn without(name: &str, mut jwk: Value) -> Value {
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

fn with(name: &str, value: Value, mut jwk: Value) -> Value {
    jwk[name] = value;
    jwk
}

/// The claims of a token, by a set and an allow-list.
fn check(token: &str, keys: &Jwks, allowed: &[SignatureAlgorithm]) -> Result<Value, JoseError> {
    let token = Jws::parse(token)?;
    let verified = keys.verify(&token, allowed)?;
    drop(token);
    Ok(Value::Object(verified.into_claims()))
}

fn claims() -> Value {
    json!({"sub": "a"})
}

fn rs256(key: &VerificationKey, token: &str) -> Result<VerifiedJws, JoseError> {
    Jws::parse(token)?.verify(key, &[SignatureAlgorithm::Rs256])
}

/// JWT-14.
#[test]
fn a_token_that_demands_an_extension_is_refused() {
    for (name, value) in [
        ("crit", json!(["b64"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", Value::Null),
        ("b64", json!(false)),
        ("b64", json!(true)),
    ] {
        let token = RSA.forge(&with(name, value.clone(), RSA.header()), &claims());
        let refused = check(&token, &set(&[RSA.jwk()]), &all());
        assert_eq!(refused, Err(JoseError::Critical), "{name} {value}");
    }
}

#[test]
fn what_is_verified_says_how_it_was_signed_and_its_digest_leaves_the_signature_out() {
    let keys = set(&[with("issuer", "https://a.example".into(), P256.jwk())]);
    let verify = |token: &str| keys.verify(&Jws::parse(token).unwrap(), &all()).unwrap();
    // ECDSA signs differently each time.
    let (one, two) = (P256.token(&claims()), P256.token(&claims()));
    assert_ne!(one, two);
    let (one, two) = (verify(&one), verify(&two));
    assert_eq!(one.digest(), two.digest());
    assert_eq!(one.algorithm(), SignatureAlgorithm::Es256);
    assert_eq!(one.typ(), Some("JWT"));
    assert_eq!(one.key_issuer(), Some("https://a.example"));
    assert_eq!(Value::Object(one.claims().clone()), claims());
    let other = verify(&P256.token(&json!({"sub": "b"})));
    assert_ne!(one.digest(), other.digest());
    let signed = P256.token(&claims());
    let (message, _) = signed.rsplit_once('.').unwrap();
    assert_eq!(one.digest(), crate::crypto::one_use::digest(message));
}

#[test]
fn claims_can_be_looked_at_before_anybody_vouches_for_them() {
    let token = RSA.token(&claims());
    let token = Jws::parse(&token).unwrap();
    assert_eq!(Value::Object(token.unverified_claims().clone()), claims());
    assert_eq!(token.kid(), Some("rsa"));
    let all = all();
    assert_eq!(token.algorithm(&all), Ok(SignatureAlgorithm::Rs256));
    assert_eq!(token.algorithm(&all[1..]), Err(JoseError::WrongAlgorithm));
}

#[test]
fn debug_shows_neither_tokens_nor_keys() {
    let text = RSA.token(&json!({"sub": "somebody"}));
    let token = Jws::parse(&text).unwrap();
    let secret = SecretString::from("s3cret");
    let key = VerificationKey::secret(SignatureAlgorithm::Hs256, &secret).unwrap();
    let verified = set(&[RSA.jwk()]).verify(&token, &all()).unwrap();
    assert_eq!(format!("{token:?}"), "Jws { .. }");
    assert_eq!(format!("{verified:?}"), "VerifiedJws { .. }");
    assert_eq!(format!("{key:?}"), "VerificationKey { kid: None, .. }");
}
