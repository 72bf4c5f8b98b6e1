//! An assertion is taken if, and only if, everything that must be signed is
//! named as signed and is what it must be; its signature is made over what is
//! named, and a direct answer is read in one way. Each of these is said here a
//! second time.
//!
//! An input is the query that a person comes back with, and a direct answer.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use ring::hmac;
use serde_json::{Map, Value};
use sociable::backends::fuzzing::{Party, ReadKeyValues, Taken, is_signed_with};

#[path = "../openid_judgement.rs"]
mod judgement;

use judgement::Judgement;

/// The other endpoint, and what its identifiers are below.
const OTHER: (&str, &str) = ("https://id.example/op", "https://id.example/people/");
/// The first endpoint, and how its identifiers are written.
const FIRST: (&str, &str) = (
    judgement::FIRST,
    r"https://steamcommunity\.com/openid/id/[0-9]{17}",
);
const SECRET: [u8; 32] = [7; 32];

static PARTY: LazyLock<Party> = LazyLock::new(|| {
    let ours = judgement::OURS.map(str::to_owned).to_vec();
    Party::new(FIRST, OTHER, ours).unwrap()
});

fuzz_target!(|data: &[u8]| {
    answer(data);
    let Some(pairs) = std::str::from_utf8(data).ok().and_then(judgement::decoded) else {
        return;
    };
    let mut parameters = BTreeMap::new();
    for (name, value) in pairs {
        parameters.insert(name, value);
    }
    assertion(&parameters);
    signature(parameters);
});

/// Key-value form, by bytes and lines.
fn answer(body: &[u8]) {
    let mut expected: Option<BTreeMap<&[u8], &[u8]>> = Some(BTreeMap::new());
    let ended = body.last() == Some(&b'\n') && std::str::from_utf8(body).is_ok();
    let lines = body.strip_suffix(b"\n").unwrap_or_default();
    for line in lines.split(|byte| *byte == b'\n') {
        let colon = line.iter().position(|byte| *byte == b':');
        expected = match (expected, colon) {
            (Some(mut read), Some(at)) if !line.contains(&b'\r') => {
                let twice = read.insert(&line[..at], &line[at + 1..]).is_some();
                (!twice).then_some(read)
            }
            _ => None,
        };
    }
    let ns = |read: &BTreeMap<&[u8], &[u8]>| {
        read.get(b"ns".as_slice()) == Some(&judgement::NS.as_bytes())
    };
    let expected = expected.filter(|read| ended && ns(read));
    let ours = ReadKeyValues::read(body);
    assert_eq!(ours.is_some(), expected.is_some());
    let (Some(ours), Some(expected)) = (ours, expected) else {
        return;
    };
    for (name, value) in &expected {
        let name = std::str::from_utf8(name).unwrap();
        assert_eq!(ours.get(name).map(str::as_bytes), Some(*value));
    }
    for name in [
        "is_valid",
        "invalidate_handle",
        "assoc_handle",
        "mac_key",
        "",
    ] {
        assert_eq!(
            ours.get(name).is_some(),
            expected.contains_key(name.as_bytes())
        );
    }
}

fn assertion(parameters: &BTreeMap<String, String>) {
    let now = DateTime::from_timestamp(judgement::NOW, 0).unwrap();
    let taken = PARTY.judge(&object(parameters), now).ok();
    let judgement = Judgement { parameters };
    // The other's identifiers are compared as URLs: what we take is told here, not all of it.
    let ours = judgement.own("op_endpoint") == Some(OTHER.0);
    match &taken {
        Some(taken) => {
            let good = judgement.is_good(if ours { OTHER } else { (FIRST.0, "") });
            assert!(good, "{parameters:?} is taken");
            check(taken, &judgement);
        }
        None if !ours => {
            assert!(
                !judgement.is_good((FIRST.0, "")),
                "{parameters:?} is not taken"
            );
        }
        None => {}
    }
}

/// What is made of it: nothing that is not in it, and signed.
fn check(taken: &Taken, judgement: &Judgement<'_>) {
    let own = |name: &str| judgement.own(name).unwrap();
    assert_eq!(taken.endpoint, own("op_endpoint"));
    assert_eq!(taken.identity, own("claimed_id"));
    assert_eq!(taken.nonce.server_url, taken.endpoint);
    assert_eq!(taken.nonce.salt, own("response_nonce")[20..]);
    assert_eq!(
        judgement::seconds(own("response_nonce")),
        Some(taken.nonce.timestamp)
    );
    for value in taken.said.values() {
        let value = value.as_str().unwrap();
        let signed = judgement.signed();
        let bears = |name: &&str| judgement.own(name) == Some(value) && name.contains('.');
        assert!(
            signed.iter().any(bears),
            "{value:?} is said, and not signed"
        );
    }
    let mut question = BTreeMap::new();
    for (name, value) in &taken.question {
        assert!(question.insert(name.clone(), value.clone()).is_none());
    }
    let mode = question.insert("openid.mode".to_owned(), "id_res".to_owned());
    assert_eq!(mode.as_deref(), Some("check_authentication"));
    let mut asked = judgement.parameters.clone();
    asked.retain(|name, _| name.starts_with("openid."));
    assert_eq!(question, asked);
}

/// The signature is that of the fields that are named, and of nothing else.
fn signature(mut parameters: BTreeMap<String, String>) {
    let text = Judgement {
        parameters: &parameters,
    }
    .signed_text();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    // A text that cannot be written is held against one that nobody signs.
    let tag = hmac::sign(&key, text.as_deref().unwrap_or("?").as_bytes());
    let names_itself = text.is_some()
        && Judgement {
            parameters: &parameters,
        }
        .signed()
        .contains(&"sig");
    parameters.insert("openid.sig".to_owned(), STANDARD.encode(tag));
    if names_itself {
        return;
    }
    assert_eq!(
        is_signed_with(&object(&parameters), &SECRET),
        text.is_some(),
        "{text:?}"
    );
    assert!(!is_signed_with(&object(&parameters), &[8; 32]));
    let mut other = tag.as_ref().to_vec();
    other[31] ^= 1;
    parameters.insert("openid.sig".to_owned(), STANDARD.encode(other));
    assert!(!is_signed_with(&object(&parameters), &SECRET));
}

fn object(parameters: &BTreeMap<String, String>) -> Map<String, Value> {
    let pairs = parameters.iter();
    pairs
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect()
}
