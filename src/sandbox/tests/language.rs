//! What the token language does to the answers, fault by fault.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Answer, get, read, send, write};
use super::{client, sandbox};
use crate::sandbox::{Sandbox, now};

const MIB: usize = 1024 * 1024;

async fn userinfo(sandbox: &Sandbox, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    get(sandbox, "/oauth2/userinfo", &[("Authorization", &bearer)]).await
}

async fn tokeninfo(sandbox: &Sandbox, token: &str) -> Answer {
    let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    get(
        sandbox,
        &format!("/oauth2/tokeninfo?access_token={encoded}"),
        &[],
    )
    .await
}

async fn introspect(sandbox: &Sandbox, token: &str) -> Answer {
    post(sandbox, "/oauth2/introspect", token).await
}

async fn post(sandbox: &Sandbox, path: &str, token: &str) -> Answer {
    let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let body = format!("client_id=sandbox-app&client_secret=sandbox-secret&token={encoded}");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    send(sandbox, "POST", path, &[form], &body).await
}

/// Asserts that an answer shows the fault of that name.
fn assert_fault(fault: &str, token: &str, answer: &Answer) {
    match fault {
        "html" => {
            assert_eq!(answer.status, 200);
            assert!(answer.headers["content-type"].starts_with("text/html"));
            assert!(answer.text().starts_with("<!doctype html>"));
        }
        "garbage" => {
            assert_eq!(answer.status, 200);
            assert_eq!(answer.headers["content-type"], "application/json");
            assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
        }
        "huge" => {
            assert_eq!(answer.status, 200);
            assert_eq!(answer.headers["transfer-encoding"], "chunked");
            assert!(answer.body.len() > 16 * MIB && answer.body.len() < 17 * MIB);
            assert_eq!(answer.json()["sub"], "1001");
        }
        "empty" => assert_eq!((answer.status, answer.body.len()), (200, 0)),
        "list" => assert_eq!((answer.status, answer.text()), (200, "[]".to_owned())),
        "null" => assert_eq!((answer.status, answer.text()), (200, "null".to_owned())),
        status => {
            assert_eq!(answer.status.to_string(), status);
            assert!(answer.json()["error"].is_string());
            assert!(answer.text().contains(token), "the body repeats the token");
            let retry_after = answer.headers.get("retry-after").map(String::as_str);
            assert_eq!(retry_after, (status == "429").then_some("7"));
        }
    }
}

