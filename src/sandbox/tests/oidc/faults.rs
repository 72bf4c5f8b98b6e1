//! What fails as switched, and how switches are set.

use super::*;

#[tokio::test]
async fn the_token_endpoint_fails_as_switched() {
    let sandbox = sandbox().await;
    let redeem = async |fault: Value| {
        assert_eq!(set(&sandbox, json!({ "token": fault })).await.status, 200);
        let code = code(&sandbox, "alice").await;
        token(&sandbox, &redemption(&code)).await
    };
    let answer = redeem(json!("error-200")).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"error": "invalid_grant"}))
    );
    let answer = redeem(json!("form")).await;
    assert_eq!(
        answer.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert!(answer.text().contains("expires_in=3600"));
    let both = redeem(json!(["expires-in-text", "mac"])).await.json();
    assert_eq!(
        (&both["expires_in"], &both["token_type"]),
        (&json!("3600"), &json!("mac"))
    );
    assert!(
        redeem(json!("no-access-token"))
            .await
            .json()
            .get("access_token")
            .is_none()
    );
    assert!(
        redeem(json!("no-id-token"))
            .await
            .json()
            .get("id_token")
            .is_none()
    );
    assert_eq!(redeem(json!("redirect")).await.status, 302);
    assert_eq!(redeem(json!("500")).await.status, 500);
    assert_eq!(
        redeem(json!("html")).await.headers["content-type"],
        "text/html; charset=utf-8"
    );
    assert_eq!(
        set(&sandbox, json!({"id_token": "wrong-aud"})).await.status,
        200
    );
    let tokens = redeem(Value::Null).await.json();
    let id_token = Token::read(tokens["id_token"].as_str().unwrap());
    assert_eq!(id_token.claims["aud"], "another-app");
}

#[tokio::test]
async fn a_code_is_used_even_when_the_answer_is_lost() {
    let sandbox = sandbox().await;
    let code = code(&sandbox, "alice").await;
    set(&sandbox, json!({"token": "500"})).await;
    assert_eq!(token(&sandbox, &redemption(&code)).await.status, 500);
    set(&sandbox, json!({"token": ""})).await;
    assert_eq!(
        token(&sandbox, &redemption(&code)).await.json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn discovery_and_keys_fail_as_switched() {
    let sandbox = sandbox().await;
    let discovery = "/oidc/.well-known/openid-configuration";
    let document = get(&sandbox, discovery, &[]).await.json();
    assert_eq!(document["issuer"], format!("{}/oidc", sandbox.url()));
    assert_eq!(document["jwks_uri"], format!("{}/oidc/jwks", sandbox.url()));
    set(
        &sandbox,
        json!({"discovery": "wrong-issuer", "jwks": "500"}),
    )
    .await;
    let document = get(&sandbox, discovery, &[]).await.json();
    assert_eq!(document["issuer"], "https://another-issuer.example");
    assert_eq!(get(&sandbox, "/oidc/jwks", &[]).await.status, 500);
    let count = async |fault: &str| {
        set(&sandbox, json!({ "jwks": fault })).await;
        keys(&sandbox).await
    };
    assert_eq!(count("no-keys").await.len(), 0);
    assert_eq!(count("many").await.len(), 10_002);
    assert!(
        count("private")
            .await
            .iter()
            .all(|key| key.get("d").is_some())
    );
    assert!(
        count("duplicate-kid")
            .await
            .iter()
            .all(|key| key["kid"] == "one")
    );
    assert_eq!(count("").await.len(), 2);
    for (fault, status) in [
        ("redirect", 302),
        ("html", 200),
        ("404", 404),
        ("empty", 200),
    ] {
        set(&sandbox, json!({"jwks": fault, "discovery": fault})).await;
        for path in ["/oidc/jwks", discovery] {
            assert_eq!(
                get(&sandbox, path, &[]).await.status,
                status,
                "{path} {fault}"
            );
        }
    }
    assert_eq!(sandbox.calls("/oidc/jwks"), 10);
}

#[tokio::test]
async fn the_authorization_endpoint_fails_as_switched() {
    let sandbox = sandbox().await;
    let answer = async |faults: Value| {
        set(&sandbox, json!({ "authorize": faults })).await;
        location(&sandbox, &query("alice")).await.1
    };
    let wrong = answer(json!("wrong-iss,wrong-state")).await;
    assert_eq!(wrong["iss"], "https://another-issuer.example");
    assert_eq!(wrong["state"], "another-state");
    let absent = answer(json!(["no-iss", "no-state"])).await;
    assert!(absent.get("iss").is_none() && absent.get("state").is_none());
    let denied = answer(json!("denied")).await;
    assert!(denied["error"] == "access_denied" && denied.get("code").is_none());
}

#[tokio::test]
async fn switches_are_shown_and_a_wrong_one_changes_nothing() {
    let sandbox = sandbox().await;
    let healthy = json!({
        "discovery": [], "jwks": [], "authorize": [], "token": [], "revoke": [], "id_token": [],
    });
    assert_eq!(get(&sandbox, "/oidc/faults", &[]).await.json(), healthy);
    for wrong in [
        json!({"jwks": "500", "no-such-place": "500"}),
        json!({"jwks": "no-such-fault"}),
        json!({"jwks": 500}),
        json!({"id_token": "500"}),
        json!(["jwks"]),
    ] {
        assert_eq!(set(&sandbox, wrong.clone()).await.status, 400, "{wrong}");
        assert_eq!(
            get(&sandbox, "/oidc/faults", &[]).await.json(),
            healthy,
            "{wrong}"
        );
    }
    let form = "jwks=500&id_token=expired,no-nonce";
    let answer = send(&sandbox, "POST", "/oidc/faults", &[FORM], form)
        .await
        .json();
    assert_eq!(answer["jwks"], json!(["500"]));
    assert_eq!(answer["id_token"], json!(["expired", "no-nonce"]));
    let answer = set(&sandbox, json!({"jwks": null, "id_token": []}))
        .await
        .json();
    assert_eq!(answer, healthy);
}
