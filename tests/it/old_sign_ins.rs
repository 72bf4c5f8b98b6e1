//! Who signed in long ago signs in again before ways to sign in are added or
//! removed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sociable::crypto::jose::SigningKey;

use crate::disconnect::{disconnect, with_two_accounts};
use crate::support::clock::Ahead;
use crate::support::http;
use crate::support::server::{KEYS, Reply, Server, Store, on_both};

on_both!(
    asc_5_an_old_sign_in_adds_and_removes_no_social_account,
    asc_5_without_the_setting_any_age_will_do,
    asc_5_an_access_token_that_does_not_say_when_counts_as_old,
    asc_5_a_halted_association_goes_on_after_another_sign_in,
);

const MAX_AGE: (&str, &str) = ("SOCIABLE_SESSION__ASSOCIATION_MAX_AUTH_AGE", "300");
/// Asks who has no address, at one provider.
const ASKING: (&str, &str) = (
    "SOCIAL_AUTH_SANDBOX_OAUTH1_PIPELINE",
    r#"["social_user", "require_email", "get_username", "create_user", "associate_user"]"#,
);

fn start(store: Store, settings: &[(&str, &str)]) -> (Server, Arc<Ahead>) {
    let clock = Ahead::new();
    let of_server = Arc::clone(&clock);
    let server = Server::start_with(store, settings, |builder| builder.clock(of_server));
    (server, clock)
}

fn sandbox(person: &str) -> Value {
    json!({"provider": "sandbox", "access_token": person})
}

fn oauth1(person: &str) -> Value {
    json!({
        "provider": "sandbox-oauth1", "access_token": person,
        "access_token_secret": format!("{person}-secret"),
    })
}

fn is_told_to_sign_in_again(reply: &Reply) {
    let expected = (401, "reauthentication_required".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
    assert_eq!(reply.json()["recovery"], "sign_in");
    assert!(!reply.headers.contains_key("www-authenticate"));
}

async fn asc_5_an_old_sign_in_adds_and_removes_no_social_account(store: Store) {
    let (server, clock) = start(store, &[MAX_AGE]);
    let bearer = with_two_accounts(&server, "alice").await;
    clock.turn_on(290);
    let added = server.associate(&bearer, sandbox("user-1")).await;
    assert_eq!(added.status, 201, "not old yet: {}", added.text);
    clock.turn_on(20);
    let before = server.store.contents();
    let asked = || server.playground.sandbox().calls("/oauth2/userinfo");
    let calls = asked();
    is_told_to_sign_in_again(&server.associate(&bearer, sandbox("user-2")).await);
    is_told_to_sign_in_again(&disconnect(&server.url, "sandbox-oauth1", &bearer).await);
    assert_eq!(server.store.contents(), before);
    assert_eq!(asked(), calls, "no provider is asked for nothing");
    let me = server.get("/me", Some(&bearer)).await;
    assert_eq!(me.status, 200, "for everything else it is good");
    let again = server.sign_up(sandbox("alice")).await.bearer();
    assert_eq!(
        server.associate(&again, sandbox("user-2")).await.status,
        201
    );
    let gone = disconnect(&server.url, "sandbox-oauth1", &again).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
}

async fn asc_5_without_the_setting_any_age_will_do(store: Store) {
    let (server, clock) = start(store, &[]);
    let bearer = with_two_accounts(&server, "alice").await;
    clock.turn_on(590);
    let added = server.associate(&bearer, sandbox("user-1")).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let gone = disconnect(&server.url, "sandbox-oauth1", &bearer).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
}

/// The same token as it was before it said when the person signed in.
fn of_before(bearer: &str) -> String {
    let claims = bearer.split('.').nth(1).unwrap();
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert!(
        claims
            .as_object_mut()
            .unwrap()
            .remove("auth_time")
            .is_some()
    );
    let seed = STANDARD.decode(KEYS[0].1).unwrap().try_into().unwrap();
    let token = SigningKey::from_seed(&seed)
        .unwrap()
        .sign("at+jwt", &claims);
    token.unwrap().expose_secret().to_owned()
}

async fn asc_5_an_access_token_that_does_not_say_when_counts_as_old(store: Store) {
    let (server, _) = start(store, &[MAX_AGE]);
    let bearer = of_before(&server.sign_up(sandbox("alice")).await.bearer());
    assert_eq!(server.get("/me", Some(&bearer)).await.status, 200);
    is_told_to_sign_in_again(&server.associate(&bearer, oauth1("alice")).await);
    is_told_to_sign_in_again(&disconnect(&server.url, "sandbox", &bearer).await);
    let server = server.restart(&[]);
    let added = server.associate(&bearer, oauth1("alice")).await;
    assert_eq!(added.status, 201, "{}", added.text);
}

async fn asc_5_a_halted_association_goes_on_after_another_sign_in(store: Store) {
    let (server, clock) = start(store, &[MAX_AGE, ASKING]);
    let bearer = server.sign_up(sandbox("dave")).await.bearer();
    let halted = server.associate(&bearer, oauth1("dave")).await;
    assert_eq!(halted.status, 202, "{}", halted.text);
    clock.turn_on(310);
    let body = json!({
        "partial_token": halted.json()["partial_token"], "email": "dave@example.com",
    });
    let complete = format!("{}/complete/sandbox-oauth1", server.url);
    is_told_to_sign_in_again(&http::post(&complete, Some(&bearer), &body).await);
    let again = server.sign_up(sandbox("dave")).await.bearer();
    let added = http::post(&complete, Some(&again), &body).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(added.json()["new_association"], true);
}
