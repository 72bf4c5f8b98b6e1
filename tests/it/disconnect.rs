//! Social accounts are disconnected, and never the last way to sign in.

mod halted;
mod revoked;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    one_of_two_accounts_goes_and_is_told_of,
    dis_1_the_last_way_to_sign_in_stays,
    dis_2_of_two_that_go_at_once_one_stays,
    dis_3_another_users_account_is_as_if_it_did_not_exist,
    dis_4_who_disconnects_and_adds_and_signs_in_at_once_keeps_a_way_in,
    dis_5_a_provider_that_is_not_configured_is_no_way_to_sign_in_and_can_go,
    a_password_is_a_way_to_sign_in,
    all_accounts_at_a_provider_go_at_once_or_one_by_its_id,
    only_who_is_signed_in_disconnects,
    the_steps_are_those_of_the_setting,
);

fn sandbox(person: &str) -> Value {
    json!({"provider": "sandbox", "access_token": person})
}

fn oauth1(person: &str) -> Value {
    json!({
        "provider": "sandbox-oauth1", "access_token": person,
        "access_token_secret": format!("{person}-secret"),
    })
}

/// Signs a person up at both of the sandbox's providers.
pub(super) async fn with_two_accounts(server: &Server, person: &str) -> String {
    with_accounts_at(&server.url, person).await
}

/// The same wherever the endpoints are.
pub(super) async fn with_accounts_at(url: &str, person: &str) -> String {
    let url = format!("{url}/social_sign_up");
    let bearer = http::post(&url, None, &sandbox(person)).await.bearer();
    let added = http::post(&url, Some(&bearer), &oauth1(person)).await;
    assert_eq!(added.status, 201, "{}", added.text);
    bearer
}

pub(super) async fn disconnect(url: &str, what: &str, bearer: &str) -> Reply {
    let request = http::request(Method::POST, &format!("{url}/disconnect/{what}"));
    http::send(request.bearer_auth(bearer)).await
}

async fn providers(server: &Server, bearer: &str) -> Vec<String> {
    let listed = server.get("/me/social_auth", Some(bearer)).await.json();
    let listed = listed.as_array().unwrap().iter();
    listed
        .map(|one| one["provider"].as_str().unwrap().to_owned())
        .collect()
}

fn is_last(reply: &Reply) {
    let expected = (409, "disconnect_disallowed".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
}

fn is_not_found(reply: &Reply) {
    assert_eq!(reply.status_and_code(), (404, "not_found".to_owned()));
}

async fn one_of_two_accounts_goes_and_is_told_of(store: Store) {
    let server = Server::start(store);
    let bearer = with_two_accounts(&server, "alice").await;
    let gone = disconnect(&server.url, "sandbox-oauth1", &bearer).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(providers(&server, &bearer).await, ["sandbox"]);
    let told = "SELECT count(*) FROM events WHERE kind = 'association.removed'";
    assert_eq!(server.store.query(told), [["1"]]);
    let again = server.sign_up(oauth1("alice")).await.json();
    assert_eq!(
        again["is_new"], true,
        "whoever comes by it now is somebody else"
    );
}

async fn dis_1_the_last_way_to_sign_in_stays(store: Store) {
    let server = Server::start(store);
    let bearer = server.sign_up(sandbox("alice")).await.bearer();
    let before = server.store.contents();
    is_last(&disconnect(&server.url, "sandbox", &bearer).await);
    let delete = format!("{}/disconnect/sandbox/", server.url);
    let delete = http::request(Method::DELETE, &delete).bearer_auth(&bearer);
    is_last(&http::send(delete).await);
    assert_eq!(server.store.contents(), before);
}

async fn dis_2_of_two_that_go_at_once_one_stays(store: Store) {
    let server = Server::start(store);
    for number in 0..50 {
        let bearer = with_two_accounts(&server, &format!("user-{number}")).await;
        let (first, second) = tokio::join!(
            disconnect(&server.url, "sandbox", &bearer),
            disconnect(&server.url, "sandbox-oauth1", &bearer),
        );
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409], "{} {}", first.text, second.text);
        assert_eq!(providers(&server, &bearer).await.len(), 1);
    }
    assert_eq!(server.store.count("social_auth_usersocialauth"), 50);
}

async fn dis_4_who_disconnects_and_adds_and_signs_in_at_once_keeps_a_way_in(store: Store) {
    let server = Server::start(store);
    for number in 0..10 {
        let person = format!("user-{number}");
        let bearer = with_two_accounts(&server, &person).await;
        let (one, other, added, signed_in) = tokio::join!(
            disconnect(&server.url, "sandbox-oauth1", &bearer),
            disconnect(&server.url, "sandbox", &bearer),
            server.associate(&bearer, sandbox(&format!("user-{}", 100 + number))),
            server.sign_up(oauth1(&person)),
        );
        let texts = (added.text.clone(), signed_in.text.clone());
        assert_eq!((added.status, signed_in.status), (201, 201), "{texts:?}");
        for gone in [&one, &other] {
            assert!([204, 409].contains(&gone.status), "{}", gone.text);
        }
        assert!(!providers(&server, &bearer).await.is_empty());
        // Whoever came by the account after it had gone is a user of their own.
        let theirs = signed_in.bearer();
        assert!(!providers(&server, &theirs).await.is_empty() || one.status == 204);
    }
}