const FAULTS: [&str; 11] = [
    "401", "403", "404", "429", "500", "html", "garbage", "huge", "empty", "list", "null",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_fails_does_so_at_every_endpoint() {
    let sandbox = sandbox().await;
    for fault in FAULTS {
        let token = format!("fail:{fault}");
        assert_fault(fault, &token, &userinfo(&sandbox, &token).await);
        assert_fault(fault, &token, &tokeninfo(&sandbox, &token).await);
        assert_fault(fault, &token, &introspect(&sandbox, &token).await);
        assert_fault(
            fault,
            &token,
            &post(&sandbox, "/oauth2/revoke", &token).await,
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binding_that_fails_leaves_userinfo_alone() {
    let sandbox = sandbox().await;
    for fault in FAULTS {
        let token = format!("fail-binding:{fault}:carol");
        assert_eq!(userinfo(&sandbox, &token).await.json()["sub"], "1003");
        assert_fault(fault, &token, &tokeninfo(&sandbox, &token).await);
        assert_fault(fault, &token, &introspect(&sandbox, &token).await);
        assert_eq!(post(&sandbox, "/oauth2/revoke", &token).await.status, 200);
    }
}

#[tokio::test]
async fn a_request_that_times_out_gets_no_byte() {
    let sandbox = sandbox().await;
    let mut stream = client::open(&sandbox).await;
    let bearer = [("Authorization", "Bearer fail:timeout")];
    write(&mut stream, "GET", "/oauth2/userinfo", &bearer, "").await;
    let waited = tokio::time::timeout(Duration::from_millis(500), read(&mut stream)).await;
    assert!(waited.is_err(), "the server answered or hung up");
    let token = "fail-binding:timeout:alice";
    assert_eq!(userinfo(&sandbox, token).await.status, 200);
    let binding = tokeninfo(&sandbox, token);
    let waited = tokio::time::timeout(Duration::from_millis(500), binding).await;
    assert!(waited.is_err(), "the server answered or hung up");
}

#[tokio::test]
async fn a_profile_without_a_subject_has_none_anywhere() {
    let sandbox = sandbox().await;
    let profile = userinfo(&sandbox, "fail:no-uid").await.json();
    assert_eq!(profile, json!({"preferred_username": "someone"}));
    let info = tokeninfo(&sandbox, "fail:no-uid").await.json();
    assert_eq!(
        (info.get("sub"), &info["aud"]),
        (None, &json!("sandbox-app"))
    );
    let token = "fail-binding:no-uid:alice";
    assert_eq!(userinfo(&sandbox, token).await.json()["sub"], "1001");
    assert_eq!(introspect(&sandbox, token).await.json().get("sub"), None);
}

#[tokio::test]
async fn the_app_of_a_token_can_be_another_or_none_or_odd() {
    let sandbox = sandbox().await;
    let cases = [
        ("alice", Some(json!("sandbox-app"))),
        ("wrong-app:alice", Some(json!("another-app"))),
        ("no-app:alice", None),
        ("odd-app:null:alice", Some(json!(null))),
        ("odd-app:17:alice", Some(json!(17))),
        (
            "odd-app:[\"sandbox-app\"]:alice",
            Some(json!(["sandbox-app"])),
        ),
    ];
    for (token, app) in cases {
        assert_eq!(
            tokeninfo(&sandbox, token).await.json().get("aud"),
            app.as_ref(),
            "{token}"
        );
        let introspected = introspect(&sandbox, token).await.json();
        assert_eq!(introspected.get("client_id"), app.as_ref(), "{token}");
        assert_eq!(introspected["active"], true);
        assert_eq!(
            userinfo(&sandbox, token).await.json()["sub"],
            "1001",
            "{token}"
        );
    }
}

#[tokio::test]
async fn the_binding_can_name_another_subject() {
    let sandbox = sandbox().await;
    let token = "other-subject:alice:bob";
    assert_eq!(userinfo(&sandbox, token).await.json()["sub"], "1001");
    assert_eq!(tokeninfo(&sandbox, token).await.json()["sub"], "1002");
    assert_eq!(introspect(&sandbox, token).await.json()["sub"], "1002");
}

#[tokio::test]
async fn an_expired_token_is_expired_in_the_binding_alone() {
    let sandbox = sandbox().await;
    let token = "expired:alice";
    assert_eq!(userinfo(&sandbox, token).await.json()["sub"], "1001");
    assert!(
        tokeninfo(&sandbox, token).await.json()["exp"]
            .as_u64()
            .unwrap()
            < now()
    );
    assert_eq!(
        introspect(&sandbox, token).await.json(),
        json!({"active": false})
    );
}

#[tokio::test]
async fn a_profile_can_echo_an_access_token() {
    let sandbox = sandbox().await;
    let cases = [
        ("alice", None),
        ("echo:absent:alice", None),
        ("echo:null:alice", Some(json!(null))),
        ("echo:empty:alice", Some(json!(""))),
        ("echo:other:alice", Some(json!("echoed-alice"))),
    ];
    for (token, echo) in cases {
        let profile = userinfo(&sandbox, token).await.json();
        assert_eq!(profile.get("access_token"), echo.as_ref(), "{token}");
        assert_eq!(profile["sub"], "1001");
    }
}

#[tokio::test]
async fn a_slow_token_waits_before_each_answer() {
    let sandbox = sandbox().await;
    let token = "slow:300:wrong-app:alice";
    let start = Instant::now();
    let both = tokio::join!(userinfo(&sandbox, token), tokeninfo(&sandbox, token));
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(both.0.json()["sub"], "1001");
    assert_eq!(both.1.json()["aud"], "another-app");
}

#[tokio::test]
async fn a_large_subject_is_sent_digit_by_digit() {
    let sandbox = sandbox().await;
    let digits = "123456789012345678901234567890";
    let token = format!("sub:{digits}");
    for answer in [
        userinfo(&sandbox, &token).await,
        tokeninfo(&sandbox, &token).await,
        introspect(&sandbox, &token).await,
    ] {
        assert!(
            answer.text().contains(&format!("\"sub\":{digits}")),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_username_is_whatever_the_token_says() {
    let sandbox = sandbox().await;
    let profile = userinfo(&sandbox, "username:%E6%9D%8E%20%F0%9F%90%89")
        .await
        .json();
    assert_eq!(
        profile,
        json!({"sub": "name-李 🐉", "preferred_username": "李 🐉"})
    );
    let raw = userinfo(&sandbox, "uid:李").await.json();
    assert_eq!(raw, json!({"sub": "李", "preferred_username": "someone"}));
}
