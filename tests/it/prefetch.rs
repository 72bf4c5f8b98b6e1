//! What providers publish is fetched at start: the first sign-in makes no call,
//! and no provider that is down is in anybody's way.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::http;
use crate::support::id_tokens::{Key, claims, serve_keys};
use crate::support::instance::STARTED;
use crate::support::internet::{Answer, FakeInternet};
use crate::support::process::Process;
use crate::support::server::{KEYS, Server, Store, on_both};

on_both!(
    the_first_sign_in_makes_no_call_and_it_is_known_where_to_go,
    what_no_sign_in_needs_is_not_fetched,
    a_provider_that_hangs_is_in_nobodys_way_and_is_not_asked_after_the_end,
);

const ISSUER: &str = "https://id.example";
const DOCUMENT: &str = "/.well-known/openid-configuration";
const POOL: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example";

/// A generic provider, which describes itself; nothing depends on how busy
/// the machine is.
const OIDC: [(&str, &str); 4] = [
    ("SOCIAL_AUTH_OIDC_KEY", "our-app"),
    ("SOCIAL_AUTH_OIDC_SECRET", "a-secret"),
    ("SOCIAL_AUTH_OIDC_OIDC_ENDPOINT", ISSUER),
    ("SOCIAL_AUTH_REQUESTS_TIMEOUT", "60"),
];

/// One whose file says where its keys are, and one whose access tokens are
/// signed.
const OTHERS: [(&str, &str); 5] = [
    ("SOCIAL_AUTH_GOOGLE_OAUTH2_KEY", "our-google-app"),
    ("SOCIAL_AUTH_COGNITO_KEY", "our-pool-app"),
    ("SOCIAL_AUTH_COGNITO_SECRET", "a-secret"),
    (
        "SOCIAL_AUTH_COGNITO_POOL_DOMAIN",
        "https://pool.auth.us-east-1.amazoncognito.com",
    ),
    ("SOCIAL_AUTH_COGNITO_USER_POOL_ID", "us-east-1_Example"),
];

fn start(internet: &FakeInternet, store: Store, more: &[(&str, &str)]) -> Server {
    let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
    let mut environment = vec![
        ("SOCIABLE_HTTP__PROXY", proxy.as_str()),
        ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
        ("SOCIABLE_HTTP__PREFETCH", "true"),
    ];
    environment.extend(more);
    Server::start_with(store, &environment, |builder| builder)
}

