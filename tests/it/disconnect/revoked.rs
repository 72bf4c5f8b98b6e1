//! Disconnected accounts' tokens are given back, whenever the provider is up.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{disconnect, sandbox, with_two_accounts};
use crate::support::clock::Ahead;
use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(
    tokens_are_given_back_only_where_a_setting_says_so,
    dis_6_a_provider_that_is_down_forgets_the_token_once_it_is_back,
    tokens_that_nobody_takes_for_a_day_are_gone_all_the_same,
);

const REVOKES: (&str, &str) = ("SOCIAL_AUTH_REVOKE_TOKENS_ON_DISCONNECT", "true");
const SOON: Duration = Duration::from_mins(1);

fn oidc(person: &str) -> Value {
    json!({"provider": "sandbox-oidc", "access_token": person})
}

/// Switches the sandbox's place of revocation.
async fn switch(server: &Server, fault: Value) {
    let url = format!("{}/oidc/faults", server.playground.sandbox().url());
    let request = http::request(Method::POST, &url).json(&json!({ "revoke": fault }));
    assert_eq!(http::send(request).await.status, 200);
}

async fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn open(server: &Server) -> Vec<Vec<String>> {
    let open = "SELECT payload FROM events WHERE kind = 'tokens.revoked'";
    server.store.query(open)
}

/// Signs Alice up with a further account, and disconnects it.
async fn disconnected(server: &Server, what: &str, further: Value) {
    let bearer = with_two_accounts(server, "bob").await;
    let added = server.associate(&bearer, further).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let entries = server.get("/me/social_auth", Some(&bearer)).await.json();
    let id = entries[2]["id"].as_str().unwrap();
    let gone = disconnect(&server.url, &format!("{what}/{id}"), &bearer).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(server.store.count("social_auth_usersocialauth"), 2);
}

async fn tokens_are_given_back_only_where_a_setting_says_so(store: Store) {
    let other = (
        "SOCIAL_AUTH_SANDBOX_OIDC_REVOKE_TOKENS_ON_DISCONNECT",
        "true",
    );
    let server = Server::start_with(store.another(), &[other], |builder| builder);
    disconnected(&server, "sandbox", sandbox("alice")).await;
    assert_eq!(open(&server), Vec::<Vec<String>>::new());
    assert_eq!(server.sign_up(sandbox("alice")).await.status, 201);
    assert_eq!(server.playground.sandbox().calls("/oauth2/revoke"), 0);

    let server = Server::start_with(store, &[REVOKES], |builder| builder);
    disconnected(&server, "sandbox", sandbox("alice")).await;
    wait_for("it is revoked", || open(&server).is_empty()).await;
    let calls = server.playground.sandbox().calls("/oauth2/revoke");
    assert_eq!(calls, 1);
    let again = server.sign_up(sandbox("alice")).await;
    assert_eq!(
        again.status_and_code(),
        (401, "credential_rejected".to_owned())
    );
    assert_eq!(
        server.sign_up(sandbox("bob")).await.status,
        201,
        "hers alone"
    );
}

async fn dis_6_a_provider_that_is_down_forgets_the_token_once_it_is_back(store: Store) {
    let server = Server::start_with(store, &[REVOKES], |builder| builder);
    switch(&server, json!("500")).await;
    disconnected(&server, "sandbox-oidc", oidc("user-31415926")).await;
    let calls = || server.playground.sandbox().calls("/oidc/revoke");
    wait_for("it is tried again", || calls() >= 2).await;
    let waiting = open(&server);
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0][0].starts_with("\"v1."), "{waiting:?}");
    assert!(!waiting[0][0].contains("31415926"), "it is sealed");
    assert_eq!(
        server.sign_up(oidc("user-31415926")).await.status,
        201,
        "not yet"
    );
    switch(&server, json!(null)).await;
    wait_for("it is revoked", || open(&server).is_empty()).await;
    let again = server.sign_up(oidc("user-31415926")).await;
    assert_eq!(
        again.status_and_code(),
        (401, "credential_rejected".to_owned())
    );
}

async fn tokens_that_nobody_takes_for_a_day_are_gone_all_the_same(store: Store) {
    let clock = Ahead::new();
    let time = clock.clone();
    let server = Server::start_with(store, &[REVOKES], |builder| builder.clock(time));
    switch(&server, json!("500")).await;
    disconnected(&server, "sandbox-oidc", oidc("alice")).await;
    let calls = || server.playground.sandbox().calls("/oidc/revoke");
    wait_for("it is tried", || calls() >= 1).await;
    assert_eq!(open(&server).len(), 1);
    clock.turn_on(24 * 3600);
    wait_for("it is given up", || open(&server).is_empty()).await;
}
