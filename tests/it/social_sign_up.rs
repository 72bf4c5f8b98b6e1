//! `POST /social_sign_up`, as a client sees it.

use serde_json::{Value, json};

use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(
    a_token_becomes_a_user_and_the_same_user_again,
    a_bearer_associates_a_second_account,
    an_account_of_another_user_is_refused,
    an_inactive_user_gets_nothing,
    a_token_of_another_app_is_refused_and_writes_nothing,
    people_without_an_address_and_with_odd_names_come_in,
    an_address_that_somebody_proved_is_not_proven_twice,
    the_answer_token_wins_and_the_posted_one_fills_in,
);

fn sandbox(token: &str) -> Value {
    json!({"provider": "sandbox", "access_token": token})
}

fn oauth1(token: &str, secret: &str) -> Value {
    json!({"provider": "sandbox-oauth1", "access_token": token, "access_token_secret": secret})
}

async fn a_token_becomes_a_user_and_the_same_user_again(store: Store) {
    let server = Server::start(store);
    let first = server.sign_up(sandbox("alice")).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let user = first.json();
    assert_eq!(user["is_new"], true);
    assert_eq!(user["new_association"], true);
    assert_eq!(user["username"], "alice");
    assert_eq!(user["email"], "alice@example.com");
    assert_eq!(user["email_verified"], true);
    assert_eq!(user["first_name"], "Alice");
    assert_eq!(user["last_name"], "Liddell");
    assert_eq!(user["fullname"], "Alice Liddell");
    assert_eq!(user["social_auth"]["provider"], "sandbox");
    assert_eq!(user["social_auth"]["uid"], "1001");
    assert_eq!(user["session"]["token_type"], "Bearer");
    assert_eq!(user["session"]["expires_in"], 600);
    assert_eq!(first.headers["cache-control"], "no-store");
    assert!(first.headers.contains_key("x-request-id"));

    let again = server.sign_up(sandbox("alice")).await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(again.json()["id"], user["id"]);
    assert_eq!(again.json()["is_new"], false);
    assert_eq!(again.json()["new_association"], false);
    assert_eq!(server.store.count("users"), 1);
    assert_eq!(server.store.count("social_auth_usersocialauth"), 1);
    assert_eq!(server.store.count("sessions"), 2);

    let url = format!("{}/social_sign_up", server.url);
    let slash = http::post(&format!("{url}/"), None, &sandbox("alice")).await;
    assert_eq!(slash.json()["id"], user["id"]);
    let fields = "provider=sandbox&access_token=alice";
    let form = http::post_text(&url, None, "application/x-www-form-urlencoded", fields).await;
    assert_eq!(form.json()["id"], user["id"]);

    let me = server.get("/me", Some(&again.bearer())).await;
    assert_eq!(me.status, 200);
    assert_eq!(me.json()["id"], user["id"]);
    assert!(me.json().get("session").is_none());
}

async fn a_bearer_associates_a_second_account(store: Store) {
    let server = Server::start(store);
    let alice = server.sign_up(sandbox("alice")).await;
    let bearer = alice.bearer();
    let added = server
        .associate(&bearer, oauth1("carol", "carol-secret"))
        .await;
    assert_eq!(added.status, 201, "{}", added.text);
    let user = added.json();
    assert_eq!(user["id"], alice.json()["id"]);
    assert_eq!(user["is_new"], false);
    assert_eq!(user["new_association"], true);
    assert_eq!(user["social_auth"]["provider"], "sandbox-oauth1");
    assert!(user.get("session").is_none(), "the caller has one");
    assert_eq!(
        user["fullname"], "Alice Liddell",
        "a further account renames nobody"
    );

    let carol = server.sign_up(oauth1("carol", "carol-secret")).await;
    assert_eq!(carol.json()["id"], alice.json()["id"]);
    assert_eq!(carol.json()["is_new"], false);

    let accounts = server.get("/me/social_auth", Some(&bearer)).await.json();
    let accounts = accounts.as_array().unwrap();
    assert_eq!(accounts.len(), 2);
    assert_eq!(accounts[0]["extra_data"]["access_token"], "alice");
    assert_eq!(
        accounts[1]["extra_data"]["access_token"],
        json!({"oauth_token": "carol", "oauth_token_secret": "carol-secret"})
    );
    let again = server
        .associate(&bearer, oauth1("carol", "carol-secret"))
        .await;
    assert_eq!(again.status, 201);
    assert_eq!(again.json()["new_association"], false);
}

/// ASC-4.
async fn an_account_of_another_user_is_refused(store: Store) {
    let server = Server::start(store);
    server.sign_up(sandbox("alice")).await;
    let bob = server.sign_up(sandbox("bob")).await;
    let before = server.store.rows();
    let refused = server.associate(&bob.bearer(), sandbox("alice")).await;
    assert_eq!(refused.status, 400);
    let body = refused.json();
    assert_eq!(
        body["errors"],
        "That social media account is already in use"
    );
    assert_eq!(body["code"], "identity_in_use");
    assert_eq!(body["recovery"], "use_existing_account");
    assert_eq!(
        body["request_id"],
        refused.headers["x-request-id"].to_str().unwrap()
    );
    assert_eq!(server.store.rows(), before);
}

