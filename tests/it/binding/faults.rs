//! How a provider fails, and what a client is told of it.

use std::collections::HashSet;

use serde_json::json;

use crate::providers::fixture::Purpose;
use crate::support::internet::Answer;

/// Where redirects lead: nothing may follow them.
pub(super) const ELSEWHERE: &str = "elsewhere.test";

/// More than is read of an answer.
const TWO_MEBIBYTES: usize = 2 * 1024 * 1024;

/// A fault and the status and code that it becomes.
pub(super) struct Fault {
    pub(super) name: String,
    pub(super) answer: Answer,
    pub(super) status: u16,
    pub(super) code: &'static str,
}

fn fault(name: impl Into<String>, answer: Answer, (status, code): (u16, &'static str)) -> Fault {
    Fault {
        name: name.into(),
        answer,
        status,
        code,
    }
}

const REJECTED: (u16, &str) = (401, "credential_rejected");
const UNAVAILABLE: (u16, &str) = (503, "unavailable");
const LIMITED: (u16, &str) = (503, "rate_limited");
const MALFORMED: (u16, &str) = (502, "malformed_response");
const LOST: (u16, &str) = (502, "connection_failed");
const NO_SENSE: (u16, &str) = (502, "http_error");

/// Every fault of a call but those that take time.
pub(super) fn all(purpose: Purpose, shows_our_secret: bool) -> Vec<Fault> {
    let mut faults = refusals(purpose, shows_our_secret);
    faults.extend(outages());
    faults.extend(redirects());
    faults.extend(bodies());
    faults.extend(torrents());
    let error = json!({"error": "invalid_token", "error_description": "it is not good"});
    let meaning = match purpose {
        Purpose::Binding => REJECTED,
        _ => (502, "missing_claim"),
    };
    faults.push(fault(
        "an error with status 200",
        Answer::json(200, &error),
        meaning,
    ));
    faults
}

/// One fault of each kind, for every provider there is.
pub(super) fn common(purpose: Purpose, shows_our_secret: bool) -> Vec<Fault> {
    let wanted = [
        "status 401",
        "status 404",
        "a limit",
        "status 500",
        "status 302",
        "HTML",
        "null",
        "two mebibytes",
    ];
    let mut names = HashSet::new();
    let mut faults = all(purpose, shows_our_secret);
    faults
        .retain(|fault| wanted.contains(&fault.name.as_str()) && names.insert(fault.name.clone()));
    assert_eq!(faults.len(), wanted.len());
    faults
}

/// GARB-2: the provider says no, to the token or to us.
fn refusals(purpose: Purpose, shows_our_secret: bool) -> Vec<Fault> {
    let meaning = |status: u16| match (status, purpose) {
        (401, Purpose::Binding) if shows_our_secret => UNAVAILABLE,
        (404 | 422, purpose) if purpose != Purpose::Binding => NO_SENSE,
        _ => REJECTED,
    };
    let body = json!({"message": "Bad credentials", "error": {"code": 190}});
    [400, 401, 403, 404, 422]
        .into_iter()
        .flat_map(|status| {
            let name = format!("status {status}");
            [
                fault(&name, Answer::json(status, &body), meaning(status)),
                fault(&name, Answer::html(status), meaning(status)),
            ]
        })
        .collect()
}

/// SUB-4, GARB-2: it is not about the token.
fn outages() -> Vec<Fault> {
    let mut faults: Vec<Fault> = [500, 502, 503, 504, 599]
        .map(|status| {
            fault(
                format!("status {status}"),
                Answer::html(status),
                UNAVAILABLE,
            )
        })
        .into();
    let limits = [
        Answer::text(429, "slowly"),
        Answer::text(429, "slowly").header("Retry-After", "7"),
        Answer::text(403, "slowly").header("Retry-After", "7"),
        Answer::text(403, "slowly").header("X-RateLimit-Remaining", "0"),
    ];
    faults.extend(limits.map(|answer| fault("a limit", answer, LIMITED)));
    faults.push(fault("status 418", Answer::html(418), NO_SENSE));
    faults.push(fault("a closed connection", Answer::close(), LOST));
    faults
}

/// RED-1.
fn redirects() -> Vec<Fault> {
    let location = format!("https://{ELSEWHERE}/here");
    [301, 302, 303, 307, 308]
        .map(|status| {
            let answer = Answer::text(status, "over there").header("Location", &location);
            fault(format!("status {status}"), answer, NO_SENSE)
        })
        .into()
}

/// GARB-1.
fn bodies() -> Vec<Fault> {
    let json = |body: &[u8]| Answer::new(200, "application/json", body);
    let not_gzip = json(b"{}").header("Content-Encoding", "gzip");
    let good = br#"{"id": "1", "sub": "1", "aud": "a-key"}"#;
    [
        ("HTML", Answer::html(200)),
        ("nothing", json(b"")),
        ("status 204", json_with(204, b"")),
        ("null", json(b"null")),
        ("a list", json(b"[]")),
        ("a text", json(b"\"a-key\"")),
        ("a number", json(b"7")),
        ("broken UTF-8", json(b"{\"id\": \"\xff\"}")),
        ("a BOM", json(&[b"\xef\xbb\xbf", good.as_slice()].concat())),
        ("UTF-16", json(b"\xff\xfe{\0}\0")),
        ("two values", json(b"{} {}")),
        ("half a value", json(b"{\"id\": ")),
        ("JSONP", json(b"callback({\"id\": \"1\"});")),
        (
            "a form",
            Answer::form(200, &[("id", "1"), ("aud", "a-key")]),
        ),
        ("no gzip", not_gzip),
        ("no HTTP", Answer::garbage()),
        (
            "half an answer",
            Answer::json(200, &json!({"id": "1"})).truncated(),
        ),
    ]
    .map(|(name, answer)| fault(name, answer, MALFORMED))
    .into_iter()
    .chain([fault("a closed connection", Answer::close(), LOST)])
    .collect()
}

/// BOM-1.
fn torrents() -> Vec<Fault> {
    let mut headers = Answer::json(200, &json!({}));
    for n in 0..10_000 {
        headers = headers.header(&format!("X-{n}"), "x");
    }
    [
        ("two mebibytes", Answer::huge(TWO_MEBIBYTES)),
        ("two mebibytes, packed", Answer::huge(TWO_MEBIBYTES).gzip()),
        ("an answer without end", Answer::endless()),
        ("an error without end", endless_error()),
        ("too many headers", headers),
        (
            "nested too deep",
            Answer::new(200, "application/json", "[".repeat(100_000)),
        ),
    ]
    .map(|(name, answer)| fault(name, answer, MALFORMED))
    .into()
}

fn endless_error() -> Answer {
    let mut answer = Answer::endless();
    answer.status = 500;
    answer
}

fn json_with(status: u16, body: &[u8]) -> Answer {
    Answer::new(status, "application/json", body)
}
