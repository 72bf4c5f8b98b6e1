//! Sign-ups with what python3-openid asserts.

use serde_json::json;

use super::CALLBACK;
use super::openid2::{ADA, Message, OpenId2};
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_person_signs_up_and_in_by_an_assertion_that_is_asked_about,
    a_person_signs_up_by_an_assertion_of_a_shared_secret,
    nobody_signs_in_by_a_changed_assertion,
);

fn start(store: Store, associations: &str) -> Server {
    let provider = OpenId2::shared();
    let identities = format!("{}/id/", provider.url());
    let endpoints = json!({provider.endpoint(): identities}).to_string();
    let addresses = json!([CALLBACK]).to_string();
    let environment = [
        ("SOCIAL_AUTH_OPENID_ENABLED", "true"),
        ("SOCIAL_AUTH_OPENID_ALLOW_PRIVATE", "true"),
        ("SOCIAL_AUTH_OPENID_OP_ENDPOINTS", endpoints.as_str()),
        ("SOCIAL_AUTH_OPENID_REDIRECT_URIS", &addresses),
        ("SOCIAL_AUTH_OPENID_OP_ASSOCIATIONS", associations),
        ("SOCIAL_AUTH_REQUESTS_TIMEOUT", "60"),
    ];
    Server::start_with(store, &environment, |builder| builder)
}

/// Sends a person to the URL that `GET /providers` gives.
async fn callback(server: &Server, person: &str) -> Message {
    let listed = server.get("/providers", None).await.json();
    let mut all = listed.as_array().unwrap().iter();
    let openid = all.find(|one| one["name"] == "openid").unwrap();
    let url = openid["openid_urls"][0]["url"].as_str().unwrap();
    OpenId2::shared().authorize(url, person, CALLBACK).await
}

async fn post(server: &Server, message: &Message) -> Reply {
    let body = json!({"provider": "openid", "openid": message});
    server.sign_up(body).await
}

async fn signs_up(server: &Server) {
    let reply = post(server, &callback(server, "ada").await).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let user = reply.json();
    let identity = format!("{}/id/{ADA}", OpenId2::shared().url());
    assert_eq!(user["social_auth"]["uid"], identity);
    assert_eq!(user["email"], "ada@people.example");
    assert_eq!(user["fullname"], "Ada Lovelace");
    let again = callback(server, "ada").await;
    let second = post(server, &again).await.json();
    assert_eq!(
        (&second["id"], &second["is_new"]),
        (&user["id"], &json!(false))
    );
    let replayed = post(server, &again).await;
    assert_eq!(replayed.status, 401, "{}", replayed.text);
}

async fn a_person_signs_up_and_in_by_an_assertion_that_is_asked_about(store: Store) {
    let server = start(store, "false");
    signs_up(&server).await;
    assert_eq!(server.store.count("social_auth_association"), 0);
    let no = post(&server, &callback(&server, "nobody").await).await;
    let expected = (400, "authorization_declined".to_owned());
    assert_eq!(no.status_and_code(), expected);
}

async fn a_person_signs_up_by_an_assertion_of_a_shared_secret(store: Store) {
    let server = start(store, "true");
    signs_up(&server).await;
    let kinds = "SELECT assoc_type FROM social_auth_association";
    assert_eq!(server.store.query(kinds), [["HMAC-SHA256"]]);
    // Of a shared secret the provider says nothing to anyone who asks.
    let message = callback(&server, "grace").await;
    assert!(!OpenId2::shared().is_valid(&message).await);
    assert_eq!(post(&server, &message).await.status, 201);
}

async fn nobody_signs_in_by_a_changed_assertion(store: Store) {
    for associations in ["false", "true"] {
        let server = start(store.another(), associations);
        let ada = format!("{}/id/{ADA}", OpenId2::shared().url());
        let mut message = callback(&server, "grace").await;
        message.insert("openid.claimed_id".to_owned(), ada.clone());
        message.insert("openid.identity".to_owned(), ada);
        let reply = post(&server, &message).await;
        let expected = (401, "invalid_signature".to_owned());
        assert_eq!(reply.status_and_code(), expected);
        assert_eq!(server.store.rows(), [0; 5]);
    }
}
