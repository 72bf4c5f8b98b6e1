//! The issuer: codes with PKCE, tokens, and endpoints that fail as switched.

mod faults;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest;
use serde_json::{Value, json};
use url::Url;

use super::client::{Answer, Header, get, send};
use super::jws::{Token, keys};
use super::sandbox;
use crate::sandbox::Sandbox;

const FORM: Header<'static> = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: Header<'static> = ("Content-Type", "application/json");
const CLIENT: &str = "client_id=sandbox-app&client_secret=sandbox-secret";
const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-";
const TARGET: &str = "https%3A%2F%2Fapp.example%2Fdone%3Fa%3D1";

fn sha256(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes())
        .as_ref()
        .to_vec()
}

fn query(person: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(VERIFIER));
    format!(
        "/oidc/authorize?response_type=code&client_id=sandbox-app&redirect_uri={TARGET}&scope=openid%20email\
         &state=s-1&nonce=n-1&code_challenge={challenge}&code_challenge_method=S256&login_hint={person}"
    )
}

/// Where the browser is sent, if it is, and the parameters there.
async fn location(sandbox: &Sandbox, target: &str) -> (Url, Value) {
    let answer = get(sandbox, target, &[]).await;
    assert_eq!(answer.status, 302, "{target}: {}", answer.text());
    let url = Url::parse(&answer.headers["location"]).unwrap();
    let pairs = url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), json!(value)));
    let pairs = Value::Object(pairs.collect());
    (url, pairs)
}

async fn code(sandbox: &Sandbox, person: &str) -> String {
    let (_, answer) = location(sandbox, &query(person)).await;
    answer["code"].as_str().unwrap().to_owned()
}

fn redemption(code: &str) -> String {
    format!(
        "grant_type=authorization_code&code={code}&redirect_uri={TARGET}&code_verifier={VERIFIER}"
    )
}

async fn token(sandbox: &Sandbox, body: &str) -> Answer {
    let body = format!("{CLIENT}&{body}");
    send(sandbox, "POST", "/oidc/token", &[FORM], &body).await
}

async fn set(sandbox: &Sandbox, faults: Value) -> Answer {
    send(
        sandbox,
        "POST",
        "/oidc/faults",
        &[JSON],
        &faults.to_string(),
    )
    .await
}

#[tokio::test]
async fn a_code_is_sent_back_at_once_with_state_and_issuer() {
    let sandbox = sandbox().await;
    let (url, answer) = location(&sandbox, &query("alice")).await;
    assert_eq!((url.host_str(), url.path()), (Some("app.example"), "/done"));
    assert_eq!(
        (&answer["a"], &answer["state"]),
        (&json!("1"), &json!("s-1"))
    );
    assert_eq!(answer["iss"], format!("{}/oidc", sandbox.url()));
    let by_person = query("bob").replace("login_hint", "person");
    assert!(location(&sandbox, &by_person).await.1["code"].is_string());
}

#[tokio::test]
async fn a_code_becomes_tokens_that_belong_together() {
    let sandbox = sandbox().await;
    let code = code(&sandbox, "bob").await;
    let answer = token(&sandbox, &redemption(&code)).await;
    assert_eq!(
        (answer.status, &*answer.headers["cache-control"]),
        (200, "no-store")
    );
    let tokens = answer.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let access_token = tokens["access_token"].as_str().unwrap();
    let id_token = Token::read(tokens["id_token"].as_str().unwrap());
    assert!(id_token.is_signed_by(&keys(&sandbox).await));
    assert_eq!(
        (&id_token.claims["sub"], &id_token.claims["nonce"]),
        (&json!("1002"), &json!("n-1"))
    );
    let at_hash = URL_SAFE_NO_PAD.encode(&sha256(access_token)[..16]);
    assert_eq!(id_token.claims["at_hash"], at_hash);
    let bearer = format!("Bearer {access_token}");
    let profile = get(&sandbox, "/oidc/userinfo", &[("Authorization", &bearer)]).await;
    assert_eq!(profile.json()["sub"], "1002");
    let body = format!("{CLIENT}&token={access_token}");
    let introspected = send(&sandbox, "POST", "/oidc/introspect", &[FORM], &body)
        .await
        .json();
    assert_eq!(
        (&introspected["active"], &introspected["sub"]),
        (&json!(true), &json!("1002"))
    );
    assert_eq!(introspected["client_id"], "sandbox-app");
}

