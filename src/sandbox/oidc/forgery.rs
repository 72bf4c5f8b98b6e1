//! What can be wrong with an id token, by name.
//!
//! | fault | the token |
//! |---|---|
//! | `wrong-iss` `no-iss` | is another issuer's, nobody's |
//! | `wrong-aud` `no-aud` `empty-aud` | is for another app, for none |
//! | `several-aud` `wrong-azp` | is for two apps: no `azp`, the other's |
//! | `expired` `far-exp` `text-exp` `no-exp` | `exp`: an hour ago, in ten years, a text, absent |
//! | `future-iat` `old-iat` `no-iat` | `iat`: in an hour, a day ago, absent |
//! | `future-nbf` | is valid in an hour |
//! | `no-sub` `null-sub` `empty-sub` `number-sub` | names nobody, or in no text |
//! | `wrong-nonce` `no-nonce` | answers another request, or none |
//! | `wrong-at-hash` `no-at-hash` | goes with another access token, or none |
//! | `duplicate-sub` `duplicate-aud` `duplicate-alg` | has the member twice |
//! | `other-key` | is signed by a key that is not in the set, under a `kid` of it |
//! | `unknown-kid` `no-kid` | names a key that is not in the set, or none |
//! | `alg-none` | is not signed and says so |
//! | `hs256-pem` `hs256-der` `hs256-jwk` `hs256-modulus` | HS256 keyed with the public RSA key, in four spellings |
//! | `hs256-secret` | HS256 keyed with the client secret |
//! | `jku` `x5u` `jwk` `crit` `at-jwt` | brings its key, asks for an extension, is an access token |
//! | `wrong-signature` `empty-signature` `no-signature` | is not signed like that |
//! | `zero-signature` `der-signature` `padded` | zeros; DER, in ES256; Base64 with `=` |

