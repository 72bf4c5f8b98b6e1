//! Providers that fail: each fault by its code, and nothing written.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::{Codes, meet};
use crate::providers::fixture::Fixture;
use crate::providers::world::World;
use crate::support::internet::{Answer, FakeInternet};
use crate::support::server::{Reply, Server, Store};

/// Token, status, code.
type Case = (&'static str, u16, &'static str);

/// What the sandbox makes of every call.
const FAULTS: [Case; 30] = [
    ("fail:401", 401, "credential_rejected"),
    ("fail:403", 401, "credential_rejected"),
    ("fail:404", 401, "credential_rejected"),
    ("fail:429", 503, "rate_limited"),
    ("fail:500", 503, "unavailable"),
    ("fail:html", 502, "malformed_response"),
    ("fail:garbage", 502, "malformed_response"),
    ("fail:huge", 502, "malformed_response"),
    ("fail:empty", 502, "malformed_response"),
    ("fail:list", 502, "malformed_response"),
    ("fail:null", 502, "malformed_response"),
    ("fail:no-uid", 401, "credential_rejected"),
    ("sub:null", 401, "credential_rejected"),
    ("sub:true", 401, "invalid_claim"),
    ("sub:false", 401, "invalid_claim"),
    ("uid:None", 401, "invalid_claim"),
    ("uid:null", 401, "invalid_claim"),
    ("uid:undefined", 401, "invalid_claim"),
    ("uid:%00", 502, "malformed_response"),
    ("fail-binding:401:alice", 401, "credential_rejected"),
    ("fail-binding:403:alice", 401, "credential_rejected"),
    ("fail-binding:404:alice", 401, "credential_rejected"),
    ("fail-binding:429:alice", 503, "rate_limited"),
    ("fail-binding:500:alice", 503, "unavailable"),
    ("fail-binding:html:alice", 502, "malformed_response"),
    ("fail-binding:garbage:alice", 502, "malformed_response"),
    ("fail-binding:huge:alice", 502, "malformed_response"),
    ("fail-binding:empty:alice", 502, "malformed_response"),
    ("fail-binding:list:alice", 502, "malformed_response"),
    ("fail-binding:no-uid:alice", 401, "credential_rejected"),
];

/// The same where the signature binds: there is one call alone.
const SIGNED_FAULTS: [Case; 14] = [
    ("fail:401", 401, "credential_rejected"),
    ("fail:403", 401, "credential_rejected"),
    ("fail:404", 502, "http_error"),
    ("fail:429", 503, "rate_limited"),
    ("fail:500", 503, "unavailable"),
    ("fail:html", 502, "malformed_response"),
    ("fail:huge", 502, "malformed_response"),
    ("fail:list", 502, "malformed_response"),
    ("fail:no-uid", 502, "missing_claim"),
    ("sub:null", 502, "missing_claim"),
    ("sub:\"\"", 502, "missing_claim"),
    ("sub:[1]", 401, "invalid_claim"),
    ("sub:true", 401, "invalid_claim"),
    ("uid:None", 401, "invalid_claim"),
];

pub(super) async fn all(store: &Store, met: &mut Codes) {
    answers(store, met).await;
    silence(store, met).await;
    internet(store, met).await;
    words(store, met).await;
    codes(store, met).await;
    assertions(store, met).await;
}

