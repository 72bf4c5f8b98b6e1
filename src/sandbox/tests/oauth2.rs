//! Userinfo, tokeninfo, introspection and revocation of healthy tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::{Answer, Header, get, send};
use super::sandbox;
use crate::sandbox::{CLIENT_ID, Sandbox, now};

const FORM: Header<'static> = ("Content-Type", "application/x-www-form-urlencoded");
const CLIENT: &str = "client_id=sandbox-app&client_secret=sandbox-secret";

async fn userinfo(sandbox: &Sandbox, authorization: &str) -> Answer {
    get(
        sandbox,
        "/oauth2/userinfo",
        &[("Authorization", authorization)],
    )
    .await
}

async fn tokeninfo(sandbox: &Sandbox, token: &str) -> Answer {
    get(
        sandbox,
        &format!("/oauth2/tokeninfo?access_token={token}"),
        &[],
    )
    .await
}

async fn introspect(sandbox: &Sandbox, token: &str) -> Value {
    let body = format!("{CLIENT}&token={token}");
    let answer = send(sandbox, "POST", "/oauth2/introspect", &[FORM], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

#[tokio::test]
async fn a_bearer_token_opens_the_profile() {
    let sandbox = sandbox().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = userinfo(&sandbox, &format!("{scheme} alice")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(
            answer.json(),
            json!({
                "sub": "1001",
                "preferred_username": "alice",
                "email": "alice@example.com",
                "email_verified": true,
                "name": "Alice Liddell",
                "given_name": "Alice",
                "family_name": "Liddell",
                "picture": "https://pictures.example/alice.png",
            })
        );
    }
}

#[tokio::test]
async fn a_token_that_is_unknown_or_sent_otherwise_is_refused() {
    let sandbox = sandbox().await;
    for authorization in [
        "Bearer mallory",
        "Bearer Alice",
        "Bearer",
        "Basic alice",
        "alice",
        "Bearer alice,bob",
    ] {
        let answer = userinfo(&sandbox, authorization).await;
        assert_eq!(answer.status, 401, "{authorization}");
        assert_eq!(answer.json(), json!({"error": "invalid_token"}));
        assert!(answer.headers["www-authenticate"].starts_with("Bearer"));
    }
    let in_query = get(&sandbox, "/oauth2/userinfo?access_token=alice", &[]).await;
    assert_eq!(in_query.status, 401);
}

#[tokio::test]
async fn tokeninfo_names_our_app_the_subject_and_the_expiry() {
    let sandbox = sandbox().await;
    let info = tokeninfo(&sandbox, "alice").await.json();
    assert_eq!(info["aud"], CLIENT_ID);
    assert_eq!(info["sub"], "1001");
    assert_eq!(info["scope"], "profile email");
    let left = info["exp"].as_u64().unwrap() - now();
    assert!((3590..=3600).contains(&left), "{left}");

    let unknown = tokeninfo(&sandbox, "mallory").await;
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.json(), json!({"error": "invalid_token"}));
    let missing = get(&sandbox, "/oauth2/tokeninfo", &[]).await;
    assert_eq!(missing.status, 400);
    let twice = tokeninfo(&sandbox, "alice&access_token=bob").await;
    assert_eq!(twice.status, 400);
}

#[tokio::test]
async fn introspection_answers_our_client_by_form_or_basic() {
    let sandbox = sandbox().await;
    let by_form = introspect(&sandbox, "bob").await;
    let header = basic("sandbox%2Dapp:sandbox-secret");
    let headers = [FORM, ("Authorization", header.as_str())];
    let by_basic = send(
        &sandbox,
        "POST",
        "/oauth2/introspect",
        &headers,
        "token=bob",
    )
    .await;
    for answer in [by_form, by_basic.json()] {
        assert_eq!(answer["active"], true);
        assert_eq!(answer["client_id"], CLIENT_ID);
        assert_eq!(answer["sub"], "1002");
        assert!(answer["exp"].as_u64().unwrap() > now());
    }
    assert_eq!(
        introspect(&sandbox, "mallory").await,
        json!({"active": false})
    );
}

#[tokio::test]
async fn another_client_learns_and_revokes_nothing() {
    let sandbox = sandbox().await;
    let wrong = [
        (None, "token=alice"),
        (None, "client_id=sandbox-app&token=alice"),
        (
            None,
            "client_id=sandbox-app&client_secret=wrong&token=alice",
        ),
        (
            None,
            "client_id=other&client_secret=sandbox-secret&token=alice",
        ),
        (Some(basic("sandbox-app:wrong")), "token=alice"),
        (Some(basic("sandbox-app")), "token=alice"),
        (Some("Basic ???".to_owned()), "token=alice"),
    ];
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        for (authorization, body) in &wrong {
            let mut headers = vec![FORM];
            headers.extend(
                authorization
                    .iter()
                    .map(|header| ("Authorization", header.as_str())),
            );
            let answer = send(&sandbox, "POST", path, &headers, body).await;
            assert_eq!(answer.status, 401, "{path} {authorization:?} {body}");
            assert_eq!(answer.json(), json!({"error": "invalid_client"}));
            assert!(answer.headers["www-authenticate"].starts_with("Basic"));
        }
    }
    assert_eq!(userinfo(&sandbox, "Bearer alice").await.status, 200);
}

