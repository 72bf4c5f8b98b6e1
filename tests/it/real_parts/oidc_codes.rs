//! Sign-ups with codes of oidc-provider, which checks every part of them.

use serde_json::{Value, json};

use super::oidc::{CLIENT, CodeGrant, OTHER_CLIENT, Oidc, random};
use super::oidc_sign_up::World;
use crate::support::server::{Store, on_both};

on_both!(
    a_code_and_its_verifier_sign_their_person_up,
    code_1_a_code_without_its_own_verifier_signs_nobody_in,
    a_code_of_another_app_signs_nobody_in,
    mix_5_the_issuer_of_the_callback_is_held_against_ours,
);

fn body(grant: &CodeGrant) -> Value {
    json!({
        "provider": "real",
        "code": grant.code,
        "redirect_uri": grant.redirect_uri,
        "code_verifier": grant.code_verifier,
        "iss": grant.iss,
    })
}

async fn a_code_and_its_verifier_sign_their_person_up(store: Store) {
    let oidc = Oidc::shared();
    let server = &World::of(store, oidc).server;
    let nonce = random();
    let asked = [("nonce", nonce.as_str())];
    let grant = oidc.code(CLIENT, "zoe", &asked).await;
    assert!(grant.iss.is_some());
    let mut posted = body(&grant);
    posted["nonce"] = nonce.as_str().into();
    let reply = server.sign_up(posted.clone()).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let user = reply.json();
    assert_eq!(user["email"], "zoe@people.example");
    assert_eq!(user["email_verified"], true);
    assert_eq!(user["social_auth"]["client_id"], CLIENT);
    let again = server.sign_up(posted).await;
    assert_eq!(again.status_and_code(), (401, "token_replayed".to_owned()));
    let uids = "SELECT provider, uid FROM social_auth_usersocialauth";
    assert_eq!(server.store.query(uids), [["real", "zoe"]]);
}

async fn code_1_a_code_without_its_own_verifier_signs_nobody_in(store: Store) {
    let oidc = Oidc::shared();
    let server = &World::of(store, oidc).server;
    let victim = oidc.code(CLIENT, "ada", &[]).await;
    let mut injected = body(&victim);
    injected["code_verifier"] = random().into();
    let reply = server.sign_up(injected).await;
    let expected = (401, "authorization_code_rejected".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    // Without any it is not even sent.
    let victim = oidc.code(CLIENT, "ada", &[]).await;
    let mut downgraded = body(&victim);
    downgraded.as_object_mut().unwrap().remove("code_verifier");
    let reply = server.sign_up(downgraded).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert_eq!(server.store.count("users"), 0);
    assert_eq!(server.store.count("used_marks"), 1);
}

async fn a_code_of_another_app_signs_nobody_in(store: Store) {
    let oidc = Oidc::shared();
    let server = &World::of(store, oidc).server;
    let grant = oidc.code(OTHER_CLIENT, "ada", &[]).await;
    let reply = server.sign_up(body(&grant)).await;
    let expected = (401, "authorization_code_rejected".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    assert_eq!(server.store.count("users"), 0);
}

async fn mix_5_the_issuer_of_the_callback_is_held_against_ours(store: Store) {
    let oidc = Oidc::shared();
    let server = &World::of(store, oidc).server;
    let mut grant = oidc.code(CLIENT, "ada", &[]).await;
    let ours = grant.iss.replace("https://another.example".to_owned());
    let reply = server.sign_up(body(&grant)).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    assert_eq!(server.store.rows(), [0; 5]);
    grant.iss = ours;
    let reply = server.sign_up(body(&grant)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}
