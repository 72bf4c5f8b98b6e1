//! What resumes nothing, and what a refusal leaves as it was.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{ASKING, asking, dave, halted, resume, token_of};
use crate::support::clock::Ahead;
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_wrong_field_is_told_and_the_sign_up_still_waits,
    par_4_par_5_unknown_expired_used_and_foreign_tokens_are_refused_alike,
    par_5_a_changed_pipeline_makes_the_token_invalid,
    par_6_only_the_declared_field_is_taken,
    par_7_what_changed_meanwhile_counts,
    par_8_a_halted_sign_up_shows_nobody_and_is_swept,
    an_address_that_was_typed_opens_no_whitelist,
    the_body_of_a_resume_is_read_as_that_of_a_sign_up,
);

fn is_invalid(reply: &Reply) {
    assert_eq!(reply.status, 400, "{}", reply.text);
    let mut body = reply.json();
    assert!(body["request_id"].is_string());
    body["request_id"] = Value::Null;
    assert_eq!(
        body,
        json!({
            "errors": "No sign-in waits for this token: begin again",
            "code": "partial_invalid", "recovery": "begin_again", "request_id": null,
        })
    );
}

async fn a_wrong_field_is_told_and_the_sign_up_still_waits(store: Store) {
    let server = asking(store);
    let token = halted(&server).await;
    let before = server.store.query("SELECT * FROM social_auth_partial");
    for (fields, message) in [
        (json!({}), "This field is required."),
        (json!({"email": ""}), "This field may not be blank."),
        (json!({"email": null}), "This field may not be null."),
        (json!({"email": 5}), "Expected string."),
        (json!({"email": "dave"}), "Enter a valid email address."),
        (
            json!({"email": "d@x.example\nBcc: e@y.example"}),
            "Enter a valid email address.",
        ),
    ] {
        let reply = resume(&server.url, &token, fields).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.json(), json!({"email": [message]}));
    }
    assert_eq!(
        server.store.query("SELECT * FROM social_auth_partial"),
        before
    );
    assert_eq!(server.store.rows(), [0; 5]);
    let done = resume(&server.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(done.status, 201, "{}", done.text);
}

async fn par_4_par_5_unknown_expired_used_and_foreign_tokens_are_refused_alike(store: Store) {
    let clock = Ahead::new();
    let their_clock = Arc::clone(&clock);
    let server = Server::start_with(store, &[ASKING], |builder| builder.clock(their_clock));
    let email = || json!({"email": "dave@example.com"});
    for unknown in ["x", &"a".repeat(43), &"a".repeat(44), "é", " "] {
        is_invalid(&resume(&server.url, unknown, email()).await);
    }
    let token = halted(&server).await;
    let foreign = format!("{}/complete/sandbox-oauth1", server.url);
    let body = json!({"partial_token": token, "email": "dave@example.com"});
    is_invalid(&http::post(&foreign, None, &body).await);
    let missing = format!("{}/complete/nowhere", server.url);
    assert_eq!(
        http::post(&missing, None, &body).await.code(),
        "backend_missing"
    );
    clock.turn_on(899);
    assert_eq!(
        resume(&server.url, &token, email()).await.status,
        201,
        "until then it waits"
    );
    is_invalid(&resume(&server.url, &token, email()).await);

    server.store.query("DELETE FROM users RETURNING id");
    let token = halted(&server).await;
    clock.turn_on(900);
    is_invalid(&resume(&server.url, &token, email()).await);
    assert_eq!(server.store.count("users"), 0);
}

