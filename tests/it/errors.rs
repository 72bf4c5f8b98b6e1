//! Every error that the code can tell is told over HTTP, and only those.

mod client;
mod provider;
mod waiting;

use std::collections::BTreeSet;

use crate::id_tokens;
use crate::support::server::{Reply, Store, on_both};

on_both!(every_code_is_reached_and_none_is_undeclared);

/// Status and code, as they stand in the code and as they were met.
type Codes = BTreeSet<(u16, String)>;

/// Notes an error that was met, and holds what is true of all of them.
fn meet(met: &mut Codes, reply: &Reply) {
    let body = reply.json();
    assert!(reply.status >= 400, "{}", reply.text);
    assert_eq!(
        body["request_id"],
        reply.headers["x-request-id"].to_str().unwrap()
    );
    let known = ["errors", "code", "recovery", "request_id"];
    // A sign-up that waits for its mail is told as by 202.
    let waiting = [
        "partial_token",
        "backend",
        "step",
        "expires_in",
        "required",
        "resume",
    ];
    let of_mail = ["email", "email_confirmed"];
    let is_waiting = body["step"] == "mail_validation";
    for key in body.as_object().unwrap().keys() {
        let key = key.as_str();
        let told = is_waiting && (waiting.contains(&key) || of_mail.contains(&key));
        assert!(told || known.contains(&key), "{}", reply.text);
    }
    assert_eq!(reply.headers["cache-control"], "no-store");
    let challenged = reply.headers.contains_key("www-authenticate");
    assert_eq!(challenged, reply.code() == "invalid_token");
    let waits = reply.headers.contains_key("retry-after");
    assert_eq!(waits, matches!(reply.status, 429 | 503), "{}", reply.text);
    met.insert((reply.status, reply.code()));
}

/// The `kind(status, "code", …)` of the one place where errors are told.
fn declared() -> Codes {
    let sources = [
        include_str!("../../src/api/error.rs"),
        include_str!("../../src/api/provider_error.rs"),
    ];
    let kinds = sources.iter().flat_map(|source| source.split("kind("));
    let codes: Codes = kinds.filter_map(status_and_code).collect();
    assert!(codes.len() > 20, "the source is read as it is written");
    codes
}

fn status_and_code(arguments: &str) -> Option<(u16, String)> {
    let (status, rest) = arguments.split_once(',')?;
    let code = rest.trim_start().strip_prefix('"')?.split('"').next()?;
    Some((status.trim().parse().ok()?, code.to_owned()))
}

#[test]
fn codes_are_found_however_they_are_wrapped() {
    let source = "kind(404, \"a\", \"A\"); kind(\n  400,\n  \"b\",\n  \"B\"); fn kind(&self) {}";
    let found: Codes = source.split("kind(").filter_map(status_and_code).collect();
    assert_eq!(
        found,
        Codes::from([(404, "a".to_owned()), (400, "b".to_owned())])
    );
}

async fn every_code_is_reached_and_none_is_undeclared(store: Store) {
    let mut met = Codes::new();
    client::all(&store, &mut met).await;
    provider::all(&store, &mut met).await;
    waiting::all(&store, &mut met).await;
    for reply in id_tokens::each_refusal(&store).await {
        meet(&mut met, &reply);
    }
    // A fault of a field is told by the field, without a code of its own.
    let declared = declared();
    assert_eq!(met.difference(&declared).count(), 0, "{met:?}");
    assert_eq!(
        declared.difference(&met).collect::<Vec<_>>(),
        Vec::<&(u16, String)>::new()
    );
}