#[tokio::test]
async fn a_form_that_is_none_is_an_invalid_request() {
    let sandbox = sandbox().await;
    let body = format!("{CLIENT}&token=alice");
    let json = ("Content-Type", "application/json");
    let header = basic("sandbox-app:sandbox-secret");
    let twice_client = [FORM, ("Authorization", header.as_str())];
    let twice_token = format!("{body}&token=bob");
    let cases: [(&[Header<'_>], &str); 5] = [
        (&[json], &body),
        (&[], &body),
        (&[FORM], CLIENT),
        (&[FORM], &twice_token),
        (&twice_client, &body),
    ];
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        for (headers, body) in cases {
            let answer = send(&sandbox, "POST", path, headers, body).await;
            assert_eq!(answer.status, 400, "{path} {headers:?} {body}");
            assert_eq!(answer.json(), json!({"error": "invalid_request"}));
        }
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_everywhere_and_others_are_not() {
    let sandbox = sandbox().await;
    for token in ["user-1", "user-1", "never-issued"] {
        let body = format!("{CLIENT}&token={token}&token_type_hint=access_token");
        let answer = send(&sandbox, "POST", "/oauth2/revoke", &[FORM], &body).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{token}");
    }
    assert_eq!(userinfo(&sandbox, "Bearer user-1").await.status, 401);
    assert_eq!(tokeninfo(&sandbox, "user-1").await.status, 400);
    assert_eq!(
        introspect(&sandbox, "user-1").await,
        json!({"active": false})
    );
    assert_eq!(userinfo(&sandbox, "Bearer user-2").await.status, 200);
    assert_eq!(introspect(&sandbox, "user-2").await["active"], true);
}

#[tokio::test]
async fn every_endpoint_reports_the_same_subject() {
    let sandbox = sandbox().await;
    let large = "sub:123456789012345678901234567890";
    for token in [
        "li",
        "user-42",
        "namesake-3",
        "uid:a%2525b",
        "username:%E6%9D%8E",
        large,
        "sub:null",
        "sub:\"\"",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let profile = userinfo(&sandbox, &format!("Bearer {token}")).await.json();
        let subject = profile.get("sub").unwrap();
        assert_eq!(
            tokeninfo(&sandbox, &encoded).await.json().get("sub"),
            Some(subject),
            "{token}"
        );
        assert_eq!(
            introspect(&sandbox, &encoded).await.get("sub"),
            Some(subject),
            "{token}"
        );
    }
}
