//! Payloads that providers sign, over HTTP: whose they are, how old, and that
//! each works once.

mod others;
mod refused;
pub(crate) mod sign;

use serde_json::{Value, json};

use crate::support::server::{Reply, Server, Store, on_both};
use sign::{BOT_TOKEN, init_data, person, widget};

on_both!(
    a_person_of_the_login_widget_signs_up_and_comes_back,
    a_person_of_a_mini_app_is_the_same_person,
    a_payload_works_once,
    of_fifty_that_come_at_once_one_wins,
);

/// A server that takes Telegram's payloads, with further settings.
fn telegram(store: Store, more: &[(&str, &str)]) -> Server {
    let mut environment = vec![("SOCIAL_AUTH_TELEGRAM_BOT_TOKEN", BOT_TOKEN)];
    environment.extend(more);
    Server::start_with(store, &environment, |builder| builder)
}

async fn post(server: &Server, provider: &str, payload: Value) -> Reply {
    let body = json!({"provider": provider, "payload": payload});
    server.sign_up(body).await
}

/// Status and code; a fault of the payload is told by the field.
async fn outcome(server: &Server, provider: &str, payload: Value) -> (u16, String) {
    let reply = post(server, provider, payload).await;
    for secret in [BOT_TOKEN, sign::SECRET] {
        assert!(!reply.text.contains(secret), "{}", reply.text);
    }
    match reply.status {
        201 => (201, String::new()),
        400 if reply.json().get("payload").is_some() => (400, "payload".to_owned()),
        status => (status, reply.code()),
    }
}