use ring::{digest, hmac};
use serde_json::{Map, Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

use super::keys::{Keys, Pair};
use crate::sandbox::{CLIENT_ID, CLIENT_SECRET, now};

/// All faults of the table.
pub(super) const FAULTS: &[&str] = &[
    "wrong-iss",
    "no-iss",
    "wrong-aud",
    "no-aud",
    "empty-aud",
    "several-aud",
    "wrong-azp",
    "expired",
    "far-exp",
    "text-exp",
    "no-exp",
    "future-iat",
    "old-iat",
    "no-iat",
    "future-nbf",
    "no-sub",
    "null-sub",
    "empty-sub",
    "number-sub",
    "wrong-nonce",
    "no-nonce",
    "wrong-at-hash",
    "no-at-hash",
    "duplicate-sub",
    "duplicate-aud",
    "duplicate-alg",
    "other-key",
    "unknown-kid",
    "no-kid",
    "alg-none",
    "hs256-pem",
    "hs256-der",
    "hs256-jwk",
    "hs256-modulus",
    "hs256-secret",
    "jku",
    "x5u",
    "jwk",
    "crit",
    "at-jwt",
    "wrong-signature",
    "empty-signature",
    "no-signature",
    "zero-signature",
    "der-signature",
    "padded",
];

const HOUR: u64 = 3600;
const TEN_YEARS: u64 = 10 * 365 * 24 * HOUR;
/// An issuer, and an app, that the sandbox is not.
const ANOTHER_ISSUER: &str = "https://another-issuer.example";
const ANOTHER_APP: &str = "another-app";

/// Changes the claims as a fault wants it.
pub(super) fn claims(fault: &str, claims: &mut Map<String, Value>) {
    let (claim, value) = match fault {
        "wrong-iss" => ("iss", json!(ANOTHER_ISSUER)),
        "no-iss" => ("iss", Value::Null),
        "wrong-aud" => ("aud", json!(ANOTHER_APP)),
        "no-aud" => ("aud", Value::Null),
        "empty-aud" => ("aud", json!([])),
        "several-aud" => ("aud", json!([CLIENT_ID, ANOTHER_APP])),
        "wrong-azp" => {
            claims.insert("aud".to_owned(), json!([CLIENT_ID, ANOTHER_APP]));
            ("azp", json!(ANOTHER_APP))
        }
        "expired" => ("exp", json!(now().saturating_sub(HOUR))),
        "far-exp" => ("exp", json!(now().saturating_add(TEN_YEARS))),
        "text-exp" => ("exp", json!(now().saturating_add(HOUR).to_string())),
        "no-exp" => ("exp", Value::Null),
        "future-iat" => ("iat", json!(now().saturating_add(HOUR))),
        "old-iat" => ("iat", json!(now().saturating_sub(24 * HOUR))),
        "no-iat" => ("iat", Value::Null),
        "future-nbf" => ("nbf", json!(now().saturating_add(HOUR))),
        "no-sub" => ("sub", Value::Null),
        "null-sub" => {
            claims.insert("sub".to_owned(), Value::Null);
            return;
        }
        "empty-sub" => ("sub", json!("")),
        "number-sub" => ("sub", json!(1001)),
        "wrong-nonce" => ("nonce", json!("another-nonce")),
        "no-nonce" => ("nonce", Value::Null),
        "wrong-at-hash" => ("at_hash", json!(at_hash("RS256", "another-token"))),
        "no-at-hash" => ("at_hash", Value::Null),
        _ => return,
    };
    if value.is_null() {
        claims.remove(claim);
    } else {
        claims.insert(claim.to_owned(), value);
    }
}

/// Changes the header as a fault wants it.
pub(super) fn header(fault: &str, header: &mut Map<String, Value>, pair: &Pair) {
    let (member, value) = match fault {
        "unknown-kid" => ("kid", json!("no-such-key")),
        "no-kid" => {
            header.remove("kid");
            return;
        }
        "alg-none" => ("alg", json!("none")),
        "jku" => ("jku", json!(format!("{ANOTHER_ISSUER}/jwks"))),
        "x5u" => ("x5u", json!(format!("{ANOTHER_ISSUER}/chain.pem"))),
        "jwk" => ("jwk", pair.rsa_jwk()),
        "crit" => ("crit", json!(["urn:example:extension"])),
        "at-jwt" => ("typ", json!("at+jwt")),
        _ if hmac_key(fault, pair).is_some() => ("alg", json!("HS256")),
        _ => return,
    };
    header.insert(member.to_owned(), value);
}

/// The HS256 key of a fault; `None` when it is none of those.
pub(super) fn hmac_key(fault: &str, pair: &Pair) -> Option<Vec<u8>> {
    Some(match fault {
        "hs256-pem" => pem(&pair.rsa_der()).into_bytes(),
        "hs256-der" => pair.rsa_der(),
        "hs256-jwk" => pair.rsa_jwk().to_string().into_bytes(),
        "hs256-modulus" => pair.modulus_and_exponent().0,
        "hs256-secret" => CLIENT_SECRET.as_bytes().to_vec(),
        _ => return None,
    })
}

/// The text of an object, with a member twice if a fault wants it.
///
/// The last one is right: what keeps the last one only sees nothing wrong.
pub(super) fn text(members: &Map<String, Value>, faults: &[&str]) -> String {
    let text = Value::Object(members.clone()).to_string();
    let twice = |(fault, first): (&str, &str)| {
        let member = fault.strip_prefix("duplicate-")?;
        (faults.contains(&fault) && members.contains_key(member))
            .then(|| format!("{{\"{member}\":\"{first}\","))
    };
    let firsts = [
        ("duplicate-sub", "1002"),
        ("duplicate-aud", ANOTHER_APP),
        ("duplicate-alg", "none"),
    ];
    firsts
        .into_iter()
        .filter_map(twice)
        .fold(text, |text, first| text.replacen('{', &first, 1))
}

/// The signed text with its signature, as a fault wants it.
pub(super) fn compact(input: &str, signature: &[u8], faults: &[&str]) -> String {
    let mut signature = signature.to_vec();
    for fault in faults {
        match *fault {
            "wrong-signature" => signature.iter_mut().take(8).for_each(|byte| *byte ^= 0x55),
            "empty-signature" => signature.clear(),
            "zero-signature" => signature.fill(0),
            "no-signature" => return input.to_owned(),
            "padded" => return format!("{input}.{}", URL_SAFE.encode(signature)),
            _ => {}
        }
    }
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// HMAC-SHA256.
pub(super) fn hs256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, message).as_ref().to_vec()
}

/// The signature by `alg` of a key pair, or what a fault puts in its place.
///
/// `None` when that `alg` is unknown.
pub(super) fn sign(
    (keys, pair): (&Keys, &Pair),
    alg: &str,
    input: &str,
    faults: &[&str],
) -> Option<Vec<u8>> {
    let message = input.as_bytes();
    if faults.contains(&"alg-none") || alg == "none" {
        return Some(Vec::new());
    }
    if let Some(key) = faults.iter().find_map(|fault| hmac_key(fault, pair)) {
        return Some(hs256(&key, message));
    }
    match alg {
        "HS256" => Some(hs256(CLIENT_SECRET.as_bytes(), message)),
        "ES256" if faults.contains(&"der-signature") => keys.sign_der(pair, message),
        alg => keys.sign(pair, alg, message),
    }
}

/// The left half of the digest of the access token, by the token's `alg`.
pub(super) fn at_hash(alg: &str, access_token: &str) -> String {
    let algorithm = match alg.get(2..) {
        Some("384") => &digest::SHA384,
        Some("512") => &digest::SHA512,
        _ => &digest::SHA256,
    };
    let digest = digest::digest(algorithm, access_token.as_bytes());
    let (left, _) = digest.as_ref().split_at(algorithm.output_len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (at, character) in STANDARD.encode(der).chars().enumerate() {
        if at > 0 && at.is_multiple_of(64) {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END PUBLIC KEY-----\n");
    text
}
