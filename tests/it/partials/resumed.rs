//! A halted sign-up goes on: once, anywhere, and with nothing left behind.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{ASKING, asking, dave, halted, resume, token_of};
use crate::support::http;
use crate::support::instance::Instance;
use crate::support::server::{KEYS, Server, Store, on_both};

on_both!(
    a_sign_up_without_an_address_halts_and_is_resumed,
    who_has_an_address_is_not_asked,
    par_3_looking_at_a_halted_sign_up_changes_nothing,
    par_4_of_fifty_resumes_at_once_one_lets_in,
    a_user_who_had_no_address_keeps_the_one_they_gave,
    a_lost_answer_is_given_again_halted_or_done,
    a_credential_that_halted_is_used,
    an_association_halts_and_is_resumed_by_its_caller_alone,
);

async fn a_sign_up_without_an_address_halts_and_is_resumed(store: Store) {
    let server = asking(store);
    let answer = server.sign_up(dave()).await;
    let token = token_of(&answer);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.json();
    assert_eq!(
        body,
        json!({
            "partial_token": token, "backend": "sandbox", "step": "require_email",
            "expires_in": 900,
            "required": {
                "type": "object", "required": ["email"],
                "properties": {"email": {"type": "string", "format": "email", "maxLength": 254}},
            },
            "resume": {"method": "POST", "url": "/complete/sandbox"},
        })
    );
    assert_eq!(server.store.rows(), [0; 5], "nothing is half done");
    assert_eq!(server.store.count("social_auth_partial"), 1);

    let done = resume(&server.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(done.status, 201, "{}", done.text);
    let user = done.json();
    assert_eq!(user["email"], "dave@example.com");
    assert_eq!(user["email_verified"], false, "nobody proved it");
    assert_eq!(user["is_new"], true);
    assert_eq!(user["social_auth"]["uid"], "1004");
    assert_eq!(server.store.count("social_auth_partial"), 0);
    assert_eq!(server.store.count("users"), 1);
    let me = server.get("/me", Some(&done.bearer())).await;
    assert_eq!(me.json()["id"], user["id"]);
    let kept = server.get("/me/social_auth", Some(&done.bearer())).await;
    assert_eq!(kept.json()[0]["extra_data"]["access_token"], "dave");

    let again = server.sign_up(dave()).await;
    assert_eq!(again.status, 201, "a known user is not asked");
    assert_eq!(again.json()["id"], user["id"]);
    let late = resume(&server.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(late.status_and_code(), (400, "partial_invalid".to_owned()));
}

async fn who_has_an_address_is_not_asked(store: Store) {
    let server = asking(store);
    let reply = server
        .sign_up(json!({"provider": "sandbox", "access_token": "alice"}))
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(server.store.count("social_auth_partial"), 0);
}

async fn par_3_looking_at_a_halted_sign_up_changes_nothing(store: Store) {
    let server = asking(store);
    let answer = server.sign_up(dave()).await;
    let token = token_of(&answer);
    let rows = || server.store.query("SELECT * FROM social_auth_partial");
    let before = rows();
    for _ in 0..20 {
        let path = format!("/complete/sandbox?partial_token={token}&email=x@y.example");
        let look = server.get(&path, None).await;
        assert_eq!(look.status, 200, "{}", look.text);
        let (mut seen, mut told) = (look.json(), answer.json());
        assert!(seen["expires_in"].as_u64() <= told["expires_in"].as_u64());
        seen["expires_in"] = Value::Null;
        told["expires_in"] = Value::Null;
        assert_eq!(seen, told);
    }
    assert_eq!(rows(), before);
    assert_eq!(server.store.rows(), [0; 5]);
    let missing = server.get("/complete/sandbox", None).await;
    assert_eq!(missing.status, 400);
    assert_eq!(
        missing.json(),
        json!({"partial_token": ["This field is required."]})
    );
    let unknown = format!("/complete/sandbox?partial_token={}", "a".repeat(43));
    let unknown = server.get(&unknown, None).await;
    assert_eq!(
        unknown.status_and_code(),
        (400, "partial_invalid".to_owned())
    );
}

async fn par_4_of_fifty_resumes_at_once_one_lets_in(store: Store) {
    let server = asking(store);
    let token = halted(&server).await;
    let mut tries = JoinSet::new();
    for number in 0..50 {
        let (url, token) = (server.url.clone(), token.clone());
        let fields = json!({"email": format!("dave{number}@example.com")});
        tries.spawn(async move { resume(&url, &token, fields).await });
    }
    let replies = tries.join_all().await;
    let (let_in, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|one| one.status == 201);
    assert_eq!(let_in.len(), 1);
    let with = |status: u16, code: &str| {
        let expected = (status, code.to_owned());
        let such = refused
            .iter()
            .filter(|one| one.status_and_code() == expected);
        such.count()
    };
    assert_eq!(with(400, "partial_invalid"), 20, "as many as are told");
    assert_eq!(with(429, "too_many_requests"), 29);
    assert_eq!(server.store.count("users"), 1);
    assert_eq!(server.store.count("sessions"), 1);
    assert_eq!(server.store.count("social_auth_partial"), 0);
}

async fn a_user_who_had_no_address_keeps_the_one_they_gave(store: Store) {
    let server = Server::start(store);
    let before = server.sign_up(dave()).await;
    assert_eq!(before.json()["email"], Value::Null);
    let server = server.restart(&[ASKING]);
    let token = halted(&server).await;
    let done = resume(&server.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["id"], before.json()["id"]);
    assert_eq!(done.json()["is_new"], false);
    assert_eq!(done.json()["email"], "dave@example.com");
    assert_eq!(done.json()["email_verified"], false);
    assert_eq!(server.sign_up(dave()).await.status, 201, "once is enough");
}

async fn a_lost_answer_is_given_again_halted_or_done(store: Store) {
    let server = asking(store);
    let begin = format!("{}/social_sign_up", server.url);
    let first = http::post_once(&begin, None, "begin", &dave()).await;
    let again = http::post_once(&begin, None, "begin", &dave()).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let token = token_of(&first);
    assert_eq!(token_of(&again), token);
    assert_eq!(again.json()["required"], first.json()["required"]);
    assert_eq!(server.store.count("social_auth_partial"), 1);

    let complete = format!("{}/complete/sandbox", server.url);
    let body = json!({"partial_token": token, "email": "dave@example.com"});
    let first = http::post_once(&complete, None, "end", &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = http::post_once(&complete, None, "end", &body).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.json(), first.json());
    let other = json!({"partial_token": token, "email": "eve@example.com"});
    let other = http::post_once(&complete, None, "end", &other).await;
    assert_eq!(other.status, 400, "the key is of another request");
    let unkeyed = http::post(&complete, None, &body).await;
    assert_eq!(unkeyed.code(), "partial_invalid");
}

async fn a_credential_that_halted_is_used(store: Store) {
    let server = asking(store);
    let url = format!("{}/oidc/id_token", server.playground.sandbox().url());
    let id_token = http::send(
        http::request(reqwest::Method::POST, &url).form(&[("person", "dave"), ("format", "text")]),
    )
    .await
    .text;
    let body = json!({"provider": "sandbox-oidc", "id_token": id_token.trim()});
    let answer = server.sign_up(body.clone()).await;
    let token = token_of(&answer);
    let replayed = server.sign_up(body).await;
    assert_eq!(
        replayed.status_and_code(),
        (401, "token_replayed".to_owned())
    );
    let complete = format!("{}/complete/sandbox-oidc", server.url);
    let body = json!({"partial_token": token, "email": "dave@example.com"});
    let done = http::post(&complete, None, &body).await;
    assert_eq!(done.status, 201, "{}", done.text);
}

async fn an_association_halts_and_is_resumed_by_its_caller_alone(store: Store) {
    let server = Server::start(store);
    let owner = server.sign_up(dave()).await.bearer();
    let server = server.restart(&[ASKING]);
    let other = server
        .sign_up(json!({"provider": "sandbox", "access_token": "bob"}))
        .await
        .bearer();
    let oauth1 = json!({
        "provider": "sandbox-oauth1", "access_token": "dave", "access_token_secret": "dave-secret",
    });
    let answer = server.associate(&owner, oauth1).await;
    let token = token_of(&answer);
    let url = format!("{}/complete/sandbox-oauth1", server.url);
    let body = json!({"partial_token": token, "email": "dave@example.com"});
    for bearer in [None, Some(other.as_str())] {
        let refused = http::post(&url, bearer, &body).await;
        assert_eq!(
            refused.status_and_code(),
            (400, "partial_invalid".to_owned())
        );
    }
    let done = http::post(&url, Some(&owner), &body).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["new_association"], true);
    assert_eq!(done.json()["session"], Value::Null, "the caller has one");
}

#[tokio::test]
async fn a_run_halted_on_an_instance_that_was_killed_is_resumed_on_another() {
    let store = Store::postgres();
    let url = store.url();
    let environment = [
        &KEYS[..],
        &[("SOCIABLE_DATABASE__URL", url.as_str()), ASKING],
    ]
    .concat();
    let start = || Instance::of(Instance::launch(&environment));
    let (first, second) = (start(), start());
    let begin = format!("{}/social_sign_up", first.url);
    let token = token_of(&http::post(&begin, None, &dave()).await);
    first.kill9();
    let done = resume(&second.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["is_new"], true);
    assert_eq!(store.count("users"), 1);
    let again = resume(&second.url, &token, json!({"email": "dave@example.com"})).await;
    assert_eq!(again.status_and_code(), (400, "partial_invalid".to_owned()));
}
