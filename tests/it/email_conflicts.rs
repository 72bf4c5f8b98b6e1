//! One address, two people who claim it: who is signed in to what.

mod trojans;

use serde_json::{Value, json};

use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    lnk_2_without_the_step_two_people_with_one_address_are_two_users,
    lnk_1_lnk_2_where_conflicts_are_refused_the_person_is_told_what_to_do,
    a_proven_address_signs_in_to_the_account_that_has_it,
    pre_2_older_sessions_of_an_account_that_is_linked_end,
    pre_5_only_a_provider_that_is_trusted_for_addresses_links,
    lnk_3_an_account_whose_own_address_is_not_proven_is_not_linked,
    lnk_4_of_two_accounts_with_one_address_none_is_linked,
    lnk_5_of_two_who_come_at_once_with_one_address_one_user_is_made,
    lnk_6_an_inactive_account_is_not_linked,
    pre_7_the_same_address_with_another_id_at_the_same_provider_is_somebody_else,
);

type Settings<'a> = [(&'a str, &'a str)];

pub(crate) const LINKING: (&str, &str) = (
    "SOCIAL_AUTH_PIPELINE",
    r#"["social_details", "social_names", "social_uid", "auth_allowed", "social_user", "get_username",
        "social_core.pipeline.social_auth.associate_by_email", "create_user", "associate_user",
        "load_extra_data", "user_details"]"#,
);
pub(crate) const TRUST: (&str, &str) = ("SOCIAL_AUTH_TRUST_EMAIL", "true");
const REFUSE: (&str, &str) = ("SOCIAL_AUTH_EMAIL_CONFLICT", "refuse");

fn start(store: Store, settings: &Settings<'_>) -> Server {
    Server::start_with(store, settings, |builder| builder)
}

/// The address is verified there.
fn sandbox(person: &str) -> Value {
    json!({"provider": "sandbox", "access_token": person})
}

/// The address is not verified there.
fn oauth1(person: &str) -> Value {
    json!({
        "provider": "sandbox-oauth1", "access_token": person,
        "access_token_secret": format!("{person}-secret"),
    })
}

/// The address is verified there, but for Erin's.
async fn oidc(server: &Server, person: &str) -> Reply {
    let url = format!("{}/oidc/id_token", server.playground.sandbox().url());
    let form = [("person", person), ("format", "text")];
    let token = http::send(http::request(reqwest::Method::POST, &url).form(&form)).await;
    let body = json!({"provider": "sandbox-oidc", "id_token": token.text.trim()});
    server.sign_up(body).await
}

