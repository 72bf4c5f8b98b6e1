//! By the code: which one is taken, how often, and for whom.

use serde_json::json;
use tokio::task::JoinSet;

use super::*;
use crate::support::server::on_both;

on_both!(
    the_digits_of_the_mail_let_in,
    the_code_of_the_link_lets_in_who_began,
    eml_1_after_five_wrong_tries_the_right_code_is_refused_too,
    eml_2_a_code_of_another_sign_up_is_refused,
    eml_3_of_fifty_who_show_the_code_at_once_one_is_let_in,
    eml_3_a_newer_mail_voids_the_older_ones_code,
    eml_4_a_known_address_is_answered_as_an_unknown_one,
    eml_5_an_address_that_is_none_is_refused,
    codes_are_stored_hashed,
);

async fn the_digits_of_the_mail_let_in(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let digits = mail.digits();
    let spaced = format!(" {} {} ", &digits[..3], &digits[3..]);
    let done = show(&server, &token, &spaced).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["email_verified"], true);
    let used = show(&server, &token, &digits).await;
    assert_eq!(used.status_and_code(), (400, "partial_invalid".to_owned()));
}

async fn the_code_of_the_link_lets_in_who_began(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let code = mail.of_link("verification_code");
    let form = format!("partial_token={token}&verification_code={code}");
    let url = format!("{}/complete/sandbox", server.url);
    let media_type = "application/x-www-form-urlencoded";
    let done = http::post_text(&url, None, media_type, form).await;
    assert_eq!(done.status, 201, "{}", done.text);
}

async fn eml_1_after_five_wrong_tries_the_right_code_is_refused_too(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let wrong = if mail.digits() == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..5 {
        assert_rejected(&show(&server, &token, wrong).await);
    }
    assert_rejected(&show(&server, &token, &mail.digits()).await);
    assert_rejected(&show(&server, &token, &mail.of_link("verification_code")).await);
    assert_eq!(press(&server, &mail).await.status, 400);
    assert_eq!(complete(&server, &token, json!({})).await.status, 400);
    assert_eq!(server.store.rows(), [0; 5]);

    waiting(&complete(&server, &token, json!({"resend": true})).await);
    let newer = mails.newest(ALICE).await;
    let done = show(&server, &token, &newer.digits()).await;
    assert_eq!(done.status, 201, "{}", done.text);
}

async fn eml_2_a_code_of_another_sign_up_is_refused(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let bobs = waiting(&begin(&server, "bob").await);
    let bob = mails.newest("bob@example.com").await;
    // Another sign-up for the same address, which its owner did not begin.
    let attackers = waiting(&begin(&server, "alice").await);
    for token in [&bobs, &attackers] {
        assert_rejected(&show(&server, token, &mail.digits()).await);
        assert_rejected(&show(&server, token, &mail.of_link("verification_code")).await);
    }
    let mixed = json!({
        "partial_token": bob.of_link("partial_token"),
        "verification_code": mail.of_link("verification_code"),
    });
    let url = format!("{}/complete/sandbox", server.url);
    assert_rejected(&http::post(&url, None, &mixed).await);
    assert_eq!(show(&server, &token, &mail.digits()).await.status, 201);
    assert_eq!(show(&server, &bobs, &bob.digits()).await.status, 201);
}

async fn eml_3_of_fifty_who_show_the_code_at_once_one_is_let_in(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let mut tries = JoinSet::new();
    for _ in 0..50 {
        let url = format!("{}/complete/sandbox", server.url);
        let fields = json!({"partial_token": token, "verification_code": mail.digits()});
        tries.spawn(async move { http::post(&url, None, &fields).await });
    }
    let replies = tries.join_all().await;
    let with = |status: u16| replies.iter().filter(|one| one.status == status).count();
    assert_eq!(with(201), 1);
    assert_eq!((with(400), with(429)), (20, 29), "twenty are told why");
    assert_eq!(server.store.count("users"), 1);
}

