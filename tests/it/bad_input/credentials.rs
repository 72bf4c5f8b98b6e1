//! Credentials of a wrong kind, of several kinds, too long, or incomplete.

use serde_json::json;

use super::{Unmoved, messages};
use crate::support::server::{Server, Store, on_both};

on_both!(
    one_credential_a_request,
    a_credential_of_another_kind_is_told,
    a_secret_belongs_to_oauth_1_alone,
    a_token_is_at_most_16_kib,
    odd_but_printable_tokens_reach_the_provider_and_nobody_else,
);

/// SUB-8: several kinds are never tried one after the other.
async fn one_credential_a_request(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    for (more, named) in [
        (
            json!({"id_token": "e30.e30.e30", "access_token_secret": "x"}),
            "access_token, id_token",
        ),
        (
            json!({"code": "x", "redirect_uri": "https://a.example/"}),
            "access_token, code",
        ),
        (
            json!({"oauth_verifier": "x"}),
            "access_token, oauth_verifier",
        ),
        (
            json!({"openid": {"openid.mode": "id_res"}}),
            "access_token, openid",
        ),
        (json!({"payload": {}}), "access_token, payload"),
        (json!({"payload": null}), "access_token, payload"),
        (
            json!({"code": "x", "id_token": "y"}),
            "access_token, id_token, code",
        ),
    ] {
        let mut body = json!({"provider": "sandbox", "access_token": "alice"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let refused = unmoved.json(&body).await;
        assert_eq!(
            refused.status_and_code(),
            (400, "invalid_parameter".to_owned()),
            "{body}"
        );
        let text = refused.json()["errors"].as_str().unwrap().to_owned();
        assert!(text.ends_with(&format!(": {named}")), "{text}");
    }
    let two = unmoved
        .json(&json!({"provider": "sandbox", "id_token": "x", "code": "y"}))
        .await;
    assert_eq!(two.status_and_code(), (400, "invalid_parameter".to_owned()));
    unmoved.check().await;
}

async fn a_credential_of_another_kind_is_told(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    for (field, mut body) in [
        ("id_token", json!({"id_token": "e30.e30.e30"})),
        ("code", json!({"code": "x"})),
        (
            "oauth_verifier",
            json!({"oauth_token": "x", "oauth_verifier": "x", "request_token": "x"}),
        ),
        ("openid", json!({"openid": {}})),
        ("payload", json!({"payload": {}})),
    ] {
        body["provider"] = "sandbox".into();
        let refused = unmoved.json(&body).await;
        let expected = (400, "credential_not_supported".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{field}");
        let text = refused.json()["errors"].as_str().unwrap().to_owned();
        assert!(text.contains(&format!(": {field}, but ")), "{text}");
    }
    unmoved.check().await;
}

/// OA1-5.
async fn a_secret_belongs_to_oauth_1_alone(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let missing = unmoved
        .json(&json!({"provider": "sandbox-oauth1", "access_token": "alice"}))
        .await;
    assert_eq!(
        messages(&missing, "access_token_secret"),
        ["This field is required."]
    );
    let alone = unmoved
        .json(&json!({"provider": "sandbox-oauth1", "access_token_secret": "alice-secret"}))
        .await;
    assert_eq!(
        messages(&alone, "access_token"),
        ["This field is required."]
    );
    let given = unmoved
        .json(&json!({"provider": "sandbox", "access_token": "alice", "access_token_secret": "x"}))
        .await;
    assert_eq!(
        given.status_and_code(),
        (400, "credential_not_supported".to_owned())
    );
    assert!(given.text.contains("access_token_secret"), "{}", given.text);
    unmoved.check().await;
}

/// JWT-15's limit, for every token.
async fn a_token_is_at_most_16_kib(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let expected = ["Ensure this field has no more than 16384 characters."];
    let (longest, too_long) = ("x".repeat(16_384), "x".repeat(16_385));
    let token = unmoved
        .json(&json!({"provider": "sandbox", "access_token": too_long}))
        .await;
    assert_eq!(messages(&token, "access_token"), expected);
    for (token, secret, field) in [
        (&too_long, &longest, "access_token"),
        (&longest, &too_long, "access_token_secret"),
    ] {
        let body = json!({
            "provider": "sandbox-oauth1", "access_token": token, "access_token_secret": secret,
        });
        assert_eq!(messages(&unmoved.json(&body).await, field), expected);
    }
    let server = &unmoved.server;
    let asked = server
        .sign_up(json!({"provider": "sandbox", "access_token": longest}))
        .await;
    let expected = (401, "credential_rejected".to_owned());
    assert_eq!(asked.status_and_code(), expected);
    assert_eq!(server.store.rows(), unmoved.rows);
}

/// OA1-4: quotes and separators are data, in headers, queries and signatures.
async fn odd_but_printable_tokens_reach_the_provider_and_nobody_else(store: Store) {
    let server = Server::start(store);
    for odd in [
        "\"",
        "'",
        "\\",
        " ",
        "alice\"",
        "alice, oauth_token=\"bob\"",
        "alice&access_token=bob",
        "alice#",
        "alice?",
        "../alice",
        "alice%00",
        "alice%0d%0aX: y",
        "{{ client.secret }}",
        "'; DROP TABLE users; --",
        "bearer alice",
        "~",
        "+alice",
        "alice ",
        " alice",
    ] {
        let oauth1 =
            json!({"provider": "sandbox-oauth1", "access_token": odd, "access_token_secret": odd});
        for body in [json!({"provider": "sandbox", "access_token": odd}), oauth1] {
            let refused = server.sign_up(body.clone()).await;
            let expected = (401, "credential_rejected".to_owned());
            assert_eq!(refused.status_and_code(), expected, "{body}");
        }
    }
    assert_eq!(server.store.rows(), [0; 5]);
    for quoted in ["uid:it's", "uid:\"quoted\"", "uid:a&b=c+d e~f"] {
        let plain = server
            .sign_up(json!({"provider": "sandbox", "access_token": quoted}))
            .await;
        assert_eq!(plain.status, 201, "{quoted}: {}", plain.text);
        let pair = json!({
            "provider": "sandbox-oauth1", "access_token": quoted,
            "access_token_secret": format!("{quoted}-secret"),
        });
        let signed = server.sign_up(pair).await;
        assert_eq!(signed.status, 201, "{quoted}: {}", signed.text);
        assert_eq!(
            signed.json()["social_auth"]["uid"],
            plain.json()["social_auth"]["uid"]
        );
    }
}
