//! How many mails there may be, and what becomes of one that cannot be sent.

use serde_json::json;
use tokio::task::JoinSet;

use super::*;
use crate::support::server::on_both;

on_both!(
    a_mail_that_cannot_be_sent_is_503_and_the_sign_up_survives,
    eml_6_an_address_gets_five_mails_and_then_none,
    eml_6_mails_asked_for_at_once_are_all_counted,
    eml_6_a_domain_has_its_limit_and_so_has_a_sender,
);

fn assert_too_many(reply: &Reply) {
    let expected = (429, "too_many_requests".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
    assert_eq!(reply.headers["retry-after"], "900");
    assert!(reply.json()["partial_token"].is_string(), "it waits still");
}

async fn a_mail_that_cannot_be_sent_is_503_and_the_sign_up_survives(store: Store) {
    let (server, mails) = proving(store, &[("SOCIABLE_MAIL__PER_ADDRESS", "9")]).await;
    for code in [451, 550] {
        mails.answer(code).await;
        let failed = begin(&server, "alice").await;
        let unavailable = (503, "mail_unavailable".to_owned());
        assert_eq!(failed.status_and_code(), unavailable, "{}", failed.text);
        assert!(failed.headers.contains_key("retry-after"));
        assert!(!failed.text.contains("Not here"), "{}", failed.text);
        let told = failed.json();
        assert_eq!(
            (&told["step"], &told["email"]),
            (&json!("mail_validation"), &json!(ALICE))
        );
        let token = told["partial_token"].as_str().unwrap().to_owned();
        let again = complete(&server, &token, json!({"resend": true})).await;
        assert_eq!(again.status_and_code(), unavailable, "{}", again.text);
        mails.answer(250).await;
        waiting(&complete(&server, &token, json!({"resend": true})).await);
        let mail = mails.newest(ALICE).await;
        if code == 550 {
            assert_eq!(show(&server, &token, &mail.digits()).await.status, 201);
        }
    }
    assert_eq!(server.store.count("users"), 1);
}

async fn eml_6_an_address_gets_five_mails_and_then_none(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, _) = alice(&server, &mails).await;
    for _ in 0..2 {
        waiting(&complete(&server, &token, json!({"resend": true})).await);
        waiting(&begin(&server, "alice").await);
    }
    let last = mails.newest(ALICE).await;
    assert_too_many(&complete(&server, &token, json!({"resend": true})).await);
    let refused = begin(&server, "alice").await;
    assert_too_many(&refused);
    assert_eq!(mails.inbox(ALICE).await.len(), 5);
    waiting(&begin(&server, "bob").await);
    assert_eq!(
        press(&server, &last).await.status,
        200,
        "one that was sent is good"
    );
}

async fn eml_6_mails_asked_for_at_once_are_all_counted(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let mut tries = JoinSet::new();
    for _ in 0..12 {
        let url = format!("{}/social_sign_up", server.url);
        let body = json!({"provider": "sandbox", "access_token": "alice"});
        tries.spawn(async move { http::post(&url, None, &body).await });
    }
    for reply in tries.join_all().await {
        assert!(matches!(reply.status, 202 | 429), "{}", reply.text);
    }
    let arrived = mails.inbox(ALICE).await.len();
    assert!(arrived <= 5, "{arrived}");
}

async fn eml_6_a_domain_has_its_limit_and_so_has_a_sender(store: Store) {
    let of_domain = ("SOCIABLE_MAIL__PER_DOMAIN", "2");
    let of_sender = ("SOCIABLE_MAIL__PER_SENDER", "2");
    for limit in [of_domain, of_sender] {
        let proxied = ("SOCIABLE_SERVER__BEHIND_PROXY", "true");
        let (server, mails) = proving(store.another(), &[limit, proxied]).await;
        let from = async |person: &str, entries: &str| {
            let request = http::request(
                reqwest::Method::POST,
                &format!("{}/social_sign_up", server.url),
            );
            let body = json!({"provider": "sandbox", "access_token": person});
            http::send(request.header("X-Forwarded-For", entries).json(&body)).await
        };
        // What a client adds in front does not count.
        for (person, entries) in [("alice", "9.9.9.9, 192.0.2.1"), ("bob", "192.0.2.1")] {
            waiting(&from(person, entries).await);
        }
        assert_too_many(&from("carol", "8.8.8.8, 192.0.2.1").await);
        assert!(mails.inbox("carol@example.com").await.is_empty());
        let elsewhere = from("user-1", "2001:db8::1").await;
        assert_eq!(elsewhere.status, if limit == of_sender { 202 } else { 429 });
    }
}
