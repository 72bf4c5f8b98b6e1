//! `POST /social_sign_up/challenge`, and what is held to it at the sign-up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use crate::real_parts::browser::{follow, parameter};
use crate::support::clock::Ahead;
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_challenge_is_what_a_provider_takes_and_writes_nothing,
    code_8_a_state_of_another_sign_in_is_refused_before_the_provider_is_asked,
    jwt_19_a_nonce_of_ours_is_of_this_provider_and_time,
    jwt_19_code_8_an_operator_may_require_a_challenge,
    jwt_19_a_nonce_of_ours_signs_in_once_whatever_token_it_stands_in,
    code_8_a_state_of_ours_signs_in_once_whatever_code_comes_with_it,
);

const PROVIDER: &str = "sandbox-oidc";
const CALLBACK: &str = "http://127.0.0.1/callback";

async fn challenge(server: &Server, provider: &str) -> Value {
    let reply = ask(server, &json!({"provider": provider})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.headers["cache-control"], "no-store");
    reply.json()
}

async fn ask(server: &Server, body: &Value) -> Reply {
    let url = format!("{}/social_sign_up/challenge", server.url);
    http::post(&url, None, body).await
}

fn sha256(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap().as_bytes();
    let digest = ring::digest::digest(&ring::digest::SHA256, text);
    digest.as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A code that no provider gave, with all that belongs to a challenge.
fn code(challenge: &Value) -> Value {
    json!({
        "provider": PROVIDER, "code": "no-code", "redirect_uri": "http://127.0.0.1/callback",
        "state": challenge["state"], "code_verifier": challenge["code_verifier"],
        "nonce": challenge["nonce"],
    })
}

fn with(mut body: Value, name: &str, value: &Value) -> Value {
    body[name] = value.clone();
    body
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name);
    body
}

async fn a_challenge_is_what_a_provider_takes_and_writes_nothing(store: Store) {
    let server = Server::start(store);
    let one = challenge(&server, PROVIDER).await;
    let other = challenge(&server, PROVIDER).await;
    for name in ["nonce", "state", "code_verifier"] {
        let text = one[name].as_str().unwrap();
        assert!(text.len() <= 512, "{name}: {}", text.len());
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_ne!(one[name], other[name]);
    }
    assert_eq!(one["nonce_sha256"], hex(&sha256(&one["nonce"])));
    let of_verifier = URL_SAFE_NO_PAD.encode(sha256(&one["code_verifier"]));
    assert_eq!(one["code_challenge"], of_verifier);
    assert_eq!(one["code_challenge_method"], "S256");
    assert_eq!(one["expires_in"], 600);
    assert_eq!(one["code_verifier"].as_str().unwrap().len(), 43);

    let missing = (404, "backend_missing".to_owned());
    let unknown = ask(&server, &json!({"provider": "nobody"})).await;
    assert_eq!(unknown.status_and_code(), missing);
    let nothing = ask(&server, &json!({})).await;
    assert_eq!(
        (nothing.status, nothing.json()),
        (400, json!({"provider": ["This field is required."]}))
    );
    assert_eq!(server.store.rows(), [0; 5]);
}

/// Whether a refusal is of the challenge, or comes after it was good.
fn is_of_state(reply: &Reply) -> bool {
    let (status, code) = reply.status_and_code();
    assert!(status == 400 || status == 401, "{}", reply.text);
    code == "state_mismatch"
}