/// LNK-6, RACE-3.
async fn an_inactive_user_gets_nothing(store: Store) {
    let server = Server::start(store);
    let alice = server.sign_up(sandbox("alice")).await;
    server.store.query("UPDATE users SET is_active = false");
    let before = server.store.rows();
    let refused = server.sign_up(sandbox("alice")).await;
    assert_eq!(refused.status_and_code(), (400, "user_inactive".to_owned()));
    assert_eq!(refused.json()["errors"], "Error with social authentication");
    let me = server.get("/me", Some(&alice.bearer())).await;
    assert_eq!(me.status_and_code(), (401, "invalid_token".to_owned()));
    let associate = server.associate(&alice.bearer(), sandbox("bob")).await;
    assert_eq!(
        associate.status_and_code(),
        (401, "invalid_token".to_owned())
    );
    assert_eq!(server.store.rows(), before);
}

/// SUB-1, SUB-3, SUB-6, OA1-6, SUB-12.
async fn a_token_of_another_app_is_refused_and_writes_nothing(store: Store) {
    let server = Server::start(store);
    for token in [
        "wrong-app:alice",
        "no-app:alice",
        "odd-app:null:alice",
        "odd-app:7:alice",
        "odd-app:true:alice",
        r#"odd-app:["sandbox-app"]:alice"#,
        "other-subject:alice:bob",
        "expired:alice",
        "nobody",
        "Alice",
    ] {
        let refused = server.sign_up(sandbox(token)).await;
        let expected = (401, "credential_rejected".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{token}");
        assert!(!refused.headers.contains_key("www-authenticate"));
    }
    for (token, secret) in [
        ("alice", "bob-secret"),
        ("wrong-app:alice", "alice-secret"),
        ("nobody", "nobody-secret"),
    ] {
        let refused = server.sign_up(oauth1(token, secret)).await;
        let expected = (401, "credential_rejected".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{token}");
    }
    assert_eq!(server.store.rows(), [0; 5]);
}

async fn people_without_an_address_and_with_odd_names_come_in(store: Store) {
    let server = Server::start(store);
    let dave = server.sign_up(sandbox("dave")).await.json();
    assert_eq!(dave["email"], Value::Null);
    assert_eq!(dave["email_verified"], false);
    let erin = server.sign_up(sandbox("erin")).await.json();
    assert_eq!(erin["email"], "erin@example.com");
    assert_eq!(erin["email_verified"], false);
    let li = server.sign_up(sandbox("li")).await.json();
    assert_eq!(li["fullname"], "李小龍");
    assert_eq!(li["first_name"], "李小龍");
    let unnamed = server.sign_up(sandbox("username:%E6%9D%8E")).await.json();
    let name = unnamed["username"].as_str().unwrap();
    assert_eq!(name.len(), 16, "{name}");
    assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    // UID-1: uids are compared by bytes.
    let lower = server.sign_up(sandbox("uid:abc")).await.json();
    let upper = server.sign_up(sandbox("uid:AbC")).await.json();
    assert_eq!(upper["is_new"], true);
    assert_ne!(lower["id"], upper["id"]);
    // UID-4: integers are exact beyond 2^64.
    let big = "12345678901234567890123456789012345678901234567890";
    let person = server.sign_up(sandbox(&format!("sub:{big}"))).await.json();
    assert_eq!(person["social_auth"]["uid"], big);
}

/// RACE-2 with linking off: one owner of the address, the others without proof.
async fn an_address_that_somebody_proved_is_not_proven_twice(store: Store) {
    let server = Server::start_with(
        store,
        &[("SOCIAL_AUTH_SANDBOX_EXTRA_DATA", r#"["email"]"#)],
        |builder| builder,
    );
    let alice = server.sign_up(sandbox("alice")).await.json();
    assert_eq!(alice["email_verified"], true);
    server
        .store
        .query("UPDATE social_auth_usersocialauth SET uid = 'somebody-else'");
    let later = server.sign_up(sandbox("alice")).await.json();
    assert_eq!(later["is_new"], true, "never a silent link");
    assert_ne!(later["id"], alice["id"]);
    assert_eq!(later["email"], "alice@example.com");
    assert_eq!(later["email_verified"], false);
    assert_ne!(later["username"], alice["username"]);
}

async fn the_answer_token_wins_and_the_posted_one_fills_in(store: Store) {
    let server = Server::start(store);
    for (token, kept) in [
        ("echo:absent:alice", json!("echo:absent:alice")),
        ("echo:null:alice", json!("echo:null:alice")),
        ("echo:empty:alice", json!("echo:empty:alice")),
        ("echo:other:alice", json!("echoed-alice")),
    ] {
        let bearer = server.sign_up(sandbox(token)).await.bearer();
        let accounts = server.get("/me/social_auth", Some(&bearer)).await.json();
        assert_eq!(accounts[0]["extra_data"]["access_token"], kept, "{token}");
    }
    let pair = server.sign_up(oauth1("echo:null:bob", "bob-secret")).await;
    let accounts = server
        .get("/me/social_auth", Some(&pair.bearer()))
        .await
        .json();
    assert_eq!(
        accounts[0]["extra_data"]["access_token"],
        json!({"oauth_token": "echo:null:bob", "oauth_token_secret": "bob-secret"})
    );
    let stored = server
        .store
        .query("SELECT extra_data FROM social_auth_usersocialauth");
    assert!(
        !format!("{stored:?}").contains("bob-secret"),
        "tokens are sealed"
    );
}