#[tokio::test]
async fn a_code_is_used_once_by_whoever_has_the_rest() {
    let sandbox = sandbox().await;
    let used = code(&sandbox, "alice").await;
    assert_eq!(token(&sandbox, &redemption(&used)).await.status, 200);
    assert_eq!(
        token(&sandbox, &redemption(&used)).await.json()["error"],
        "invalid_grant"
    );
    for (part, other) in [
        (VERIFIER, "another-verifier-of-forty-three-characters-o"),
        (VERIFIER, "short"),
        (TARGET, "https%3A%2F%2Fapp.example%2Fdone"),
    ] {
        let code = code(&sandbox, "alice").await;
        let answer = token(&sandbox, &redemption(&code).replace(part, other)).await;
        assert_eq!(
            (answer.status, answer.json()),
            (400, json!({"error": "invalid_grant"}))
        );
        assert_eq!(
            token(&sandbox, &redemption(&code)).await.status,
            400,
            "{other}"
        );
    }
    let code = code(&sandbox, "alice").await;
    let without = redemption(&code).replace("code_verifier", "x");
    assert_eq!(
        token(&sandbox, &without).await.json()["error"],
        "invalid_request"
    );
    let stranger = redemption(&code) + "&client_id=sandbox-app&client_secret=wrong";
    let stranger = send(&sandbox, "POST", "/oidc/token", &[FORM], &stranger).await;
    assert_eq!(
        (stranger.status, stranger.json()),
        (401, json!({"error": "invalid_client"}))
    );
    let basic = format!("Basic {}", STANDARD.encode("sandbox-app:sandbox-secret"));
    let headers = [FORM, ("Authorization", &*basic)];
    let answer = send(
        &sandbox,
        "POST",
        "/oidc/token",
        &headers,
        &redemption(&code),
    )
    .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_flow_that_cannot_be_started_says_why() {
    let sandbox = sandbox().await;
    let right = query("alice");
    for (part, other, error) in [
        ("=code&", "=token&", "unsupported_response_type"),
        ("=openid%20email", "=email", "invalid_scope"),
        ("=S256", "=plain", "invalid_request"),
        ("code_challenge=", "x=", "invalid_request"),
        ("login_hint=alice", "", "login_required"),
        ("login_hint=alice", "person=mallory", "access_denied"),
    ] {
        let (_, answer) = location(&sandbox, &right.replace(part, other)).await;
        assert_eq!(answer["error"], error, "{other}");
        assert!(answer.get("code").is_none() && answer["state"] == "s-1");
    }
    for (part, other) in [
        ("sandbox-app", "another-app"),
        (TARGET, "%2Fdone"),
        (TARGET, "https%3A%2F%2Fa.example%2F%23x"),
        (TARGET, "javascript%3Aalert(1)"),
    ] {
        let answer = get(&sandbox, &right.replace(part, other), &[]).await;
        assert_eq!(answer.status, 400, "{other}");
    }
}

#[tokio::test]
async fn a_refresh_token_gives_new_tokens_until_it_is_revoked() {
    let sandbox = sandbox().await;
    let code = code(&sandbox, "alice").await;
    let first = token(&sandbox, &redemption(&code)).await.json();
    let refresh = first["refresh_token"].as_str().unwrap().to_owned();
    let body = format!("grant_type=refresh_token&refresh_token={refresh}");
    let second = token(&sandbox, &body).await.json();
    assert_ne!(first["access_token"], second["access_token"]);
    let id_token = Token::read(second["id_token"].as_str().unwrap());
    assert!(id_token.claims["sub"] == "1001" && id_token.claims.get("nonce").is_none());
    let revocation = format!("{CLIENT}&token={refresh}");
    let answer = send(&sandbox, "POST", "/oidc/revoke", &[FORM], &revocation).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        token(&sandbox, &body).await.json()["error"],
        "invalid_grant"
    );
    let alice = [("Authorization", "Bearer alice")];
    assert_eq!(get(&sandbox, "/oidc/userinfo", &alice).await.status, 200);
    for body in [
        "grant_type=refresh_token&refresh_token=alice",
        "grant_type=password",
        "a=b",
    ] {
        assert_eq!(token(&sandbox, body).await.status, 400, "{body}");
    }
}