async fn code_8_a_state_of_another_sign_in_is_refused_before_the_provider_is_asked(store: Store) {
    let clock = Ahead::new();
    let at = clock.clone();
    let server = Server::start_with(store, &[], |builder| builder.clock(at));
    let own = challenge(&server, PROVIDER).await;
    let other = challenge(&server, PROVIDER).await;
    let foreign = challenge(&server, "sandbox").await;
    let good = code(&own);
    for (case, body) in [
        ("foreign", with(good.clone(), "state", &json!("xyz"))),
        ("a nonce", with(good.clone(), "state", &own["nonce"])),
        ("of another", with(good.clone(), "state", &other["state"])),
        ("of another provider", code(&foreign)),
        (
            "another verifier",
            with(good.clone(), "code_verifier", &other["code_verifier"]),
        ),
        ("no verifier", without(good.clone(), "code_verifier")),
        (
            "another nonce",
            with(good.clone(), "nonce", &other["nonce"]),
        ),
        ("a plain nonce", with(good.clone(), "nonce", &json!("n"))),
    ] {
        assert!(is_of_state(&server.sign_up(body).await), "{case}");
    }
    assert_eq!(server.playground.sandbox().calls("/oidc/token"), 0);
    assert!(!is_of_state(&server.sign_up(good.clone()).await));
    clock.turn_on(601);
    assert!(is_of_state(&server.sign_up(good.clone()).await), "expired");
    clock.turn_on(-601);
    assert_eq!(server.store.count("users"), 0);

    let digest = hex(&sha256(&own["state"]));
    server.store.query(&match server.store {
        Store::Sqlite(_) => {
            format!("INSERT INTO used_marks VALUES ('state', x'{digest}', 9000000000000000)")
        }
        Store::Postgres(_) => {
            format!("INSERT INTO used_marks VALUES ('state', '\\x{digest}', '2200-01-01Z')")
        }
    });
    let asked = server.playground.sandbox().calls("/oidc/token");
    assert!(is_of_state(&server.sign_up(good).await), "used");
    assert_eq!(server.playground.sandbox().calls("/oidc/token"), asked);
}

fn id_token(nonce: Option<&Value>) -> Value {
    let body = json!({"provider": PROVIDER, "id_token": "a.b.c"});
    match nonce {
        Some(nonce) => with(body, "nonce", nonce),
        None => body,
    }
}

async fn jwt_19_a_nonce_of_ours_is_of_this_provider_and_time(store: Store) {
    let clock = Ahead::new();
    let at = clock.clone();
    let server = Server::start_with(store, &[], |builder| builder.clock(at));
    let own = challenge(&server, PROVIDER).await;
    let foreign = challenge(&server, "sandbox").await;
    let changed = format!("{}A", own["nonce"].as_str().unwrap());
    let mismatch = (401, "nonce_mismatch".to_owned());
    for nonce in [&foreign["nonce"], &own["state"], &json!(changed)] {
        let refused = server.sign_up(id_token(Some(nonce))).await;
        assert_eq!(refused.status_and_code(), mismatch);
        assert_eq!(refused.json()["recovery"], "get_a_fresh_credential");
    }
    // One of another form is the affair of the token that it stands in.
    for nonce in [&own["nonce"], &json!("n"), &json!("v1.is.mine")] {
        let judged = server.sign_up(id_token(Some(nonce))).await;
        assert_ne!(judged.status_and_code(), mismatch);
    }
    clock.turn_on(601);
    let late = server.sign_up(id_token(Some(&own["nonce"]))).await;
    assert_eq!(late.status_and_code(), mismatch);
    assert_eq!(server.store.rows(), [0; 5]);
}

async fn jwt_19_code_8_an_operator_may_require_a_challenge(store: Store) {
    let required = [("SOCIAL_AUTH_SANDBOX_OIDC_REQUIRE_CHALLENGE", "true")];
    let server = Server::start_with(store, &required, |builder| builder);
    let providers = server.get("/providers", None).await.json();
    for provider in providers.as_array().unwrap() {
        let required = provider["name"] == PROVIDER;
        assert_eq!(provider["requires_challenge"], required, "{provider}");
    }
    let plain = json!("n");
    for nonce in [None, Some(&plain)] {
        let refused = server.sign_up(id_token(nonce)).await;
        let expected = (401, "nonce_mismatch".to_owned());
        assert_eq!(refused.status_and_code(), expected);
        assert_eq!(refused.json()["recovery"], "get_a_challenge");
    }
    let own = challenge(&server, PROVIDER).await;
    let refused = server.sign_up(without(code(&own), "state")).await;
    assert!(is_of_state(&refused));
    assert_eq!(refused.json()["recovery"], "get_a_challenge");
    assert!(!is_of_state(&server.sign_up(code(&own)).await));
    let judged = server.sign_up(id_token(Some(&own["nonce"]))).await;
    assert_ne!(judged.code(), "nonce_mismatch");
    assert_eq!(server.store.count("users"), 0);
}

