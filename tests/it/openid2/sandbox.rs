//! Each fault that the sandbox's OpenID 2.0 provider knows, met by the server.

use serde_json::{Map, Value, json};
use url::Url;

use crate::real_parts::browser::follow;
use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(
    an_assertion_of_the_sandbox_that_is_wrong_signs_nobody_in,
    a_check_that_fails_signs_nobody_in,
    a_check_that_is_never_answered_signs_nobody_in,
    an_association_that_fails_is_done_without,
);

const CALLBACK: &str = "http://127.0.0.1:4711/callback";
/// No fault at all.
const NONE: &str = "none";

/// How an assertion with a fault is answered; 201 where it harms nobody.
const ASSERTIONS: [(&str, u16, &str); 24] = [
    ("other-op-endpoint", 401, "invalid_claim"),
    ("other-return-to", 401, "invalid_claim"),
    ("other-identity", 401, "invalid_claim"),
    ("foreign-claimed-id", 401, "invalid_claim"),
    ("old-nonce", 401, "response_expired"),
    ("future-nonce", 401, "invalid_claim"),
    ("nonce-without-z", 401, "invalid_claim"),
    ("no-nonce", 401, "invalid_claim"),
    ("unsigned-claimed_id", 401, "invalid_claim"),
    ("unsigned-identity", 401, "invalid_claim"),
    ("unsigned-op_endpoint", 401, "invalid_claim"),
    ("unsigned-return_to", 401, "invalid_claim"),
    ("unsigned-response_nonce", 401, "invalid_claim"),
    ("unsigned-assoc_handle", 401, "invalid_claim"),
    ("unsigned-email", 201, ""),
    ("added-email", 401, "invalid_signature"),
    ("wrong-signature", 401, "invalid_signature"),
    ("no-signature", 401, "invalid_claim"),
    ("duplicate-claimed-id", 201, ""),
    ("invalidate-handle", 201, ""),
    ("ns-1.1", 401, "invalid_claim"),
    ("cancel", 400, "authorization_declined"),
    ("setup-needed", 400, "authorization_declined"),
    ("error", 401, "invalid_claim"),
];

/// How a sign-up is answered whose check fails; `timeout` has a test's own.
const CHECKS: [(&str, u16, &str); 17] = [
    ("invalid", 401, "invalid_signature"),
    ("no-newline", 502, "malformed_response"),
    ("no-ns", 502, "malformed_response"),
    ("wrong-ns", 502, "malformed_response"),
    ("invalidate-handle", 201, ""),
    ("redirect", 502, "http_error"),
    ("401", 401, "credential_rejected"),
    ("403", 401, "credential_rejected"),
    ("404", 502, "http_error"),
    ("429", 503, "rate_limited"),
    ("500", 503, "unavailable"),
    ("html", 502, "malformed_response"),
    ("garbage", 502, "malformed_response"),
    ("huge", 502, "malformed_response"),
    ("empty", 502, "malformed_response"),
    ("list", 502, "malformed_response"),
    ("null", 502, "malformed_response"),
];

