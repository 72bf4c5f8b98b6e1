//! What somebody left in an account before the owner of its address came:
//! further ways to sign in, and sign-ups that wait.

use reqwest::Method;
use serde_json::{Value, json};

use super::{LINKING, TRUST, oauth1, oidc, sandbox, start};
use crate::real_parts::smtp::MailServer;
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    pre_1_who_took_the_address_unproven_gets_nothing_of_its_owner,
    pre_3_accounts_that_never_vouched_for_the_address_go_and_are_told_of,
    pre_3_an_account_that_vouched_for_the_address_stays,
    pre_3_an_account_whose_address_was_proven_by_a_mail_stays,
    pre_5_a_provider_that_is_not_trusted_vouches_for_nothing,
    pre_3_tokens_of_what_goes_are_given_back_where_a_setting_says_so,
    pre_2_a_token_of_before_brings_no_trojan_back,
    pre_4_what_waits_of_an_account_is_over_once_its_address_is_proven,
);

const ALICE: &str = "alice@example.com";

fn vouched(server: &Server) -> Vec<Vec<String>> {
    let rows = "SELECT provider, coalesce(proven_email_key, 'never') \
                FROM social_auth_usersocialauth ORDER BY 1";
    server.store.query(rows)
}

/// Says of the account at a provider which address it vouched for.
fn vouches_for(server: &Server, provider: &str, key: &str) {
    let update = format!(
        "UPDATE social_auth_usersocialauth SET proven_email_key = {key} \
         WHERE provider = '{provider}' RETURNING id"
    );
    assert_eq!(server.store.query(&update).len(), 1);
}

fn removed(reply: &Reply) -> Option<Value> {
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json().get("removed_social_auth").cloned()
}

async fn pre_1_who_took_the_address_unproven_gets_nothing_of_its_owner(store: Store) {
    let server = start(store, &[TRUST]);
    let attacker = server.sign_up(oauth1("alice")).await;
    assert_eq!(attacker.json()["email_verified"], false);
    let owner = oidc(&server, "alice").await.json();
    assert_ne!(owner["id"], attacker.json()["id"]);
    assert_eq!(owner["is_new"], true);
    assert_eq!(owner["email_verified"], true, "the address is theirs");
    let bearer = attacker.bearer();
    let me = server.get("/me", Some(&bearer)).await.json();
    assert_eq!(me["id"], attacker.json()["id"]);
    assert_eq!(me["email_verified"], false);
    let accounts = server.get("/me/social_auth", Some(&bearer)).await.json();
    assert_eq!(accounts.as_array().unwrap().len(), 1);
}

async fn pre_3_accounts_that_never_vouched_for_the_address_go_and_are_told_of(store: Store) {
    let server = start(store, &[LINKING, TRUST]);
    let first = server.sign_up(sandbox("alice")).await;
    let trojan = server.associate(&first.bearer(), oauth1("bob")).await;
    assert_eq!(trojan.status, 201, "{}", trojan.text);
    let trojan = trojan.json()["social_auth"]["id"].clone();
    let oauth1_never = vec!["sandbox-oauth1".to_owned(), "never".to_owned()];
    assert_eq!(vouched(&server)[1], oauth1_never);
    let linked = oidc(&server, "alice").await;
    assert_eq!(linked.json()["id"], first.json()["id"]);
    let expected = json!([{"id": trojan, "provider": "sandbox-oauth1"}]);
    assert_eq!(removed(&linked), Some(expected));
    assert_eq!(
        vouched(&server),
        [["sandbox", ALICE], ["sandbox-oidc", ALICE]]
    );
    let told = "SELECT count(*) FROM events WHERE kind = 'association.removed'";
    assert_eq!(server.store.query(told), [["1"]]);
    let stranger = server.sign_up(oauth1("bob")).await.json();
    assert_eq!(stranger["is_new"], true, "the door is shut");
}

