//! `sociable providers try`: each credential, at a provider that answers, with
//! nothing stored and no secret shown.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rcgen::KeyPair;
use serde_json::{Value, json};

use crate::support::id_tokens::{Key, claims, serve_keys};
use crate::support::internet::{Answer, FakeInternet};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CALLBACK: &str = "https://app.example/cb";
const APPLE: &str = "https://appleid.apple.com";

/// What the program said, of both streams.
struct Said {
    good: bool,
    text: String,
}

impl Said {
    fn json(&self) -> Value {
        assert!(self.good, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn assert_refused(&self, with: &str) {
        assert!(!self.good && self.text.contains(with), "{}", self.text);
    }

    fn assert_silent_of(&self, secrets: &[&str]) {
        for secret in secrets {
            assert!(!self.text.contains(secret), "{secret}: {}", self.text);
        }
    }
}

/// Runs `providers try` in an empty folder, which stays empty.
fn tried(internet: &FakeInternet, settings: &[(&str, &str)], args: &[&str], input: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(Path::new(env!("CARGO_BIN_EXE_sociable")))
        .args(["providers", "try"])
        .args(args)
        .current_dir(folder.path())
        .env_clear()
        .env("SOCIABLE_HTTP__PROXY", internet.proxy_url())
        .env("SOCIABLE_HTTP__CA_BUNDLE", internet.ca_bundle())
        .env("SOCIABLE_LOG__LEVEL", "error")
        .env("SOCIAL_AUTH_REQUESTS_TIMEOUT", "60")
        .envs(settings.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may have refused its arguments already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "nothing is stored: {left:?}");
    let streams = [output.stdout, output.stderr].concat();
    Said {
        good: output.status.success(),
        text: String::from_utf8(streams).unwrap(),
    }
}

/// A definition's settings, its addresses among them.
fn github() -> [(&'static str, &'static str); 3] {
    [
        ("SOCIAL_AUTH_GITHUB_KEY", "a-key"),
        ("SOCIAL_AUTH_GITHUB_SECRET", "a-secret"),
        (
            "SOCIAL_AUTH_GITHUB_REDIRECT_URIS",
            r#"["https://app.example/cb"]"#,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_exchanged_and_neither_it_nor_its_token_is_shown() {
    let internet = FakeInternet::start().await;
    let granted = json!({"access_token": "gho_granted", "token_type": "bearer"});
    let (host, path) = ("github.com", "/login/oauth/access_token");
    internet.on("POST", host, path, Answer::json(200, &granted));
    let person = json!({"id": 7, "login": "ann", "email": "ann@example.com", "name": "Ann Lee"});
    let answer = Answer::json(200, &person);
    internet.on("GET", "api.github.com", "/user", answer);
    let args = [
        "github",
        "--code",
        "-",
        "--redirect-uri",
        CALLBACK,
        "--code-verifier",
        VERIFIER,
    ];
    let said = tried(&internet, &github(), &args, "a-code\r\nmore");
    let told = said.json();
    assert_eq!(told["uid"], "7");
    assert_eq!(told["client_id"], "a-key");
    assert_eq!(told["details"]["username"], "ann");
    assert_eq!(told["extra_data"]["access_token"], "…");
    said.assert_silent_of(&["gho_granted", "a-code", "a-secret", VERIFIER]);
    let received = internet.received();
    let sent = received.iter().find(|asked| asked.path == path).unwrap();
    let form: BTreeMap<String, String> = sent.form().into_iter().collect();
    assert_eq!(form["code"], "a-code", "the line alone");
    assert_eq!(form["redirect_uri"], CALLBACK);
    assert_eq!(form["code_verifier"], VERIFIER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_not_taken_says_why() {
    let internet = FakeInternet::start().await;
    let refused = json!({"error": "bad_verification_code", "error_description": "of a-code"});
    let (host, path) = ("github.com", "/login/oauth/access_token");
    internet.on("POST", host, path, Answer::json(200, &refused));
    let code = |redirect_uri| ["github", "--code", "a-code", "--redirect-uri", redirect_uri];
    let verified = ["--code-verifier", VERIFIER];
    let args = [&code(CALLBACK)[..], &verified].concat();
    let said = tried(&internet, &github(), &args, "");
    said.assert_refused("authorization_code_rejected (401)");
    said.assert_silent_of(&["a-code", "a-secret", VERIFIER]);
    internet.clear_received();
    let elsewhere = [&code("https://evil.example/cb")[..], &verified].concat();
    let said = tried(&internet, &github(), &elsewhere, "");
    said.assert_refused("redirect_uri_not_allowed (400)");
    let both = [&code(CALLBACK)[..], &["--access-token", "t"]].concat();
    tried(&internet, &github(), &both, "").assert_refused("(400)");
    tried(&internet, &github(), &["github"], "").assert_refused("(400)");
    assert!(internet.received().is_empty(), "nobody is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_one_of_several_apps_is_tried_in_its_name() {
    let internet = FakeInternet::start().await;
    serve_keys(&internet, APPLE);
    let id_token = Key::Rs256.token(&claims(APPLE, "com.example.ios", "001.ada"));
    let granted = json!({"access_token": "t", "token_type": "Bearer", "id_token": id_token});
    let answer = Answer::json(200, &granted);
    internet.on("POST", "appleid.apple.com", "/token", answer);
    let pem = KeyPair::generate().unwrap().serialize_pem();
    let settings = [
        ("SOCIAL_AUTH_APPLE_ID_KEY", "a-key-id"),
        ("SOCIAL_AUTH_APPLE_ID_SECRET", pem.as_str()),
        ("SOCIAL_AUTH_APPLE_ID_TEAM", "a-team"),
        ("SOCIAL_AUTH_APPLE_ID_CLIENT", "com.example.web"),
        ("SOCIAL_AUTH_APPLE_ID_AUDIENCE", r#"["com.example.ios"]"#),
        ("SOCIAL_AUTH_APPLE_ID_REDIRECT_URIS", r#"[""]"#),
    ];
    let args = ["apple-id", "--code", "c", "--client-id", "com.example.ios"];
    let said = tried(&internet, &settings, &args, "");
    assert_eq!(said.json()["uid"], "001.ada");
    assert_eq!(said.json()["client_id"], "com.example.ios");
    let args = ["apple-id", "--code", "c", "--client-id", "com.evil.ios"];
    tried(&internet, &settings, &args, "").assert_refused("(400)");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_is_tried_with_its_nonce() {
    let internet = FakeInternet::start().await;
    serve_keys(&internet, "https://id.example");
    let settings = [
        ("SOCIAL_AUTH_OIDC_KEY", "our-app"),
        ("SOCIAL_AUTH_OIDC_SECRET", "a-secret"),
        ("SOCIAL_AUTH_OIDC_OIDC_ENDPOINT", "https://id.example"),
    ];
    let mut claims = claims("https://id.example", "our-app", "ada");
    claims["nonce"] = "a-nonce".into();
    let token = Key::Rs256.token(&claims);
    let args = ["oidc", "--id-token", "-", "--nonce", "a-nonce"];
    let said = tried(&internet, &settings, &args, &token);
    assert_eq!(said.json()["uid"], "ada");
    said.assert_silent_of(&[&token]);
    let args = ["oidc", "--id-token", &token, "--nonce", "another"];
    let said = tried(&internet, &settings, &args, "");
    said.assert_refused("nonce_mismatch (401)");
    said.assert_silent_of(&[&token]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oauth_1_pair_is_tried_and_what_the_token_endpoint_said_is_read() {
    let internet = FakeInternet::start().await;
    let person = json!({"id": 7, "id_str": "7", "screen_name": "ann", "name": "Ann Lee"});
    let path = "/1.1/account/verify_credentials.json";
    let answer = Answer::json(200, &person);
    internet.on("GET", "api.twitter.com", path, answer.clone());
    internet.on("GET", "api.x.com", path, answer);
    let settings = [
        ("SOCIAL_AUTH_TWITTER_KEY", "a-key"),
        ("SOCIAL_AUTH_TWITTER_SECRET", "a-secret"),
    ];
    let pair = [
        "twitter",
        "--access-token",
        "a-token",
        "--access-token-secret",
    ];
    let args = [&pair[..], &["-", "--token-response", "{\"x\": 1}"]].concat();
    let said = tried(&internet, &settings, &args, "its-secret\n");
    assert_eq!(said.json()["uid"], "7");
    said.assert_silent_of(&["a-token", "its-secret", "a-secret"]);
    let args = [&pair[..], &["s", "--token-response", "a-secret-text"]].concat();
    let said = tried(&internet, &settings, &args, "");
    said.assert_refused("--token-response is no JSON object");
    said.assert_silent_of(&["a-secret-text"]);
    let off = tried(&internet, &[], &["twitter", "--access-token", "t"], "");
    off.assert_refused("`twitter` is not enabled");
}