fn conflict(reply: &Reply, sign_in_with: &[&str]) {
    let expected = (409, "email_in_use".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
    assert_eq!(reply.json()["recovery"], "use_existing_account");
    let told = reply.json().get("sign_in_with").cloned();
    let expected = (!sign_in_with.is_empty()).then(|| json!(sign_in_with));
    assert_eq!(told, expected);
}

async fn lnk_2_without_the_step_two_people_with_one_address_are_two_users(store: Store) {
    let server = start(store, &[TRUST]);
    let first = server.sign_up(sandbox("alice")).await.json();
    let second = oidc(&server, "alice").await.json();
    assert_ne!(second["id"], first["id"]);
    assert_eq!(second["email"], first["email"]);
    assert_eq!(first["email_verified"], true);
    assert_eq!(second["email_verified"], false, "it is the first one's");
}

async fn lnk_1_lnk_2_where_conflicts_are_refused_the_person_is_told_what_to_do(store: Store) {
    let server = start(store, &[REFUSE]);
    let first = server.sign_up(sandbox("alice")).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let before = server.store.contents();
    conflict(&oidc(&server, "alice").await, &["sandbox"]);
    // Who has not proven the address learns nothing of the account.
    conflict(&server.sign_up(oauth1("alice")).await, &[]);
    assert_eq!(server.store.contents(), before);
    let added = server.associate(&first.bearer(), oauth1("alice")).await;
    assert_eq!(
        added.status, 201,
        "what it says to do works: {}",
        added.text
    );
    assert_eq!(server.sign_up(sandbox("alice")).await.status, 201);
    assert_eq!(
        server.sign_up(sandbox("dave")).await.status,
        201,
        "who has no address"
    );
}

async fn a_proven_address_signs_in_to_the_account_that_has_it(store: Store) {
    let server = start(store, &[LINKING, TRUST]);
    let first = server.sign_up(sandbox("alice")).await.json();
    let linked = oidc(&server, "alice").await;
    assert_eq!(linked.status, 201, "{}", linked.text);
    let linked = linked.json();
    assert_eq!(linked["id"], first["id"]);
    assert_eq!(linked["is_new"], false);
    assert_eq!(linked["new_association"], true);
    assert_eq!(server.store.count("users"), 1);
    let again = oidc(&server, "alice").await.json();
    assert_eq!(again["new_association"], false);
    let other = oidc(&server, "bob").await.json();
    assert_eq!(other["is_new"], true);
}

async fn pre_2_older_sessions_of_an_account_that_is_linked_end(store: Store) {
    let server = start(store, &[LINKING, TRUST]);
    server.sign_up(sandbox("alice")).await;
    server.sign_up(sandbox("bob")).await;
    let living = "SELECT count(*) FROM sessions WHERE revoked IS NULL";
    assert_eq!(server.store.query(living), [["2"]]);
    oidc(&server, "alice").await;
    assert_eq!(
        server.store.query(living),
        [["2"]],
        "Bob's, and the one just opened"
    );
    assert_eq!(server.store.count("sessions"), 3);
    server.sign_up(sandbox("alice")).await;
    assert_eq!(
        server.store.query(living),
        [["3"]],
        "signing in ends nothing"
    );
}

async fn pre_5_only_a_provider_that_is_trusted_for_addresses_links(store: Store) {
    let server = start(store, &[LINKING]);
    let first = server.sign_up(sandbox("alice")).await.json();
    let untrusted = oidc(&server, "alice").await.json();
    assert_ne!(untrusted["id"], first["id"]);
    let erin = server.sign_up(sandbox("erin")).await.json();
    let server = server.restart(&[LINKING, TRUST]);
    let unverified = oidc(&server, "erin").await.json();
    assert_ne!(
        unverified["id"], erin["id"],
        "the provider does not call it verified"
    );
    assert_eq!(unverified["email_verified"], false);
}

async fn lnk_3_an_account_whose_own_address_is_not_proven_is_not_linked(store: Store) {
    let server = start(store, &[LINKING, TRUST]);
    server.sign_up(oauth1("alice")).await;
    let before = server.store.contents();
    // Nothing is told of an account that may be a stranger's.
    conflict(&oidc(&server, "alice").await, &[]);
    assert_eq!(server.store.contents(), before);
}

async fn lnk_4_of_two_accounts_with_one_address_none_is_linked(store: Store) {
    let server = start(store, &[]);
    server.sign_up(sandbox("alice")).await;
    server.sign_up(oauth1("alice")).await;
    server
        .store
        .query("UPDATE users SET email = 'ALICE@example.com' WHERE verified_email_key IS NULL RETURNING id");
    let server = server.restart(&[LINKING, TRUST]);
    let before = server.store.contents();
    conflict(&oidc(&server, "alice").await, &["sandbox"]);
    assert_eq!(server.store.contents(), before);
}

async fn lnk_5_of_two_who_come_at_once_with_one_address_one_user_is_made(store: Store) {
    let trust_all = ("SOCIAL_AUTH_TRUST_EMAIL", "true");
    for settings in [&[LINKING, trust_all][..], &[REFUSE]] {
        let server = start(store.another(), settings);
        for number in 0..10 {
            let person = format!("user-{number}");
            let (first, second) =
                tokio::join!(server.sign_up(sandbox(&person)), oidc(&server, &person));
            for reply in [&first, &second] {
                assert!([201, 409].contains(&reply.status), "{}", reply.text);
            }
            assert!([first.status, second.status].contains(&201));
        }
        let twice = "SELECT email_key FROM users GROUP BY email_key HAVING count(*) > 1";
        assert_eq!(
            server.store.query(twice),
            [[""; 0]; 0],
            "one user an address"
        );
        assert_eq!(server.store.count("users"), 10);
    }
}

async fn lnk_6_an_inactive_account_is_not_linked(store: Store) {
    let server = start(store, &[LINKING, TRUST]);
    server.sign_up(sandbox("alice")).await;
    server
        .store
        .query("UPDATE users SET is_active = false RETURNING id");
    let before = server.store.contents();
    let refused = oidc(&server, "alice").await;
    assert_eq!(refused.status_and_code(), (400, "user_inactive".to_owned()));
    assert_eq!(server.store.contents(), before);
}

async fn pre_7_the_same_address_with_another_id_at_the_same_provider_is_somebody_else(
    store: Store,
) {
    let server = start(store, &[LINKING, TRUST]);
    assert_eq!(oidc(&server, "alice").await.status, 201);
    let moved = "UPDATE social_auth_usersocialauth SET uid = 'of-before' RETURNING id";
    server.store.query(moved);
    let before = server.store.contents();
    conflict(&oidc(&server, "alice").await, &["sandbox-oidc"]);
    assert_eq!(server.store.contents(), before);
}
