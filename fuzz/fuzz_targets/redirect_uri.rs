//! Nobody is sent anywhere but to an address of the list, and every address of
//! the list is one that a list may hold; both are said here a second time.
//!
//! An input is lines: the address, then the list.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sociable::backends::fuzzing::RedirectList;

/// As an operator may write it; lines of an input come beside it.
const LIST: [&str; 6] = [
    "https://app.example/callback",
    "https://app.example:8443/cb?tenant=1",
    "http://127.0.0.1/cb",
    "http://[::1]",
    "http://localhost:3000/cb",
    "com.example.app:/oauth2redirect",
];
const ACTING: [&str; 8] = [
    "javascript:",
    "data:",
    "vbscript:",
    "blob:",
    "file:",
    "about:",
    "view-source:",
    "filesystem:",
];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.split('\n');
    let given = lines.next().unwrap_or_default();
    let own: Vec<&str> = lines.collect();
    hold(given, &LIST);
    hold(given, &own);
});

fn hold(given: &str, entries: &[&str]) {
    let owned = entries.iter().map(|entry| (*entry).to_owned()).collect();
    let Some(list) = RedirectList::new(owned) else {
        return;
    };
    for entry in entries {
        assert!(may_be_listed(entry), "{entry:?} is listed");
    }
    let expected = entries.iter().any(|entry| is_of(entry, given));
    assert_eq!(list.allows(given), expected, "{given:?} of {entries:?}");
}

/// The entry itself; of a bare loopback address, that at any port as well.
fn is_of(entry: &str, given: &str) -> bool {
    let at_port = |origin: &str| {
        let rest = entry.strip_prefix(origin)?;
        if !matches!(rest.bytes().next(), None | Some(b'/' | b'?')) {
            return None;
        }
        let after = given.strip_prefix(origin)?.strip_prefix(':')?;
        let digits = after.bytes().take_while(u8::is_ascii_digit).take(6).count();
        let port: u32 = after[..digits].parse().ok()?;
        let whole = format!("{origin}:{port}{rest}");
        ((1..=65_535).contains(&port) && whole == given).then_some(())
    };
    entry.as_bytes() == given.as_bytes()
        || at_port("http://127.0.0.1").is_some()
        || at_port("http://[::1]").is_some()
}

/// What no list may hold is seen by its text alone.
fn may_be_listed(entry: &str) -> bool {
    if matches!(entry, "" | "postmessage") {
        return true;
    }
    let plain = entry.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if !plain || entry.contains(['*', '\\', '#']) || entry.split('/').any(|part| part == "..") {
        return false;
    }
    let lower = entry.to_ascii_lowercase();
    if ACTING.iter().any(|scheme| lower.starts_with(scheme)) {
        return false;
    }
    let https = entry.strip_prefix("https://");
    let http = entry.strip_prefix("http://");
    match (https, http) {
        (Some(rest), _) => is_plain_host(rest, ":443"),
        (_, Some(rest)) => is_plain_host(rest, ":80") && is_loopback(authority(rest)),
        // An app's own scheme; a web address has one spelling of its own.
        _ => !lower.starts_with("http:") && !lower.starts_with("https:") && is_schemed(entry),
    }
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn is_plain_host(rest: &str, default_port: &str) -> bool {
    let host = authority(rest);
    let spelled = host
        .bytes()
        .all(|byte| !byte.is_ascii_uppercase() && byte != b'@');
    spelled && !host.is_empty() && !host.ends_with(default_port) && !host.ends_with(':')
}

fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let quad = || {
        let parts: Vec<&str> = name.split('.').collect();
        let is_byte = |part: &&str| {
            part.parse::<u8>()
                .is_ok_and(|byte| byte.to_string() == **part)
        };
        parts.len() == 4 && parts[0] == "127" && parts.iter().all(is_byte)
    };
    let of_port = port.bytes().all(|byte| byte.is_ascii_digit());
    of_port && (name == "localhost" || name == "[::1]" || quad())
}

/// A letter, more of them, a colon; no password before a host.
fn is_schemed(entry: &str) -> bool {
    let Some((scheme, rest)) = entry.split_once(':') else {
        return false;
    };
    let user = rest
        .strip_prefix("//")
        .map(authority)
        .and_then(|host| host.rsplit_once('@'));
    let named = user.is_some_and(|(user, _)| !user.is_empty() && user != ":");
    let mut letters = scheme.bytes();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !named
}
