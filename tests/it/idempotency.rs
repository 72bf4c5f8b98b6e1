//! `Idempotency-Key`: a retry gets what the first try got, and nobody else does.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::oauth1_legs;
use crate::support::clock::Ahead;
use crate::support::instance::Instance;
use crate::support::server::{Reply, Server, Store, on_both};
use crate::support::{http, raw};

on_both!(
    the_same_request_with_the_same_key_gets_the_first_answer_again,
    a_key_is_of_one_credential_provider_and_caller,
    a_key_that_is_none_is_refused_and_not_passed_over,
    an_answer_is_kept_for_two_minutes,
    who_is_erased_deactivated_or_disconnected_gets_no_answer_again,
    race_5_of_fifty_with_one_key_all_get_one_session,
    what_works_once_at_the_provider_is_answered_to_all_who_sent_it_with_one_key,
    an_answer_that_is_lost_with_its_server_is_given_by_another,
);

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

fn sandbox(token: &str) -> Value {
    json!({"provider": "sandbox", "access_token": token})
}

async fn sign_up(url: &str, key: &str, body: &Value) -> Reply {
    http::post_once(&format!("{url}/social_sign_up"), None, key, body).await
}

fn is_replayed(reply: &Reply) -> bool {
    assert_eq!(reply.status, 201, "{}", reply.text);
    let header = reply.headers.get("idempotency-replayed");
    header.is_some_and(|value| value == "true")
}

async fn the_same_request_with_the_same_key_gets_the_first_answer_again(store: Store) {
    let server = Server::start(store);
    let first = sign_up(&server.url, KEY, &sandbox("alice")).await;
    assert!(!is_replayed(&first));
    let rows = server.store.rows();
    for _ in 0..3 {
        let again = sign_up(&server.url, KEY, &sandbox("alice")).await;
        assert!(is_replayed(&again));
        assert_eq!(again.json(), first.json());
    }
    assert_eq!(server.store.rows(), rows);
    let me = server.get("/me", Some(&first.bearer())).await;
    assert_eq!(me.json()["id"], first.json()["id"]);

    let other = sign_up(&server.url, "another", &sandbox("alice")).await;
    assert!(!is_replayed(&other));
    assert_eq!(other.json()["is_new"], false);
    let kept = server.store.query("SELECT answer FROM idempotent_answers");
    for answer in kept.into_iter().flatten() {
        assert!(answer.starts_with("v1."), "sealed: {answer}");
    }
    let bearer = first.bearer();
    let url = format!("{}/social_sign_up", server.url);
    let body = sandbox("bob");
    let added = http::post_once(&url, Some(&bearer), "added", &body).await;
    assert!(!is_replayed(&added));
    let again = http::post_once(&url, Some(&bearer), "added", &body).await;
    assert!(is_replayed(&again));
    assert_eq!(again.json(), added.json());
    assert_eq!(again.json()["new_association"], true);
}

async fn a_key_is_of_one_credential_provider_and_caller(store: Store) {
    let server = Server::start(store);
    let refused = sign_up(&server.url, KEY, &sandbox("nobody")).await;
    assert_eq!(refused.code(), "credential_rejected", "and is not kept");
    let first = sign_up(&server.url, KEY, &sandbox("alice")).await;
    assert!(!is_replayed(&first));
    let rows = server.store.rows();
    let oauth1 = json!({
        "provider": "sandbox-oauth1", "access_token": "alice",
        "access_token_secret": "alice-secret",
    });
    let url = format!("{}/social_sign_up", server.url);
    let bearer = first.bearer();
    let alice = sandbox("alice");
    for refused in [
        sign_up(&server.url, KEY, &sandbox("bob")).await,
        sign_up(&server.url, KEY, &oauth1).await,
        http::post_once(&url, Some(&bearer), KEY, &alice).await,
    ] {
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert!(refused.json()["Idempotency-Key"].is_array());
    }
    assert_eq!(server.store.rows(), rows);
}

async fn a_key_that_is_none_is_refused_and_not_passed_over(store: Store) {
    let server = Server::start(store);
    let body = sandbox("alice").to_string();
    let length = format!("Content-Length: {}", body.len());
    let long = format!("Idempotency-Key: {}", "k".repeat(256));
    for headers in [
        &["Idempotency-Key:"][..],
        &["Idempotency-Key: a b"],
        &["Idempotency-Key: \u{fc}"],
        &["Idempotency-Key: a", "Idempotency-Key: a"],
        &[long.as_str()],
    ] {
        let json = ["Content-Type: application/json", length.as_str()];
        let request = raw::post(&[&json, headers].concat(), body.as_bytes());
        let refused = raw::send(&server.url, &request);
        assert_eq!(refused.status, 400, "{headers:?}: {}", refused.text);
        assert!(refused.json()["Idempotency-Key"].is_array());
    }
    assert_eq!(server.store.rows(), [0; 5]);
    let longest = sign_up(&server.url, &"k".repeat(255), &sandbox("alice")).await;
    assert!(!is_replayed(&longest));
}