async fn eml_3_a_newer_mail_voids_the_older_ones_code(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, old) = alice(&server, &mails).await;
    let again = complete(&server, &token, json!({"resend": "true"})).await;
    assert_eq!(waiting(&again), token, "the same sign-up waits");
    let new = mails.newest(ALICE).await;
    assert_ne!(new.header("Message-ID"), old.header("Message-ID"));
    assert_rejected(&show(&server, &token, &old.of_link("verification_code")).await);
    assert_eq!(press(&server, &old).await.status, 400);
    assert_eq!(press(&server, &new).await.status, 200);
    let unneeded = complete(&server, &token, json!({"resend": true})).await;
    assert_eq!(unneeded.status, 201, "it was confirmed meanwhile");
    assert_eq!(mails.inbox(ALICE).await.len(), 2);
}

async fn eml_4_a_known_address_is_answered_as_an_unknown_one(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    assert_eq!(show(&server, &token, &mail.digits()).await.status, 201);
    let mut told = Vec::new();
    for email in [ALICE, "nobody@example.com"] {
        let asked = begin(&server, "dave").await;
        let token = asked.json()["partial_token"].as_str().unwrap().to_owned();
        let mut answer = complete(&server, &token, json!({"email": email}))
            .await
            .json();
        assert_eq!(answer["email"], email);
        for own in ["partial_token", "email", "expires_in"] {
            answer[own] = Value::Null;
        }
        told.push(answer);
        assert!(!mails.inbox(email).await.is_empty());
    }
    assert_eq!(told[0], told[1]);
}

async fn eml_5_an_address_that_is_none_is_refused(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let asked = begin(&server, "dave").await;
    let token = asked.json()["partial_token"].as_str().unwrap().to_owned();
    for email in [
        "dave@example.com\r\nBcc: bob@example.com",
        "dave@example.com,bob@example.com",
        "dave@b@example.com",
        "dave@ex\u{430}mple.com",
        &format!("dave@{}.example", "b".repeat(254)),
    ] {
        let reply = complete(&server, &token, json!({"email": email})).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        let messages = reply.json()["email"].as_array().unwrap().clone();
        assert!(
            messages.contains(&json!("Enter a valid email address.")),
            "{messages:?}"
        );
    }
    assert!(mails.inbox("bob@example.com").await.is_empty());
    assert_eq!(server.store.count("social_auth_code"), 0);
}

async fn codes_are_stored_hashed(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let stored = ["social_auth_code", "social_auth_partial"]
        .map(|table| server.store.query(&format!("SELECT * FROM {table}")));
    let stored = format!("{stored:?}").to_lowercase();
    let secrets = [
        mail.digits(),
        mail.of_link("verification_code"),
        mail.of_link("verification_code").replace('-', ""),
        mail.of_link("partial_token"),
        token,
    ];
    for secret in &secrets {
        let (text, hex) = (secret.to_lowercase(), hex(secret.as_bytes()));
        assert!(
            !stored.contains(&text) && !stored.contains(&hex),
            "{secret}"
        );
    }
    let columns = "SELECT hex(digits_hash), hex(code_hash) FROM social_auth_code";
    let columns = match &server.store {
        Store::Sqlite(_) => columns.to_owned(),
        Store::Postgres(_) => columns
            .replace("hex(digits_hash)", "encode(digits_hash, 'hex')")
            .replace("hex(code_hash)", "encode(code_hash, 'hex')"),
    };
    let kept = server.store.query(&columns)[0].clone();
    let guess = sociable::crypto::one_use::digest(&mail.digits());
    assert_ne!(kept[0].to_lowercase(), hex(&guess), "digits need a key");
    assert_eq!(kept[0].len(), 64);
}

fn hex(bytes: &[u8]) -> String {
    sociable::crypto::one_use::hex(bytes)
}