async fn dis_3_another_users_account_is_as_if_it_did_not_exist(store: Store) {
    let server = Server::start(store);
    let alice = with_two_accounts(&server, "alice").await;
    let bob = with_two_accounts(&server, "bob").await;
    let listed = server.get("/me/social_auth", Some(&bob)).await.json();
    let before = server.store.contents();
    let his = listed[0]["id"].as_str().unwrap().to_owned();
    for id in [&his, "01a1fdaf-92c0-7062-8925-65ff0fc760ed", "1", "x"] {
        for provider in ["sandbox", "sandbox-oauth1"] {
            let what = format!("{provider}/{id}");
            is_not_found(&disconnect(&server.url, &what, &alice).await);
        }
    }
    let listed = server.get("/me/social_auth", Some(&alice)).await.json();
    let hers = listed[0]["id"].as_str().unwrap();
    let elsewhere = format!("sandbox-oauth1/{hers}");
    is_not_found(&disconnect(&server.url, &elsewhere, &alice).await);
    is_not_found(&disconnect(&server.url, "github", &alice).await);
    assert_eq!(server.store.contents(), before);
}

async fn dis_5_a_provider_that_is_not_configured_is_no_way_to_sign_in_and_can_go(store: Store) {
    let server = Server::start(store);
    let bearer = with_two_accounts(&server, "alice").await;
    let closed = "UPDATE social_auth_usersocialauth SET provider = 'closed' \
        WHERE provider = 'sandbox-oauth1' RETURNING id";
    server.store.query(closed);
    is_last(&disconnect(&server.url, "sandbox", &bearer).await);
    let gone = disconnect(&server.url, "closed", &bearer).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(providers(&server, &bearer).await, ["sandbox"]);
}

async fn a_password_is_a_way_to_sign_in(store: Store) {
    let server = Server::start(store);
    let bearer = server.sign_up(sandbox("alice")).await.bearer();
    server
        .store
        .query("UPDATE users SET password = '' RETURNING id");
    is_last(&disconnect(&server.url, "sandbox", &bearer).await);
    server
        .store
        .query("UPDATE users SET password = 'argon2$x' RETURNING id");
    assert_eq!(
        disconnect(&server.url, "sandbox", &bearer).await.status,
        204
    );
    assert_eq!(providers(&server, &bearer).await, [""; 0]);
}

async fn all_accounts_at_a_provider_go_at_once_or_one_by_its_id(store: Store) {
    let server = Server::start(store);
    let bearer = with_two_accounts(&server, "alice").await;
    for person in ["bob", "carol"] {
        assert_eq!(server.associate(&bearer, sandbox(person)).await.status, 201);
    }
    let listed = server.get("/me/social_auth", Some(&bearer)).await.json();
    let first = listed[0]["id"].as_str().unwrap();
    let one = disconnect(&server.url, &format!("sandbox/{first}/"), &bearer).await;
    assert_eq!(one.status, 204, "{}", one.text);
    let left = ["sandbox-oauth1", "sandbox", "sandbox"];
    assert_eq!(providers(&server, &bearer).await, left);
    assert_eq!(
        disconnect(&server.url, "sandbox", &bearer).await.status,
        204
    );
    assert_eq!(providers(&server, &bearer).await, ["sandbox-oauth1"]);
}

async fn only_who_is_signed_in_disconnects(store: Store) {
    let server = Server::start(store);
    let bearer = with_two_accounts(&server, "alice").await;
    let before = server.store.contents();
    let url = format!("{}/disconnect/sandbox", server.url);
    let nobody = http::send(http::request(Method::POST, &url)).await;
    assert_eq!(nobody.status_and_code(), (401, "invalid_token".to_owned()));
    assert!(nobody.headers.contains_key("www-authenticate"));
    let forged = disconnect(&server.url, "sandbox", "forged").await;
    assert_eq!(forged.status_and_code(), (401, "invalid_token".to_owned()));
    let get = server.get("/disconnect/sandbox", Some(&bearer)).await;
    assert_eq!(get.status, 405);
    assert_eq!(get.headers["allow"], "DELETE, POST");
    assert_eq!(server.store.contents(), before);
    server
        .store
        .query("UPDATE users SET is_active = false RETURNING id");
    let inactive = disconnect(&server.url, "sandbox", &bearer).await;
    assert_eq!(
        inactive.status_and_code(),
        (401, "invalid_token".to_owned())
    );
}

async fn the_steps_are_those_of_the_setting(store: Store) {
    let unguarded = (
        "SOCIAL_AUTH_SANDBOX_DISCONNECT_PIPELINE",
        r#"["social_core.pipeline.disconnect.get_entries", "social.pipeline.disconnect.disconnect"]"#,
    );
    let guarded = (
        "SOCIAL_AUTH_DISCONNECT_PIPELINE",
        r#"["social_core.pipeline.disconnect.allowed_to_disconnect",
            "social_core.pipeline.disconnect.get_entries",
            "social_core.pipeline.disconnect.revoke_tokens",
            "social_core.pipeline.disconnect.disconnect"]"#,
    );
    let server = Server::start_with(store, &[unguarded, guarded], |builder| builder);
    let alice = server.sign_up(sandbox("alice")).await.bearer();
    assert_eq!(disconnect(&server.url, "sandbox", &alice).await.status, 204);
    let bob = server.sign_up(oauth1("bob")).await.bearer();
    is_last(&disconnect(&server.url, "sandbox-oauth1", &bob).await);
}