async fn an_answer_is_kept_for_two_minutes(store: Store) {
    let clock = Ahead::new();
    let at = clock.clone();
    let server = Server::start_with(store, &[], |builder| builder.clock(at));
    let first = sign_up(&server.url, KEY, &sandbox("alice")).await;
    clock.turn_on(110);
    let again = sign_up(&server.url, KEY, &sandbox("alice")).await;
    assert!(is_replayed(&again));
    clock.turn_on(11);
    let later = sign_up(&server.url, KEY, &sandbox("alice")).await;
    assert!(!is_replayed(&later));
    assert_ne!(later.bearer(), first.bearer());
    assert_eq!(server.store.count("idempotent_answers"), 1);
    let other = sign_up(&server.url, KEY, &sandbox("bob")).await;
    assert_eq!(other.status, 400, "it is of the later one: {}", other.text);
}

async fn who_is_erased_deactivated_or_disconnected_gets_no_answer_again(store: Store) {
    let server = Server::start(store);
    for (person, change, expected) in [
        (
            "alice",
            "UPDATE users SET is_active = false",
            (400, "user_inactive"),
        ),
        (
            "bob",
            "DELETE FROM social_auth_usersocialauth",
            (401, "token_replayed"),
        ),
        ("carol", "DELETE FROM users", (401, "token_replayed")),
    ] {
        let first = sign_up(&server.url, person, &sandbox(person)).await;
        assert!(!is_replayed(&first));
        server.store.query(change);
        let again = sign_up(&server.url, person, &sandbox(person)).await;
        let (status, code) = expected;
        assert_eq!(again.status_and_code(), (status, code.to_owned()));
        server.store.query("UPDATE users SET is_active = true");
    }
}

/// The processes that serve a database: two share PostgreSQL.
fn farm(store: &Store) -> Vec<Instance> {
    let count = match store {
        Store::Sqlite(_) => 1,
        Store::Postgres(_) => 2,
    };
    Instance::several(store, count)
}

async fn race_5_of_fifty_with_one_key_all_get_one_session(store: Store) {
    let instances = farm(&store);
    let mut running = JoinSet::new();
    for number in 0..50 {
        let url = instances[number % instances.len()].url.clone();
        running.spawn(async move { sign_up(&url, KEY, &sandbox("alice")).await });
    }
    let answers = running.join_all().await;
    let first = answers.iter().filter(|answer| !is_replayed(answer)).count();
    assert_eq!(first, 1);
    for answer in &answers {
        assert_eq!(answer.json(), answers[0].json());
    }
    assert_eq!(store.count("users"), 1);
    assert_eq!(store.count("sessions"), 1);
}

async fn what_works_once_at_the_provider_is_answered_to_all_who_sent_it_with_one_key(store: Store) {
    let server = Server::start(store);
    let body = oauth1_legs::verifier_of(&server, "slow:200:alice").await;
    let mut running = JoinSet::new();
    for _ in 0..20 {
        let (url, body) = (server.url.clone(), body.clone());
        running.spawn(async move { sign_up(&url, KEY, &body).await });
    }
    let answers = running.join_all().await;
    let first = answers.iter().filter(|answer| !is_replayed(answer)).count();
    assert_eq!(first, 1);
    for answer in &answers {
        assert_eq!(answer.json(), answers[0].json());
    }
    assert_eq!(server.store.count("sessions"), 1);
    let without = server.sign_up(body).await;
    assert_eq!(without.code(), "authorization_code_rejected");
}

async fn an_answer_that_is_lost_with_its_server_is_given_by_another(store: Store) {
    let mut instances = farm(&store);
    let lost = instances.remove(0);
    let body = sandbox("alice").to_string();
    let length = format!("Content-Length: {}", body.len());
    let key = format!("Idempotency-Key: {KEY}");
    let headers = ["Content-Type: application/json", &length, &key];
    let address = lost.url.strip_prefix("http://").unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    let request = raw::post(&headers, body.as_bytes());
    client.write_all(&request).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while store.count("idempotent_answers") == 0 {
        assert!(Instant::now() < deadline, "it is committed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    lost.kill9();
    drop(client);
    let session = store.query("SELECT id FROM sessions");

    let other = match instances.pop() {
        Some(instance) => instance,
        None => Instance::several(&store, 1).remove(0),
    };
    let again = sign_up(&other.url, KEY, &sandbox("alice")).await;
    assert!(is_replayed(&again));
    assert_eq!(again.json()["is_new"], true);
    assert_eq!(store.query("SELECT id FROM sessions"), session);
    let me = http::get(&format!("{}/me", other.url), Some(&again.bearer())).await;
    assert_eq!(me.json()["id"], again.json()["id"]);
}