/// An ID token of alice's that holds this nonce.
async fn token_with(server: &Server, nonce: &Value) -> Value {
    let url = format!("{}/oidc/id_token", server.playground.sandbox().url());
    let token = http::post(&url, None, &json!({"nonce": nonce})).await;
    assert_eq!(token.status, 200, "{}", token.text);
    token.json()["id_token"].clone()
}

async fn jwt_19_a_nonce_of_ours_signs_in_once_whatever_token_it_stands_in(store: Store) {
    let required = [("SOCIAL_AUTH_REQUIRE_CHALLENGE", "true")];
    let server = Server::start_with(store, &required, |builder| builder);
    let own = challenge(&server, PROVIDER).await;
    let other = challenge(&server, PROVIDER).await;
    let body = |token: &Value, nonce: &Value| json!({"provider": PROVIDER, "id_token": token, "nonce": nonce});
    let token = token_with(&server, &own["nonce"]).await;
    let mismatch = server.sign_up(body(&token, &other["nonce"])).await;
    assert_eq!(mismatch.code(), "nonce_mismatch");
    assert_eq!(server.store.rows(), [0; 5]);
    let good = server.sign_up(body(&token, &own["nonce"])).await;
    assert_eq!(good.status, 201, "{}", good.text);
    let marks = server
        .store
        .query("SELECT kind FROM used_marks ORDER BY kind");
    assert_eq!(marks, [["id_token"], ["nonce"]]);
    let rows = server.store.rows();
    let replayed = (401, "token_replayed".to_owned());
    let another = token_with(&server, &own["nonce"]).await;
    for token in [&token, &another] {
        let again = server.sign_up(body(token, &own["nonce"])).await;
        assert_eq!(again.status_and_code(), replayed);
    }
    assert_eq!(server.store.rows(), rows);
}

/// Sends alice off with a challenge; the code that she comes back with.
async fn code_of(server: &Server, challenge: &Value) -> Value {
    let start = format!("{}/oidc/authorize", server.playground.sandbox().url());
    let mut url = Url::parse(&start).unwrap();
    let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
    url.query_pairs_mut().extend_pairs([
        ("client_id", "sandbox-app".to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", "openid".to_owned()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("state", text("state")),
        ("nonce", text("nonce")),
        ("code_challenge", text("code_challenge")),
        ("code_challenge_method", text("code_challenge_method")),
        ("person", "alice".to_owned()),
    ]);
    let back = follow(url.as_str(), CALLBACK).await;
    json!({
        "provider": PROVIDER, "code": parameter(&back, "code"), "redirect_uri": CALLBACK,
        "state": parameter(&back, "state"), "code_verifier": challenge["code_verifier"],
        "nonce": challenge["nonce"],
    })
}

async fn code_8_a_state_of_ours_signs_in_once_whatever_code_comes_with_it(store: Store) {
    let required = [("SOCIAL_AUTH_REQUIRE_CHALLENGE", "true")];
    let server = Server::start_with(store, &required, |builder| builder);
    let own = challenge(&server, PROVIDER).await;
    let other = challenge(&server, PROVIDER).await;
    let body = code_of(&server, &own).await;
    // The attacker's code with the victim's state, and the other way round.
    let injected = with(code_of(&server, &other).await, "state", &own["state"]);
    assert!(is_of_state(&server.sign_up(injected).await));
    let good = server.sign_up(body).await;
    assert_eq!(good.status, 201, "{}", good.text);
    let again = code_of(&server, &own).await;
    assert!(is_of_state(&server.sign_up(again).await), "it was used");
    assert_eq!(server.store.count("sessions"), 1);
}