async fn switch(server: &Server, place: &str, fault: Value) {
    let url = format!("{}/openid/faults", server.playground.sandbox().url());
    let reply = http::post(&url, None, &json!({place: fault})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// The faults that the sandbox knows at a place, as its refusal lists them.
async fn known(server: &Server, place: &str) -> String {
    let url = format!("{}/openid/faults", server.playground.sandbox().url());
    let reply = http::post(&url, None, &json!({place: "no such fault"})).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    reply.json()["error_description"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What a person's callback brings, the last of each name.
async fn callback(server: &Server, person: &str) -> Map<String, Value> {
    let listed = server.get("/providers", None).await.json();
    let mut all = listed.as_array().unwrap().iter();
    let told = all.find(|one| one["name"] == "sandbox-openid").unwrap();
    let mut url = Url::parse(told["openid_urls"][0]["url"].as_str().unwrap()).unwrap();
    // The list has no port: that is the app's own.
    let query: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| match &*name {
            "openid.return_to" => (name.into_owned(), CALLBACK.to_owned()),
            "openid.realm" => (name.into_owned(), "http://127.0.0.1:4711/".to_owned()),
            _ => (name.into_owned(), value.into_owned()),
        })
        .collect();
    url.query_pairs_mut().clear().extend_pairs(query);
    url.query_pairs_mut().append_pair("person", person);
    let back = follow(url.as_str(), CALLBACK).await;
    let pairs = back.query_pairs().into_owned();
    pairs.map(|(name, value)| (name, value.into())).collect()
}

/// Signs up and holds what comes of it; nothing is written by a refusal.
async fn comes_to(server: &Server, fault: &str, expected: (u16, &str)) -> Value {
    let before = server.store.rows();
    let person = if fault == NONE { "bob" } else { "alice" };
    let body = json!({"provider": "sandbox-openid", "openid": callback(server, person).await});
    let reply = server.sign_up(body).await;
    if expected.0 == 201 {
        assert_eq!(reply.status, 201, "{fault}: {}", reply.text);
    } else {
        let expected = (expected.0, expected.1.to_owned());
        assert_eq!(reply.status_and_code(), expected, "{fault}: {}", reply.text);
        assert_eq!(server.store.rows(), before, "{fault}");
    }
    reply.json()
}

async fn an_assertion_of_the_sandbox_that_is_wrong_signs_nobody_in(store: Store) {
    let server = Server::start(store);
    let known = known(&server, "assertion").await;
    for (fault, status, code) in ASSERTIONS {
        assert!(known.contains(fault), "{fault}: {known}");
        switch(&server, "assertion", fault.into()).await;
        let answer = comes_to(&server, fault, (status, code)).await;
        if status == 201 {
            let id = "76561100000002001";
            assert_eq!(answer["social_auth"]["uid"], id, "{fault}");
        }
        if fault.contains("-email") {
            assert_eq!(answer["email"], Value::Null, "{fault}: {answer}");
        }
    }
    let faults = known.split_once("there are ").unwrap().1.split(", ");
    assert_eq!(faults.count(), ASSERTIONS.len(), "{known}");
    switch(&server, "assertion", Value::Null).await;
    let good = comes_to(&server, NONE, (201, "")).await;
    assert_eq!(good["email"], "bob@example.com");
}

async fn a_check_that_fails_signs_nobody_in(store: Store) {
    let server = Server::start(store);
    for (fault, status, code) in CHECKS {
        switch(&server, "check_authentication", fault.into()).await;
        comes_to(&server, fault, (status, code)).await;
    }
    let names = known(&server, "check_authentication").await;
    let names: Vec<&str> = names
        .split_once("there are ")
        .unwrap()
        .1
        .split(", ")
        .collect();
    assert!(
        CHECKS.iter().all(|(fault, ..)| names.contains(fault)),
        "{names:?}"
    );
    assert_eq!(names.len(), CHECKS.len() + 1, "{names:?}");
    switch(&server, "check_authentication", Value::Null).await;
    comes_to(&server, NONE, (201, "")).await;
}

async fn a_check_that_is_never_answered_signs_nobody_in(store: Store) {
    let timeout = [("SOCIAL_AUTH_SANDBOX_OPENID_REQUESTS_TIMEOUT", "1")];
    let server = Server::start_with(store, &timeout, |builder| builder);
    switch(&server, "check_authentication", "timeout".into()).await;
    comes_to(&server, "timeout", (504, "timeout")).await;
}

async fn an_association_that_fails_is_done_without(store: Store) {
    let shared = [("SOCIAL_AUTH_SANDBOX_OPENID_OP_ASSOCIATIONS", "true")];
    for fault in [
        "unsupported-type",
        "unencrypted",
        "sha1",
        "redirect",
        "500",
        "404",
        "html",
        "garbage",
        "empty",
        "huge",
    ] {
        let server = Server::start_with(store.another(), &shared, |builder| builder);
        switch(&server, "associate", fault.into()).await;
        comes_to(&server, fault, (201, "")).await;
        let kept = server.store.count("social_auth_association");
        assert_eq!(kept, 0, "{fault}: no secret is kept that came so");
    }
    let server = Server::start_with(store, &shared, |builder| builder);
    comes_to(&server, NONE, (201, "")).await;
    assert_eq!(server.store.count("social_auth_association"), 1);
}
