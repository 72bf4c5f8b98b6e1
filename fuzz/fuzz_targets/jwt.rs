//! Whatever is read as a token can be read in one way only, and nothing passes
//! that the key did not sign.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use sociable::crypto::jose::{Jwks, Jws, MAX_TOKEN_LENGTH, SignatureAlgorithm};

/// Two tokens that were signed once; their keys signed nothing else.
const KNOWN: &str = include_str!("../known_tokens.txt");
static KEYS: LazyLock<Jwks> =
    LazyLock::new(|| Jwks::parse(include_bytes!("../known_keys.json")).unwrap());

fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    let token = if form % 2 == 0 {
        String::from_utf8_lossy(rest).into_owned()
    } else {
        let parts = rest.splitn(3, |byte| *byte == b'\n');
        let parts: Vec<String> = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        parts.join(".")
    };
    let Ok(read) = Jws::parse(&token) else {
        return;
    };
    assert!(token.len() <= MAX_TOKEN_LENGTH);
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    for part in &parts {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(bytes), *part, "one text for its bytes");
    }
    for part in &parts[..2] {
        let json = URL_SAFE_NO_PAD.decode(part).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert!(value.is_object());
        let again = serde_json::to_vec(&value).unwrap();
        assert_eq!(members(&json), members(&again), "no name stands twice");
    }
    let allowed = [SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256];
    if KEYS.verify(&read, &allowed).is_ok() {
        // An ECDSA signature can be written in two ways; what it signs cannot.
        let (signed, _) = token.rsplit_once('.').unwrap();
        let known = KNOWN.lines().map(|known| known.rsplit_once('.').unwrap().0);
        assert!(known.into_iter().any(|known| known == signed), "nobody signed this");
    }
});

/// How many members the objects of a JSON text have, by its colons.
fn members(json: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b':' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}