/// Waits until so many requests came; the test fails when they do not.
async fn asked(internet: &FakeInternet, count: usize) -> Vec<String> {
    let since = Instant::now();
    loop {
        let received = internet.received();
        if received.len() >= count {
            let paths = received.iter();
            let mut paths: Vec<String> = paths
                .map(|asked| format!("{}{}", asked.host, asked.path))
                .collect();
            paths.sort();
            return paths;
        }
        assert!(since.elapsed() < STARTED, "{received:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn body(provider: &str, claims: &Value) -> Value {
    json!({"provider": provider, "id_token": Key::Rs256.token(claims)})
}

async fn authorize_url(url: &str, provider: &str) -> Value {
    let told = http::get(&format!("{url}/providers"), None).await.json();
    let told = told.as_array().unwrap();
    let found = told.iter().find(|one| one["name"] == provider).unwrap();
    found["authorize_url"].clone()
}

async fn the_first_sign_in_makes_no_call_and_it_is_known_where_to_go(store: Store) {
    let internet = FakeInternet::start().await;
    serve_keys(&internet, ISSUER);
    let server = start(&internet, store, &[&OIDC[..], &OTHERS].concat());
    let expected = [
        "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example/.well-known/jwks.json",
        "id.example/.well-known/openid-configuration",
        "id.example/test-keys",
        "www.googleapis.com/oauth2/v3/certs",
    ];
    assert_eq!(asked(&internet, expected.len()).await, expected);
    internet.clear_received();
    // The answer may still be on its way.
    let since = Instant::now();
    while authorize_url(&server.url, "oidc").await != "https://id.example/authorize" {
        assert!(since.elapsed() < STARTED);
    }
    for (provider, claims) in [
        ("oidc", claims(ISSUER, "our-app", "ada")),
        (
            "google-oauth2",
            claims("https://accounts.google.com", "our-google-app", "1"),
        ),
    ] {
        let mut claims = claims;
        claims["email"] = "ada@example.com".into();
        claims["email_verified"] = true.into();
        let given = server.sign_up(body(provider, &claims)).await;
        assert_eq!(given.status, 201, "{provider}: {}", given.text);
    }
    let mut claims = claims(POOL, "our-pool-app", "ada");
    claims["token_use"] = "id".into();
    let given = server.sign_up(body("cognito", &claims)).await;
    assert_eq!(given.status, 201, "{}", given.text);
    let received = internet.received();
    assert!(received.is_empty(), "{received:?}");
}

async fn what_no_sign_in_needs_is_not_fetched(store: Store) {
    let internet = FakeInternet::start().await;
    serve_keys(&internet, ISSUER);
    let github = [
        ("SOCIAL_AUTH_GITHUB_KEY", "a-key"),
        ("SOCIAL_AUTH_GITHUB_SECRET", "a-secret"),
        // Its own word goes before what it publishes.
        ("SOCIAL_AUTH_OIDC_JWKS_URI", "https://id.example/own-keys"),
    ];
    let server = start(&internet, store.another(), &[&OIDC[..], &github].concat());
    let paths = asked(&internet, 2).await;
    let document = format!("id.example{DOCUMENT}");
    assert_eq!(paths, [document, "id.example/own-keys".to_owned()]);
    drop(server);
    internet.clear_received();
    let off = [("SOCIAL_AUTH_OIDC_ENABLED", "false")];
    let server = start(&internet, store, &[&OIDC[..], &github[..2], &off].concat());
    assert_eq!(server.get("/healthz", None).await.status, 200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let received = internet.received();
    assert!(received.is_empty(), "{received:?}");
}

async fn a_provider_that_hangs_is_in_nobodys_way_and_is_not_asked_after_the_end(store: Store) {
    let internet = FakeInternet::start().await;
    serve_keys(&internet, ISSUER);
    let document = json!({"issuer": ISSUER, "jwks_uri": "https://id.example/test-keys"});
    let late = Duration::from_secs(3);
    let late = Answer::json(200, &document).after(late);
    internet.on("GET", "id.example", DOCUMENT, late);
    let mut server = start(&internet, store, &OIDC);
    let given = json!({"provider": "sandbox", "access_token": "alice"});
    assert_eq!(server.sign_up(given).await.status, 201);
    assert_eq!(asked(&internet, 1).await, [format!("id.example{DOCUMENT}")]);
    server.stop().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(internet.received().len(), 1, "the keys are not asked for");
}

/// As a process, without a word on it in its settings.
#[tokio::test]
async fn a_provider_that_is_down_is_named_in_the_log_and_asked_again_at_once() {
    let internet = FakeInternet::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (proxy, bundle) = (internet.proxy_url(), internet.ca_bundle());
    let surroundings = [
        ("SOCIABLE_DATA_DIR", folder.path().to_str().unwrap()),
        ("SOCIABLE_HTTP__PROXY", &proxy),
        ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap()),
        ("SOCIABLE_LOG__FORMAT", "json"),
    ];
    let environment = [&surroundings[..], &KEYS, &OIDC].concat();
    let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
    let args = ["serve", "--listen", "127.0.0.1:0"];
    let process = Process::start(program, &args, &environment);
    let line = process.wait_for_line(|line| line.starts_with("listening on "), STARTED);
    let url = line.trim_start_matches("listening on ");
    let told = |line: &str| line.contains("fetched ahead") && line.contains("\"oidc\"");
    let told = process.wait_for_line(told, STARTED);
    assert!(!told.contains("a-secret"), "{told}");
    assert_eq!(authorize_url(url, "oidc").await, Value::Null);
    // No half minute has passed.
    serve_keys(&internet, ISSUER);
    let body = body("oidc", &claims(ISSUER, "our-app", "ada"));
    let given = http::post(&format!("{url}/social_sign_up"), None, &body).await;
    assert_eq!(given.status, 201, "{}", given.text);
}
