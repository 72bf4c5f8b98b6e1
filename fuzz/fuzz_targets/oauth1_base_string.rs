//! What a request is signed with is what RFC 5849 makes of the same request,
//! written here a second time from the standard, byte by byte.
//!
//! An input is lines: method, URL, form (encoded), key, its secret, token, its
//! secret, what stands beside the token (`c` or `v` and the value).
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use ring::hmac;
use sociable::backends::fuzzing::OAuth1Request;
use sociable::http::{Method, Url};
use sociable::model::{Ids, NoRandomness};
use uuid::Uuid;

type Pairs = Vec<(String, String)>;

/// Gives the same nonce every time.
struct Fixed;

impl Ids for Fixed {
    fn new_id(&self) -> Uuid {
        Uuid::nil()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.fill(7);
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let _ = std::str::from_utf8(data).ok().and_then(hold);
});

/// Holds one request; `None` where the input is none.
fn hold(input: &str) -> Option<()> {
    let mut lines = input.split('\n');
    let method = lines.next()?;
    // A definition names no others than these.
    let known = [Method::GET, Method::POST];
    let method = known.into_iter().find(|known| known.as_str() == method)?;
    let url = Url::parse(lines.next()?).ok()?;
    // Neither is ever asked: the client refuses whoever stands before `@`.
    if !matches!(url.scheme(), "http" | "https")
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return None;
    }
    let form = decoded(lines.next()?)?;
    let consumer = (lines.next()?, lines.next()?);
    let token = (lines.next()?, lines.next()?);
    let beside = lines.next().unwrap_or_default();
    let request = OAuth1Request {
        method,
        url,
        form,
        consumer,
        token: (!token.0.is_empty()).then_some(token),
        callback: beside.strip_prefix('c'),
        verifier: beside.strip_prefix('v'),
    };
    let query = request.url.query().unwrap_or_default().to_owned();
    let mut parameters = decoded(&query)?;
    parameters.extend(request.form.iter().cloned());
    let now = DateTime::from_timestamp(137_131_201, 0)?;
    let header = request.authorization(now, &Fixed).unwrap();
    // A name of the protocol's own must not stand twice (§3.1).
    let own = protocol(&header);
    let twice = |(name, _): &(String, String)| own.iter().any(|(own, _)| own == name);
    if parameters.iter().any(twice) {
        return None;
    }
    check_protocol(&own, &request);
    let signature = &own.last().unwrap().1;
    parameters.extend(own.iter().take(own.len() - 1).cloned());
    let base = base_string(request.method.as_str(), request.url.as_str(), parameters);
    let token_secret = request.token.map_or("", |(_, secret)| secret);
    let key = format!("{}&{}", encoded(request.consumer.1), encoded(token_secret));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let expected = STANDARD.encode(hmac::sign(&key, base.as_bytes()));
    assert_eq!(*signature, expected, "{base}");
    Some(())
}

/// The header's parameters, the signature last (§3.5.1).
fn protocol(header: &str) -> Pairs {
    let pairs = header.strip_prefix("OAuth ").unwrap().split(',');
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        assert!(!value.contains('"') && !value.contains('+'), "{header}");
        (name.to_owned(), decoded_text(value).unwrap())
    });
    let pairs: Pairs = pairs.collect();
    assert_eq!(pairs.last().unwrap().0, "oauth_signature");
    pairs
}

/// The header says what it was given, and nothing of it twice.
fn check_protocol(own: &Pairs, request: &OAuth1Request<'_>) {
    let of = |name: &str| {
        let mut found = own.iter().filter(|(own, _)| own == name);
        let first = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} stands twice");
        first
    };
    assert_eq!(of("oauth_consumer_key"), Some(request.consumer.0));
    assert_eq!(of("oauth_token"), request.token.map(|(token, _)| token));
    assert_eq!(of("oauth_callback"), request.callback);
    assert_eq!(of("oauth_verifier"), request.verifier);
    assert_eq!(of("oauth_signature_method"), Some("HMAC-SHA1"));
    assert_eq!(of("oauth_timestamp"), Some("137131201"));
    assert_eq!(of("oauth_nonce"), Some("07".repeat(16).as_str()));
    assert_eq!(
        own.iter()
            .filter(|(name, _)| !name.starts_with("oauth_"))
            .count(),
        0
    );
}

/// §3.4.1: method, address without its query, and all parameters in order.
fn base_string(method: &str, url: &str, parameters: Pairs) -> String {
    let address = url.split(['?', '#']).next().unwrap();
    let mut pairs: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let parts = [method, address, &pairs.join("&")];
    parts.map(encoded).join("&")
}

/// §3.6.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The pairs of a query or a form; `None` where one is no text.
fn decoded(form: &str) -> Option<Pairs> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let text = |text: &str| decoded_text(&text.replace('+', " "));
        Some((text(name)?, text(value)?))
    });
    pairs.collect()
}

/// A text with its percent signs read.
fn decoded_text(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    let digit = |at: usize| {
        bytes
            .get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
    };
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).ok()?);
                at += 3;
            }
            (byte, _, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}
