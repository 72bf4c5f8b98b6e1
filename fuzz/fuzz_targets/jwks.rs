//! A key set that is read holds no secret, and verifies a token only if the
//! token's own key stands in it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sociable::crypto::jose::{Jwks, Jws, MAX_JWKS_LENGTH, MAX_KEYS, SignatureAlgorithm};

/// Two tokens that were signed once, and the keys that they were signed with.
const KNOWN: &str = include_str!("../known_tokens.txt");
static KEYS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../known_keys.json")).unwrap());
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fuzz_target!(|data: &[u8]| {
    let Ok(set) = Jwks::parse(data) else {
        return;
    };
    assert!(data.len() <= MAX_JWKS_LENGTH);
    let value: Value = serde_json::from_slice(data).unwrap();
    let keys = value["keys"].as_array().unwrap();
    assert!(keys.len() <= MAX_KEYS && set.len() <= keys.len());
    let secret = |key: &Value| PRIVATE.iter().any(|name| key.get(name).is_some());
    assert!(!keys.iter().any(secret), "a secret stands in a set that is read");
    let weak = |key: &&Value| key["use"] == "enc" || key["kty"] == "oct";
    let usable = keys.len() - keys.iter().filter(weak).count();
    assert!(set.len() <= usable, "a key that is for something else is taken");

    let allowed = [SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256];
    for (token, key) in KNOWN.lines().zip(KEYS["keys"].as_array().unwrap()) {
        let token = Jws::parse(token).unwrap();
        if set.verify(&token, &allowed).is_ok() {
            let number = if key["kty"] == "RSA" { "n" } else { "x" };
            let same = |one: &&Value| one["kty"] == key["kty"] && ends_alike(&one[number], &key[number]);
            let theirs: Vec<&Value> = keys.iter().filter(same).collect();
            assert!(!theirs.is_empty(), "verified by a key that is not in the set");
            let of_kid = |one: &&Value| one.get("kid").is_some_and(|kid| *kid == key["kid"]);
            assert!(theirs.iter().any(|one| of_kid(&one)), "verified by a key of another name");
        }
    }
});

/// The same number: one may have leading zero bytes, so its text differs.
fn ends_alike(one: &Value, other: &Value) -> bool {
    use base64::Engine as _;
    let read = |value: &Value| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(value.as_str()?).ok()?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(bytes[zeros..].to_vec())
    };
    read(one).is_some() && read(one) == read(other)
}