/// CODE-4, CODE-5 and MIX-4: of authorization codes.
async fn codes(store: &Store, met: &mut Codes) {
    let fixture = Fixture::read("github");
    let listed = ("REDIRECT_URIS", r#"["https://app.example/cb"]"#);
    let world = World::with(store.another(), &fixture, fixture.full(), &[listed]).await;
    let unknown = Answer::json(200, &json!({"error": "bad_verification_code"}));
    let path = "/login/oauth/access_token";
    world.internet.on("POST", "github.com", path, unknown);
    for (redirect_uri, status, code) in [
        ("https://evil.example/cb", 400, "redirect_uri_not_allowed"),
        ("https://app.example/cb", 401, "authorization_code_rejected"),
        ("https://app.example/cb", 401, "token_replayed"),
    ] {
        let reply = world.server.sign_up(json!({
            "provider": "github",
            "code": "a-code",
            "redirect_uri": redirect_uri,
            "code_verifier": "v".repeat(43),
        }));
        expect(met, &reply.await, ("a-code", status, code));
    }
}

/// What comes back from OpenID 2.0 providers.
async fn assertions(store: &Store, met: &mut Codes) {
    let world = crate::openid2::World::start(store.another(), &[]).await;
    let ns = crate::openid2::assertion::NS;
    let no = json!({"openid.ns": ns, "openid.mode": "cancel"});
    let body = json!({"provider": "openid", "openid": no});
    let reply = world.server.sign_up(body).await;
    expect(met, &reply, ("cancel", 400, "authorization_declined"));
}

/// What providers say of a token or a person in words of their own.
async fn words(store: &Store, met: &mut Codes) {
    for (provider, case, status, code) in [
        ("github-org", "not a member", 403, "membership_required"),
        ("tiktok", "is no more", 401, "token_revoked"),
    ] {
        let fixture = Fixture::read(provider);
        let mut cases = fixture.cases.iter();
        let case = cases.find(|told| told.name.contains(case)).unwrap();
        let accepts = ("ACCEPT_UNBOUND_ACCESS_TOKENS", "unbindable");
        let world = World::with(store.another(), &fixture, case, &[accepts]).await;
        let reply = world.server.sign_up(case.body(provider)).await;
        expect(met, &reply, (provider, status, code));
        assert_eq!(world.server.store.rows(), [0; 5]);
    }
}

fn sandbox(token: &str) -> Value {
    json!({"provider": "sandbox", "access_token": token})
}

fn expect(met: &mut Codes, reply: &Reply, (token, status, code): (&str, u16, &str)) {
    assert_eq!(
        reply.status_and_code(),
        (status, code.to_owned()),
        "{token}"
    );
    if code == "rate_limited" {
        assert_eq!(reply.headers["retry-after"], "7", "as the provider says");
    }
    meet(met, reply);
}

/// SUB-4, UID-2, UID-3, GARB-1, GARB-2, BOM-1.
async fn answers(store: &Store, met: &mut Codes) {
    let server = Server::start(store.another());
    let long = format!("uid:{}", "x".repeat(256));
    for case in FAULTS.into_iter().chain([(&*long, 401, "invalid_claim")]) {
        expect(met, &server.sign_up(sandbox(case.0)).await, case);
    }
    for case in SIGNED_FAULTS {
        let pair = json!({
            "provider": "sandbox-oauth1", "access_token": case.0,
            "access_token_secret": format!("{}-secret", case.0),
        });
        expect(met, &server.sign_up(pair).await, case);
    }
    assert_eq!(server.store.rows(), [0; 5]);
    let longest = format!("uid:{}", "x".repeat(255));
    for (token, uid) in [("sub:0", "0"), (&*longest, &longest[4..])] {
        let reply = server.sign_up(sandbox(token)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        assert_eq!(reply.json()["social_auth"]["uid"], uid);
    }
}

/// SLOW-1: no answer in time, and nobody there at all.
async fn silence(store: &Store, met: &mut Codes) {
    let short = [("SOCIAL_AUTH_SANDBOX_REQUESTS_TIMEOUT", "0.2")];
    let server = Server::start_with(store.another(), &short, |builder| builder);
    for token in ["fail:timeout", "fail-binding:timeout:alice"] {
        let reply = server.sign_up(sandbox(token)).await;
        expect(met, &reply, (token, 504, "timeout"));
    }
    assert_eq!(server.store.rows(), [0; 5]);

    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let closed = format!("http://127.0.0.1:{port}");
    let environment = [("SOCIAL_AUTH_SANDBOX_BASE_URL", closed.as_str())];
    let server = Server::start_with(store.another(), &environment, |builder| builder);
    let reply = server.sign_up(sandbox("alice")).await;
    expect(met, &reply, ("a closed port", 502, "connection_failed"));
    assert_eq!(server.store.rows(), [0; 5]);
}

/// What GitHub answers to both calls, and what becomes of it.
fn far_faults() -> Vec<(Answer, Answer, u16, &'static str)> {
    let redirect = Answer::text(302, "").header("Location", "https://evil.example/");
    let bound = json!({"app": {"client_id": "key"}, "user": {"id": 7}});
    let profile = || Answer::json(200, &json!({"id": 7, "login": "octocat"}));
    let bound = || Answer::json(200, &bound);
    let error = || Answer::json(401, &json!({"message": "Bad credentials"}));
    vec![
        (redirect.clone(), bound(), 502, "http_error"),
        (Answer::text(418, ""), bound(), 502, "http_error"),
        (profile(), redirect, 502, "http_error"),
        (error(), bound(), 401, "credential_rejected"),
        (
            profile(),
            Answer::json(404, &json!({})),
            401,
            "credential_rejected",
        ),
        (
            profile(),
            Answer::json(422, &json!({})),
            401,
            "credential_rejected",
        ),
        (profile(), error(), 503, "unavailable"),
        (
            Answer::text(403, "").header("X-RateLimit-Remaining", "0"),
            bound(),
            503,
            "rate_limited",
        ),
        (Answer::close(), bound(), 502, "connection_failed"),
        (Answer::garbage(), bound(), 502, "malformed_response"),
        (profile().truncated(), bound(), 502, "malformed_response"),
    ]
}

/// TLS-1, RED-1, SUB-11, GARB-2: over a network that is not this machine.
async fn internet(store: &Store, met: &mut Codes) {
    let internet = FakeInternet::start().await;
    let (proxy, ca_bundle) = (internet.proxy_url(), internet.ca_bundle());
    let environment = [
        ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
        ("SOCIABLE_HTTP__CA_BUNDLE", ca_bundle.to_str().unwrap()),
        ("SOCIAL_AUTH_GITHUB_KEY", "key"),
        ("SOCIAL_AUTH_GITHUB_SECRET", "secret"),
    ];
    let server = Server::start_with(store.another(), &environment, |builder| builder);
    let host = "api.github.com";
    for (user, binding, status, code) in far_faults() {
        internet.on("GET", host, "/user", user.clone());
        internet.on("POST", host, "/applications/key/token", binding);
        let github = json!({"provider": "github", "access_token": "token"});
        let reply = server.sign_up(github).await;
        let expected = (status, code.to_owned());
        assert_eq!(reply.status_and_code(), expected, "{user:?}");
        meet(met, &reply);
    }
    assert!(
        internet
            .received()
            .iter()
            .all(|received| received.host == host)
    );
    internet.untrusted(host);
    let github = json!({"provider": "github", "access_token": "token"});
    let fresh = Server::start_with(store.another(), &environment, |builder| builder);
    let reply = fresh.sign_up(github.clone()).await;
    expect(met, &reply, ("a stranger's certificate", 502, "tls_error"));
    internet.unreachable(host);
    let reply = fresh.sign_up(github).await;
    expect(
        met,
        &reply,
        ("a host that is down", 502, "connection_failed"),
    );
    assert_eq!(server.store.rows(), [0; 5]);
    assert_eq!(fresh.store.rows(), [0; 5]);
}