fn answers(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn a_person_of_the_login_widget_signs_up_and_comes_back(store: Store) {
    let server = telegram(store, &[]);
    let providers = server.get("/providers", None).await.json();
    let mut listed = providers.as_array().unwrap().iter();
    let own = listed.find(|one| one["name"] == "telegram").unwrap();
    assert_eq!(own["credentials"], json!([["payload"]]));
    assert_eq!(
        own["client_id"], "42",
        "the bot's id, and no more of its token"
    );
    assert_eq!(own["protocol"], "payload");

    let first = post(&server, "telegram", widget(person(7, 5), BOT_TOKEN)).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let answer = first.json();
    assert_eq!(answer["is_new"], true);
    assert_eq!(answer["username"], "ada7");
    assert_eq!(answer["first_name"], "Ada");
    assert_eq!(answer["picture"], "https://t.me/ada.jpg");
    assert_eq!(answer["email"], Value::Null);
    assert_eq!(answer["social_auth"]["uid"], "7");
    assert_eq!(answer["social_auth"]["client_id"], "42");
    let accounts = server.get("/me/social_auth", Some(&first.bearer())).await;
    let extra_data = &accounts.json()[0]["extra_data"];
    assert_eq!(extra_data["id"], json!(7));
    for unsaid in ["hash", "access_token", "token_type"] {
        assert_eq!(extra_data.get(unsaid), None, "{extra_data}");
    }

    // A number or its text: what is signed is the same.
    let mut again = person(7, 4);
    again["id"] = "7".into();
    let second = post(&server, "telegram", widget(again, BOT_TOKEN)).await;
    assert_eq!(second.status, 201, "{}", second.text);
    assert_eq!(second.json()["is_new"], false);
    assert_eq!(second.json()["id"], answer["id"]);
}

async fn a_person_of_a_mini_app_is_the_same_person(store: Store) {
    let server = telegram(store, &[]);
    let user = json!({"id": 7, "first_name": "Ada", "username": "ada7", "language_code": "ru"});
    let first = post(&server, "telegram", init_data(&user, 5, BOT_TOKEN)).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let second = post(&server, "telegram", widget(person(7, 5), BOT_TOKEN)).await;
    assert_eq!(second.json()["id"], first.json()["id"], "{}", second.text);
    let before = server.store.rows();
    let good = init_data(&user, 3, BOT_TOKEN);
    let text = good["init_data"].as_str().unwrap().to_owned();
    for (payload, expected) in [
        (
            init_data(&user, 5, "42:another"),
            answers(401, "invalid_signature"),
        ),
        (
            init_data(&user, 700, BOT_TOKEN),
            answers(401, "response_expired"),
        ),
        (
            init_data(&user, -90, BOT_TOKEN),
            answers(502, "response_not_yet_valid"),
        ),
        (
            json!({"init_data": text.replace("%3A7", "%3A8")}),
            answers(401, "invalid_signature"),
        ),
        (
            json!({"init_data": format!("{text}&id=9")}),
            answers(401, "invalid_signature"),
        ),
        (
            json!({"init_data": format!("{text}&x=9")}),
            answers(400, "payload"),
        ),
        (
            json!({"init_data": format!("{text}&user=9")}),
            answers(400, "payload"),
        ),
        (json!({"init_data": text, "id": 9}), answers(400, "payload")),
        (json!({"init_data": 7}), answers(400, "payload")),
        (json!({"init_data": ""}), answers(400, "payload")),
    ] {
        assert_eq!(
            outcome(&server, "telegram", payload.clone()).await,
            expected,
            "{payload}"
        );
    }
    assert_eq!(
        server.store.rows(),
        before,
        "what is refused writes nothing"
    );
    assert_eq!(outcome(&server, "telegram", good).await.0, 201);
}

async fn a_payload_works_once(store: Store) {
    let server = telegram(store, &[]);
    let payload = widget(person(7, 5), BOT_TOKEN);
    assert_eq!(outcome(&server, "telegram", payload.clone()).await.0, 201);
    let rows = server.store.rows();
    let mut as_text = payload.clone();
    as_text["id"] = "7".into();
    for again in [payload, as_text] {
        let given = post(&server, "telegram", again).await;
        assert_eq!(given.status_and_code(), answers(401, "token_replayed"));
        assert_eq!(given.json()["recovery"], "get_a_fresh_credential");
    }
    assert_eq!(server.store.rows(), rows);
    let marks = server.store.query("SELECT kind FROM used_marks");
    assert_eq!(marks, [["payload"]]);
}

async fn of_fifty_that_come_at_once_one_wins(store: Store) {
    let server = telegram(store, &[]);
    let payload = widget(person(7, 5), BOT_TOKEN);
    let body = json!({"provider": "telegram", "payload": payload});
    let mut running = tokio::task::JoinSet::new();
    let url = format!("{}/social_sign_up", server.url);
    for _ in 0..50 {
        let (url, body) = (url.clone(), body.clone());
        running.spawn(async move { crate::support::http::post(&url, None, &body).await });
    }
    let mut statuses = Vec::new();
    while let Some(reply) = running.join_next().await {
        let reply = reply.unwrap();
        if reply.status != 201 {
            assert_eq!(reply.status_and_code(), answers(401, "token_replayed"));
        }
        statuses.push(reply.status);
    }
    statuses.retain(|status| *status == 201);
    assert_eq!(statuses.len(), 1);
    assert_eq!(server.store.count("users"), 1);
}

#[tokio::test]
async fn how_long_a_payload_is_good_for_can_be_set() {
    let server = telegram(
        Store::sqlite(),
        &[("SOCIAL_AUTH_TELEGRAM_PAYLOAD_MAX_AGE", "60")],
    );
    let of_age = |ago| widget(person(7, ago), BOT_TOKEN);
    assert_eq!(outcome(&server, "telegram", of_age(100)).await.0, 201);
    let refused = outcome(&server, "telegram", of_age(130)).await;
    assert_eq!(refused, answers(401, "response_expired"));
}

#[tokio::test]
async fn several_bots_may_sign() {
    let clients = r#"[{"name": "second", "key": "43", "secret": "43:second"}]"#;
    let server = telegram(
        Store::sqlite(),
        &[("SOCIAL_AUTH_TELEGRAM_CLIENTS", clients)],
    );
    let given = post(&server, "telegram", widget(person(7, 5), "43:second")).await;
    assert_eq!(
        given.json()["social_auth"]["client_id"],
        "43",
        "{}",
        given.text
    );
    let body = json!({"provider": "telegram", "client_id": "42", "payload": widget(person(7, 4), "43:second")});
    let named = server.sign_up(body).await;
    assert_eq!(named.status_and_code(), answers(401, "invalid_signature"));
}
