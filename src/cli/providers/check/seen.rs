//! Requests as fixtures write them, and where they are other ones.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::findings::{Finding, differences};
use super::fixture::{Case, Purpose, Request};
use crate::http;

/// Stands for a header that holds a signature.
const SIGNED: &str = "<signed>";
/// What the client says of its body by itself.
const KINDS: [&str; 2] = ["application/json", "application/x-www-form-urlencoded"];

/// Where the requests are not those of the case: each once, none beside, and
/// those for the profile in their order.
pub(super) fn compare(case: &Case, seen: &[http::Request]) -> Vec<Finding> {
    let seen: Vec<Request> = seen.iter().map(written).collect();
    let mut left: Vec<&Request> = seen.iter().collect();
    let mut missing = Vec::new();
    let mut findings = Vec::new();
    for exchange in &case.exchanges {
        let expected = &exchange.request;
        match left.iter().position(|asked| same(expected, asked)) {
            Some(at) => drop(left.remove(at)),
            None if exchange.purpose == Purpose::Discovery && !is_near(expected, &left) => {}
            None => missing.push(expected),
        }
    }
    for expected in missing {
        let near = left.iter().position(|asked| line(asked) == line(expected));
        match near.map(|at| left.remove(at)) {
            Some(asked) => differences(
                &line(expected),
                &parts(expected),
                &parts(&like(expected, asked)),
                &mut findings,
            ),
            None => findings.push(Finding::new(line(expected), "to be asked", "it was not")),
        }
    }
    for asked in left {
        // Written out as a fixture would hold it, to be taken over.
        let written = parts(&without_kind(asked)).to_string();
        findings.push(Finding::new(line(asked), "not to be asked", written));
    }
    if findings.is_empty() {
        findings.extend(order(case, &seen));
    }
    findings
}

fn is_near(expected: &Request, left: &[&Request]) -> bool {
    left.iter().any(|asked| line(asked) == line(expected))
}

/// The requests for the profile came in another order.
fn order(case: &Case, seen: &[Request]) -> Option<Finding> {
    let profile = || {
        let exchanges = case.exchanges.iter();
        exchanges
            .filter(|exchange| exchange.purpose == Purpose::Profile)
            .map(|exchange| &exchange.request)
    };
    let expected: Vec<String> = profile().map(line).collect();
    let asked: Vec<String> = seen
        .iter()
        .filter(|asked| profile().any(|expected| same(expected, asked)))
        .map(line)
        .collect();
    let bound_too = asked.len() > expected.len();
    (asked != expected && !bound_too)
        .then(|| Finding::new("requests", expected.join(", "), asked.join(", ")))
}

fn same(expected: &Request, asked: &Request) -> bool {
    line(expected) == line(asked) && parts(expected) == parts(&like(expected, asked))
}

fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.url)
}

fn parts(request: &Request) -> Value {
    let mut parts = json!({"query": request.query, "headers": request.headers});
    if let (Some(json), Some(parts)) = (&request.json, parts.as_object_mut()) {
        parts.insert("json".to_owned(), json.clone());
    }
    if let (Some(form), Some(parts)) = (&request.form, parts.as_object_mut()) {
        parts.insert("form".to_owned(), json!(form));
    }
    parts
}

/// A request, the kind of its body left out where the fixture does not speak
/// of it.
fn like(expected: &Request, asked: &Request) -> Request {
    if expected.headers.contains_key("content-type") {
        return asked.clone();
    }
    without_kind(asked)
}

fn without_kind(asked: &Request) -> Request {
    let mut asked = asked.clone();
    let kind = asked.headers.get("content-type");
    if kind.is_some_and(|kind| KINDS.contains(&kind.as_str())) {
        asked.headers.remove("content-type");
    }
    asked
}

/// A request as a fixture would write it.
fn written(request: &http::Request) -> Request {
    let mut url = request.url.clone();
    let query = together(
        url.query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned())),
    );
    url.set_query(None);
    let mut headers = together(request.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    }));
    if headers
        .get("accept")
        .is_some_and(|kind| kind == "application/json")
    {
        headers.remove("accept");
    }
    if let Some(authorization) = headers.get_mut("authorization")
        && authorization.starts_with("OAuth ")
        && authorization.contains("oauth_signature=")
    {
        SIGNED.clone_into(authorization);
    }
    let (mut json, mut form) = (None, None);
    let kind = match &request.body {
        http::Body::Empty => None,
        http::Body::Json(value) => {
            json = Some(value.clone());
            Some("application/json")
        }
        http::Body::Written(text) => {
            json = serde_json::from_slice(text).ok();
            Some("application/json")
        }
        http::Body::Form(fields) => {
            form = Some(together(fields.iter().cloned()));
            Some("application/x-www-form-urlencoded")
        }
    };
    if let Some(kind) = kind {
        let header = headers.entry("content-type".to_owned());
        header.or_insert_with(|| kind.to_owned());
    }
    Request {
        method: request.method.to_string(),
        url: url.to_string(),
        query,
        headers,
        json,
        form,
    }
}

/// Names and values; those of a name that comes twice side by side.
fn together(pairs: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let mut together: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in pairs {
        together
            .entry(name)
            .and_modify(|earlier| *earlier = format!("{earlier} and {value}"))
            .or_insert(value);
    }
    together
}