async fn pre_3_an_account_that_vouched_for_the_address_stays(store: Store) {
    for (before, stays) in [
        (format!("'{ALICE}'"), true),
        ("'other@example.com'".to_owned(), false),
        // A row of before the column.
        ("NULL".to_owned(), false),
    ] {
        let server = start(store.another(), &[LINKING, TRUST]);
        server.sign_up(sandbox("alice")).await;
        vouches_for(&server, "sandbox", &before);
        let linked = oidc(&server, "alice").await;
        assert_eq!(removed(&linked).is_none(), stays, "{before}");
        let left = server.store.count("social_auth_usersocialauth");
        assert_eq!(left, if stays { 2 } else { 1 }, "{before}");
    }
    // A sign-in by it is a word for the address as well.
    let server = start(store, &[LINKING, TRUST]);
    server.sign_up(sandbox("alice")).await;
    vouches_for(&server, "sandbox", "NULL");
    server.sign_up(sandbox("alice")).await;
    assert_eq!(vouched(&server), [["sandbox", ALICE]]);
    assert_eq!(removed(&oidc(&server, "alice").await), None);
}

async fn pre_3_an_account_whose_address_was_proven_by_a_mail_stays(store: Store) {
    let mails = MailServer::start().await;
    let url = mails.url();
    let proving = [
        (
            "SOCIAL_AUTH_SANDBOX_OAUTH1_PIPELINE",
            r#"["social_details", "social_uid", "social_user", "get_username", "mail_validation",
                "create_user", "associate_user"]"#,
        ),
        ("SOCIAL_AUTH_SANDBOX_OAUTH1_FORCE_EMAIL_VALIDATION", "true"),
        ("SOCIABLE_MAIL__FROM", "Example <login@example.com>"),
        ("SOCIABLE_MAIL__SMTP_URL", url.as_str()),
    ];
    let server = start(store, &[&[LINKING, TRUST], &proving[..]].concat());
    let halted = server.sign_up(oauth1("alice")).await;
    assert_eq!(halted.status, 202, "{}", halted.text);
    let code = mails.newest(ALICE).await.digits();
    let token = halted.json()["partial_token"].clone();
    let body = json!({"partial_token": token, "verification_code": code});
    let url = format!("{}/complete/sandbox-oauth1", server.url);
    let done = http::post(&url, None, &body).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(vouched(&server), [["sandbox-oauth1", ALICE]]);
    let linked = oidc(&server, "alice").await;
    assert_eq!(removed(&linked), None);
    assert_eq!(linked.json()["id"], done.json()["id"]);
    assert_eq!(server.store.count("social_auth_usersocialauth"), 2);
}

async fn pre_5_a_provider_that_is_not_trusted_vouches_for_nothing(store: Store) {
    let trust = ("SOCIAL_AUTH_SANDBOX_OIDC_TRUST_EMAIL", "true");
    let server = start(store, &[LINKING, trust]);
    let first = server.sign_up(sandbox("alice")).await;
    assert_eq!(vouched(&server), [["sandbox", "never"]]);
    let linked = oidc(&server, "alice").await;
    assert_eq!(linked.json()["id"], first.json()["id"]);
    let gone = json!([{"id": first.json()["social_auth"]["id"], "provider": "sandbox"}]);
    assert_eq!(removed(&linked), Some(gone));
    assert_eq!(vouched(&server), [["sandbox-oidc", ALICE]]);
    let other = server.sign_up(sandbox("alice")).await.json();
    assert_ne!(other["id"], first.json()["id"]);
}

