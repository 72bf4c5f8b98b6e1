//! Whatever is read as a token is read as it stands, in the one way there is,
//! and nothing passes that its key did not sign.
//!
//! An input is a byte and a token: the byte says whether the token stands there
//! as text or as its three parts in lines, and whether it is signed here.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use ring::hmac;
use secrecy::SecretString;
use serde_json::{Map, Value};
use sociable::crypto::jose::{Jwks, Jws, MAX_TOKEN_LENGTH, SignatureAlgorithm, VerificationKey};

#[path = "../plain_json.rs"]
mod plain_json;

use plain_json::{is_marked, object};

/// Two tokens that were signed once; their keys signed nothing else.
const KNOWN: &str = include_str!("../known_tokens.txt");
static KEYS: LazyLock<Jwks> =
    LazyLock::new(|| Jwks::parse(include_bytes!("../known_keys.json")).unwrap());
/// A secret of the target's own, which signs whatever comes.
const SECRET: &str = "nothing else is signed with this";
static SECRET_KEY: LazyLock<VerificationKey> = LazyLock::new(|| {
    let secret = SecretString::from(SECRET);
    VerificationKey::secret(SignatureAlgorithm::Hs256, &secret).unwrap()
});

fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = data.split_first() else {
        return;
    };
    let mut token = if form & 1 == 0 {
        String::from_utf8_lossy(rest).into_owned()
    } else {
        let parts = rest.splitn(3, |byte| *byte == b'\n');
        let parts: Vec<String> = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        parts.join(".")
    };
    if form & 2 != 0 {
        let signed = token
            .rsplit_once('.')
            .map_or(token.as_str(), |(signed, _)| signed);
        token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag(signed)));
    }
    hold(&token);
});

fn hold(token: &str) {
    if token
        .split('.')
        .filter_map(decoded)
        .any(|part| is_marked(&part))
    {
        return;
    }
    let expected = reading(token);
    let read = Jws::parse(token).ok();
    assert_eq!(read.is_some(), expected.is_some(), "{token}");
    let (Some(read), Some(expected)) = (read, expected) else {
        return;
    };
    let header = |name: &str| expected.header.get(name).and_then(Value::as_str);
    assert_eq!(read.kid(), header("kid"));
    assert_eq!(*read.unverified_claims(), expected.claims);

    use SignatureAlgorithm::{Es256, Hs256, Rs256};
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let by_secret = URL_SAFE_NO_PAD.encode(tag(signed)) == signature;
    let verified = read.verify(&SECRET_KEY, &[Hs256, Rs256, Es256]);
    assert_eq!(
        verified.is_ok(),
        by_secret && header("alg") == Some("HS256")
    );
    if let Ok(verified) = verified {
        assert_eq!(*verified.claims(), expected.claims);
        assert_eq!(verified.typ(), header("typ"));
    }
    assert!(read.verify(&SECRET_KEY, &[Rs256, Es256]).is_err());
    if KEYS.verify(&read, &[Rs256, Es256, Hs256]).is_ok() {
        // An ECDSA signature can be written in two ways; what it signs cannot.
        let mut known = KNOWN.lines().map(|known| known.rsplit_once('.').unwrap().0);
        assert!(known.any(|known| known == signed), "nobody signed this");
    }
    if KNOWN.lines().any(|known| known == token) {
        assert!(KEYS.verify(&read, &[Rs256, Es256]).is_ok());
    }
}

fn tag(signed: &str) -> hmac::Tag {
    hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()),
        signed.as_bytes(),
    )
}

struct Reading {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// A token as RFC 7515 and the program's bounds have it; `None` for any other.
fn reading(token: &str) -> Option<Reading> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return None;
    };
    decoded(signature)?;
    let (header, claims) = (object(&decoded(header)?)?, object(&decoded(claims)?)?);
    let is_text = |name: &str| header.get(name).is_none_or(Value::is_string);
    let sound = token.len() <= MAX_TOKEN_LENGTH
        && header.contains_key("alg")
        && ["alg", "kid", "typ"].into_iter().all(is_text)
        && !["crit", "b64"]
            .into_iter()
            .any(|name| header.contains_key(name));
    sound.then_some(Reading { header, claims })
}

/// base64url without padding, with no bit set that is not read.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits).ok()?);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0 && bits < 6).then_some(out)
}