async fn par_5_a_changed_pipeline_makes_the_token_invalid(store: Store) {
    let server = asking(store);
    let token = halted(&server).await;
    let other = ASKING.1.replace(r#""social_names", "#, "");
    let server = server.restart(&[(ASKING.0, &other)]);
    is_invalid(&resume(&server.url, &token, json!({"email": "dave@example.com"})).await);
    let server = server.restart(&[ASKING]);
    let done = resume(&server.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(
        done.status, 201,
        "a restart alone changes nothing: {}",
        done.text
    );
}

async fn par_6_only_the_declared_field_is_taken(store: Store) {
    let server = asking(store);
    let token = halted(&server).await;
    let alice = json!({
        "email": "dave@example.com", "email_verified": true, "uid": "1001", "username": "root",
        "provider": "sandbox-oauth1", "access_token": "alice", "user_id": "1", "is_new": false,
        "details": {"email_verified": true}, "step": "create_user", "id": "1",
    });
    let done = resume(&server.url, &token, alice).await;
    assert_eq!(done.status, 201, "{}", done.text);
    let user = done.json();
    assert_eq!(user["social_auth"]["uid"], "1004");
    assert_eq!(user["social_auth"]["provider"], "sandbox");
    assert_eq!(user["username"], "dave");
    assert_eq!(user["email_verified"], false);
}

async fn par_7_what_changed_meanwhile_counts(store: Store) {
    let server = asking(store);
    let email = || json!({"email": "dave@example.com"});
    let (first, second, third) = (
        halted(&server).await,
        halted(&server).await,
        halted(&server).await,
    );
    let done = resume(&server.url, &first, email()).await;
    assert_eq!(done.json()["is_new"], true);
    let known = resume(&server.url, &second, email()).await;
    assert_eq!(known.status, 201, "{}", known.text);
    assert_eq!(known.json()["is_new"], false, "by now the person is known");
    assert_eq!(known.json()["id"], done.json()["id"]);
    server
        .store
        .query("UPDATE users SET is_active = false RETURNING id");
    let inactive = resume(&server.url, &third, email()).await;
    assert_eq!(
        inactive.status_and_code(),
        (400, "user_inactive".to_owned())
    );
    assert_eq!(server.store.count("users"), 1);
    assert_eq!(server.store.count("sessions"), 2);
}

async fn par_8_a_halted_sign_up_shows_nobody_and_is_swept(store: Store) {
    let server = asking(store);
    let mut body = dave();
    body["campaign"] = "spring-offensive".into();
    let token = token_of(&server.sign_up(body).await);
    let row = server.store.query("SELECT * FROM social_auth_partial");
    let text = format!("{row:?}").to_lowercase();
    for plain in [
        "dave",
        "bowman",
        "1004",
        "spring-offensive",
        &token.to_lowercase(),
    ] {
        assert!(!text.contains(plain), "{plain}: {text}");
    }
    let sealed: Value =
        serde_json::from_str(&server.store.query("SELECT data FROM social_auth_partial")[0][0])
            .unwrap();
    for field in ["identity", "run"] {
        let text = sealed[field].as_str().unwrap();
        assert!(text.starts_with("v1."), "{text}");
        is_invalid(&resume(&server.url, text, json!({"email": "d@x.example"})).await);
    }
    let past = match server.store {
        Store::Sqlite(_) => "1",
        Store::Postgres(_) => "'2000-01-01'",
    };
    server.store.query(&format!(
        "UPDATE social_auth_partial SET expires = {past} RETURNING id"
    ));
    let server = server.restart(&[ASKING]);
    for _ in 0..200 {
        if server.store.count("social_auth_partial") == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("an expired partial is still there");
}

async fn an_address_that_was_typed_opens_no_whitelist(store: Store) {
    let early = ASKING
        .1
        .replace(r#""require_email", "#, "")
        .replace(r#""auth_allowed""#, r#""require_email", "auth_allowed""#);
    let settings = [
        (ASKING.0, early.as_str()),
        ("SOCIAL_AUTH_WHITELISTED_DOMAINS", r#"["corp.example"]"#),
    ];
    let server = Server::start_with(store, &settings, |builder| builder);
    let token = halted(&server).await;
    let refused = resume(&server.url, &token, json!({"email": "boss@corp.example"})).await;
    let expected = (403, "authentication_disallowed".to_owned());
    assert_eq!(refused.status_and_code(), expected);
    assert_eq!(server.store.rows(), [0; 5]);
}

async fn the_body_of_a_resume_is_read_as_that_of_a_sign_up(store: Store) {
    let server = asking(store);
    let token = halted(&server).await;
    let url = format!("{}/complete/sandbox", server.url);
    let missing = http::post(&url, None, &json!({"email": "d@x.example"})).await;
    assert_eq!(missing.status, 400);
    assert_eq!(
        missing.json(),
        json!({"partial_token": ["This field is required."]})
    );
    let wrong = http::post(&url, None, &json!({"partial_token": 5})).await;
    assert_eq!(
        wrong.json(),
        json!({"partial_token": ["Not a valid string."]})
    );
    let list = http::post(&url, None, &json!([])).await;
    assert_eq!(list.status, 400);
    let put = http::send(http::request(reqwest::Method::PUT, &url)).await;
    assert_eq!(put.status, 405);
    assert_eq!(put.headers["allow"], "GET, POST");
    let form = [
        ("partial_token", token.as_str()),
        ("email", "dave@example.com"),
    ];
    let request = http::request(reqwest::Method::POST, &format!("{url}/")).form(&form);
    let done = http::send(request).await;
    assert_eq!(
        done.status, 201,
        "a form, and a slash at the end: {}",
        done.text
    );
}