async fn pre_3_tokens_of_what_goes_are_given_back_where_a_setting_says_so(store: Store) {
    let trust = ("SOCIAL_AUTH_SANDBOX_TRUST_EMAIL", "true");
    let revokes = ("SOCIAL_AUTH_REVOKE_TOKENS_ON_DISCONNECT", "true");
    for (settings, expected) in [
        (&[LINKING, trust][..], "0"),
        (&[LINKING, trust, revokes], "1"),
    ] {
        let server = start(store.another(), settings);
        let body = json!({"provider": "sandbox-oidc", "access_token": "alice"});
        let first = server.sign_up(body).await;
        assert_eq!(first.status, 201, "{}", first.text);
        vouches_for(&server, "sandbox-oidc", "NULL");
        // Down, so that the queue can be looked at.
        let faults = format!("{}/oidc/faults", server.playground.sandbox().url());
        let down = http::request(Method::POST, &faults).json(&json!({"revoke": "500"}));
        assert_eq!(http::send(down).await.status, 200);
        let request = || {
            let request = http::request(Method::POST, &format!("{}/social_sign_up", server.url));
            let request = request.header("Idempotency-Key", "one-request");
            http::send(request.json(&sandbox("alice")))
        };
        let linked = request().await;
        assert_eq!(removed(&linked).unwrap()[0]["provider"], "sandbox-oidc");
        let queued = "SELECT count(*) FROM events WHERE kind = 'tokens.revoked'";
        assert_eq!(server.store.query(queued), [[expected]]);
        let again = request().await;
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(removed(&again), removed(&linked));
    }
}

/// Asks who has no address, at one provider.
const ASKING: (&str, &str) = (
    "SOCIAL_AUTH_SANDBOX_OAUTH1_PIPELINE",
    r#"["social_user", "require_email", "get_username", "create_user", "associate_user"]"#,
);

async fn pre_2_a_token_of_before_brings_no_trojan_back(store: Store) {
    let server = start(store, &[LINKING, TRUST]);
    let trojan = server.sign_up(sandbox("alice")).await.bearer();
    let owner = oidc(&server, "alice").await.bearer();
    assert_eq!(
        server.get("/me", Some(&trojan)).await.status,
        200,
        "for ten minutes"
    );
    let back = server.associate(&trojan, oauth1("bob")).await;
    assert_eq!(back.status_and_code(), (401, "invalid_token".to_owned()));
    let url = format!("{}/disconnect/sandbox-oidc", server.url);
    let out = http::send(http::request(Method::POST, &url).bearer_auth(&trojan)).await;
    assert_eq!(out.status_and_code(), (401, "invalid_token".to_owned()));
    let own = server.associate(&owner, oauth1("bob")).await;
    assert_eq!(own.status, 201, "{}", own.text);
}

async fn pre_4_what_waits_of_an_account_is_over_once_its_address_is_proven(store: Store) {
    for (proves, expected) in [(true, 400), (false, 201)] {
        let server = start(store.another(), &[LINKING, TRUST, ASKING]);
        let first = server.sign_up(sandbox("alice")).await;
        // Asked for while the account has no address, so that the step halts.
        let hide = "UPDATE users SET email = NULL, email_key = NULL, verified_email_key = NULL \
                    RETURNING id";
        server.store.query(hide);
        let halted = server.associate(&first.bearer(), oauth1("dave")).await;
        assert_eq!(halted.status, 202, "{}", halted.text);
        let show = format!(
            "UPDATE users SET email = '{ALICE}', email_key = '{ALICE}', \
             verified_email_key = '{ALICE}' RETURNING id"
        );
        server.store.query(&show);
        if proves {
            assert_eq!(removed(&oidc(&server, "alice").await), None);
        } else {
            assert_eq!(server.sign_up(sandbox("alice")).await.status, 201);
        }
        let body = json!({
            "partial_token": halted.json()["partial_token"], "email": "mallory@example.com",
        });
        let url = format!("{}/complete/sandbox-oauth1", server.url);
        let late = http::post(&url, Some(&first.bearer()), &body).await;
        assert_eq!(late.status, expected, "{}", late.text);
        if proves {
            assert_eq!(late.code(), "partial_invalid");
            assert_eq!(server.store.count("social_auth_usersocialauth"), 2);
        }
    }
}
