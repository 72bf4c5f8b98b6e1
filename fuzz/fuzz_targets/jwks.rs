//! A key set is read, or refused, as a second reading of the standard has it:
//! no secret stands in it, only keys that are for signatures count, and a token
//! is verified by the one key that it names and that signed it.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value};
use sociable::crypto::jose::{Jwks, Jws, MAX_JWKS_LENGTH, MAX_KEYS, SignatureAlgorithm};

#[path = "../plain_json.rs"]
mod plain_json;

/// Tokens that were signed once: RS256 by `rsa`, ES256 by `ec`.
static KNOWN: LazyLock<Vec<Jws<'static>>> = LazyLock::new(|| {
    let lines = include_str!("../known_tokens.txt").lines();
    lines.map(|token| Jws::parse(token).unwrap()).collect()
});
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const RSA: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

fuzz_target!(|data: &[u8]| {
    if plain_json::is_marked(data) {
        return;
    }
    let expected = reading(data);
    let read = Jwks::parse(data).ok();
    assert_eq!(read.is_some(), expected.is_some());
    let (Some(read), Some(expected)) = (read, expected) else {
        return;
    };
    assert_eq!(read.len(), expected.len());
    assert_eq!(read.is_empty(), expected.is_empty());
    let allowed = [SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256];
    let texts = include_str!("../known_tokens.txt").lines();
    for (token, text) in KNOWN.iter().zip(texts) {
        let rsa = text.starts_with("eyJhbGciOiJSUzI1NiIs");
        let (kty, alg) = if rsa {
            ("RSA", "RS256")
        } else {
            ("EC", "ES256")
        };
        let named = expected.iter().filter(|key| {
            let curve = rsa || member(key, "crv") == Some("P-256");
            let fits = member(key, "kty") == Some(kty) && curve;
            let free = key.get("alg").is_none_or(|named| named == alg);
            fits && free && member(key, "kid") == token.kid()
        });
        let named: Vec<&Map<String, Value>> = named.collect();
        let good = matches!(named.as_slice(), [key] if signed_by(key, rsa, text));
        assert_eq!(read.verify(token, &allowed).is_ok(), good);
        let other = if rsa { allowed[1] } else { allowed[0] };
        assert!(read.verify(token, &[other]).is_err());
    }
});

/// The keys of a set that verify signatures; `None` where no set may be read.
fn reading(json: &[u8]) -> Option<Vec<Map<String, Value>>> {
    if json.len() > MAX_JWKS_LENGTH {
        return None;
    }
    let set = plain_json::object(json)?;
    let all = set.get("keys")?.as_array()?;
    let all: Option<Vec<Map<String, Value>>> =
        all.iter().map(|key| key.as_object().cloned()).collect();
    let mut all = all.filter(|all| all.len() <= MAX_KEYS)?;
    let secret = |key: &Map<String, Value>| PRIVATE.iter().any(|name| key.contains_key(*name));
    if all.iter().any(secret) {
        return None;
    }
    all.retain(is_for_signatures);
    Some(all)
}

/// By its words and by its numbers.
fn is_for_signatures(key: &Map<String, Value>) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let texts = ["kid", "alg", "issuer"];
    let verifies = key.get("key_ops").is_none_or(|operations| {
        let list = operations.as_array();
        list.is_some_and(|list| list.iter().any(|one| one == "verify"))
    });
    if key.get("use").is_some_and(|usage| usage != "sig")
        || !verifies
        || texts
            .iter()
            .any(|name| key.contains_key(*name) && text(name).is_none())
    {
        return false;
    }
    let of = |names: &[&str]| text("alg").is_none_or(|alg| names.contains(&alg));
    let long = |name: &str, length: usize| number(key, name).is_some_and(|n| n.len() == length);
    match (text("kty"), text("crv")) {
        (Some("RSA"), _) => of(&RSA) && is_sound_rsa(key),
        (Some("EC"), Some("P-256")) => of(&["ES256"]) && long("x", 32) && long("y", 32),
        (Some("EC"), Some("P-384")) => of(&["ES384"]) && long("x", 48) && long("y", 48),
        (Some("OKP"), Some("Ed25519")) => of(&["EdDSA"]) && long("x", 32),
        _ => false,
    }
}

/// 2048 to 8192 bit, both numbers odd, an exponent from 3 to 32 bit.
fn is_sound_rsa(key: &Map<String, Value>) -> bool {
    let (Some(n), Some(e)) = (significant(key, "n"), significant(key, "e")) else {
        return false;
    };
    let bits = |number: &[u8]| {
        let first = number.first().map_or(8, |first| first.leading_zeros());
        (number.len() * 8).saturating_sub(usize::try_from(first).unwrap())
    };
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    (2048..=8192).contains(&bits(&n)) && odd(&n) && odd(&e) && (2..=32).contains(&bits(&e))
}

fn signed_by(key: &Map<String, Value>, rsa: bool, token: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    if rsa {
        let (n, e) = (
            significant(key, "n").unwrap(),
            significant(key, "e").unwrap(),
        );
        let public = RsaPublicKeyComponents { n, e };
        let verified = public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature);
        return verified.is_ok();
    }
    let point = [
        vec![4],
        number(key, "x").unwrap(),
        number(key, "y").unwrap(),
    ]
    .concat();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    public.verify(signed.as_bytes(), &signature).is_ok()
}

fn member<'k>(key: &'k Map<String, Value>, name: &str) -> Option<&'k str> {
    key.get(name).and_then(Value::as_str)
}

fn number(key: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(key.get(name)?.as_str()?).ok()
}

/// A number without the zeros that some write before it.
fn significant(key: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    let mut number = number(key, name)?;
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    Some(number.split_off(zeros))
}
