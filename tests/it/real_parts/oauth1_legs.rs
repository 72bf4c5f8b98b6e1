//! OAuth 1 in a browser, at a server that verifies our signatures.

use serde_json::{Value, json};
use url::Url;

use super::CALLBACK;
use super::browser::{follow, parameter};
use super::oauth1::{CONSUMER, OAuth1, SECRET};
use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(three_legs_sign_a_person_up_at_whichever_of_two_instances);

/// The real server's own query is signed as well.
const BACK: &str = "https://app.example/callback?state=a%20b%2B~%F0%9F%9A%80";

fn definition(url: &str) -> String {
    format!(
        r#"
name     = "oauthlib"
title    = "oauthlib"
protocol = "oauth1"

[endpoints]
request_token = "{url}/request_token"
authorize     = "{url}/authorize"
token         = "{url}/access_token"

[[call]]
url   = "{url}/verify_credentials"
token = "oauth1"

[user]
id       = "id"
username = "screen_name"
email    = "email"
fullname = "name"

[audience]
kind = "secret_proof"
"#
    )
}

fn start(store: Store, definitions: &tempfile::TempDir) -> Server {
    let list = format!("[\"{BACK}\"]");
    let environment = [
        (
            "SOCIABLE_PROVIDERS_DIR",
            definitions.path().to_str().unwrap(),
        ),
        ("SOCIAL_AUTH_OAUTHLIB_KEY", CONSUMER),
        ("SOCIAL_AUTH_OAUTHLIB_SECRET", SECRET),
        ("SOCIAL_AUTH_OAUTHLIB_ALLOW_PRIVATE", "true"),
        ("SOCIAL_AUTH_OAUTHLIB_REDIRECT_URIS", list.as_str()),
    ];
    Server::start_with(store, &environment, |builder| builder)
}

async fn send_off(server: &Server, person: &str) -> Value {
    let url = format!("{}/social_sign_up/request_token", server.url);
    let body = json!({"provider": "oauthlib", "redirect_uri": BACK});
    let begun = http::post(&url, None, &body).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let begun = begun.json();
    let mut url = Url::parse(begun["authorize_url"].as_str().unwrap()).unwrap();
    url.query_pairs_mut().append_pair("person", person);
    let back = follow(url.as_str(), CALLBACK).await;
    assert_eq!(parameter(&back, "oauth_token"), begun["oauth_token"]);
    json!({
        "provider": "oauthlib",
        "oauth_token": begun["oauth_token"],
        "oauth_verifier": parameter(&back, "oauth_verifier"),
        "request_token": begun["request_token"],
    })
}

async fn three_legs_sign_a_person_up_at_whichever_of_two_instances(store: Store) {
    let provider = OAuth1::start();
    let definitions = tempfile::tempdir().unwrap();
    let file = definitions.path().join("oauthlib.toml");
    std::fs::write(file, definition(provider.url())).unwrap();
    let servers = [
        start(store.clone(), &definitions),
        start(store, &definitions),
    ];
    for (from, to, is_new) in [(0, 1, true), (1, 0, false)] {
        let body = send_off(&servers[from], "zoe").await;
        let mut wrong = body.clone();
        wrong["oauth_verifier"] = json!("another");
        let expected = (401, "authorization_code_rejected".to_owned());
        let refused = servers[to].sign_up(wrong).await;
        assert_eq!(refused.status_and_code(), expected);
        let reply = servers[to].sign_up(body.clone()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let user = reply.json();
        assert_eq!(user["is_new"], is_new);
        assert_eq!(user["email"], "zoe@people.example");
        let again = servers[from].sign_up(body).await;
        assert_eq!(again.status_and_code(), expected);
    }
    assert_eq!(servers[0].store.count("users"), 1);
    assert_eq!(servers[0].store.count("used_marks"), 2);
}
