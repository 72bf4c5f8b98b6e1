//! What a proof ends: whoever was there before may be another.

use serde_json::json;

use super::*;
use crate::support::server::on_both;

on_both!(
    pre_2_a_proof_ends_the_older_sessions_of_a_known_user,
    pre_4_a_proof_voids_codes_that_others_asked_for,
    passwordless_asks_known_people_each_time,
);

/// The address is not verified there.
fn unproven() -> Value {
    json!({
        "provider": "sandbox-oauth1", "access_token": "alice",
        "access_token_secret": "alice-secret",
    })
}

fn revoked(server: &Server) -> Vec<Vec<String>> {
    let ended = "SELECT count(*) FROM sessions WHERE revoked IS NOT NULL";
    server.store.query(ended)
}

async fn pre_2_a_proof_ends_the_older_sessions_of_a_known_user(store: Store) {
    let server = Server::start(store.clone());
    let before = server.sign_up(json!({
        "provider": "sandbox-oauth1", "access_token": "alice",
        "access_token_secret": "alice-secret",
    }));
    let before = before.await;
    assert_eq!(before.json()["email_verified"], false, "{}", before.text);
    drop(server);

    let passwordless = ("SOCIAL_AUTH_PASSWORDLESS", "true");
    let (server, mails) = proving(store, &[passwordless]).await;
    let token = waiting(&server.sign_up(unproven()).await);
    assert_eq!(revoked(&server), [["0"]]);
    let mail = mails.newest("alice@example.com").await;
    let fields = json!({"partial_token": token, "verification_code": mail.digits()});
    let url = format!("{}/complete/sandbox-oauth1", server.url);
    let done = http::post(&url, None, &fields).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["id"], before.json()["id"]);
    assert_eq!(done.json()["email_verified"], true);
    assert_eq!(
        revoked(&server),
        [["1"]],
        "the one of before, and not the new one"
    );
}

async fn pre_4_a_proof_voids_codes_that_others_asked_for(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let asked = begin(&server, "dave").await;
    let token = asked.json()["partial_token"].as_str().unwrap().to_owned();
    let attackers = complete(&server, &token, json!({"email": ALICE})).await;
    let attackers = waiting(&attackers);
    let pending = mails.newest(ALICE).await;
    // Alice confirms what she did not begin, and then signs up herself.
    assert_eq!(press(&server, &pending).await.status, 200);
    let (token, mail) = alice(&server, &mails).await;
    assert_eq!(show(&server, &token, &mail.digits()).await.status, 201);
    let late = complete(&server, &attackers, json!({})).await;
    assert_eq!(late.status, 400, "{}", late.text);
    assert_rejected(&show(&server, &attackers, &pending.digits()).await);
    assert_eq!(server.store.count("users"), 1);
}

async fn passwordless_asks_known_people_each_time(store: Store) {
    let (server, mails) = proving(store, &[("SOCIAL_AUTH_PASSWORDLESS", "true")]).await;
    let mut ids = Vec::new();
    for number in 1..=2 {
        let (token, mail) = alice(&server, &mails).await;
        assert_eq!(mails.inbox(ALICE).await.len(), number);
        let done = show(&server, &token, &mail.digits()).await;
        assert_eq!(done.status, 201, "{}", done.text);
        ids.push(done.json()["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(revoked(&server), [["0"]], "the address was proven before");
}
