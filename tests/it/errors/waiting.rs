//! Errors of sign-ups that wait for the person, of mails, and of accounts that
//! are taken away.

use serde_json::json;

use super::{Codes, meet};
use crate::hooks::PIPELINE;
use crate::mail_validation::{FORCED, FROM, PROVING, SMTP};
use crate::real_parts::hooks::{HookServer, SECRET};
use crate::support::http;
use crate::support::server::{Server, Store};

/// Meets all of them; none leaves a trace.
pub(super) async fn all(store: &Store, met: &mut Codes) {
    mails(store, met).await;
    accounts(store, met).await;
    hooks(store, met).await;
}

/// No mail server is there, and one mail is allowed.
async fn mails(store: &Store, met: &mut Codes) {
    let nobody = (SMTP, "smtp://127.0.0.1:1");
    let one = ("SOCIABLE_MAIL__PER_ADDRESS", "1");
    let settings = [PROVING, FORCED, FROM, nobody, one];
    let server = Server::start_with(store.another(), &settings, |builder| builder);
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let unsent = server.sign_up(alice.clone()).await;
    let token = unsent.json()["partial_token"].clone();
    let wrong = json!({"partial_token": token, "verification_code": "wrong"});
    let unknown = json!({"partial_token": "unknown"});
    let url = format!("{}/complete/sandbox", server.url);
    for reply in [
        unsent,
        server.sign_up(alice).await,
        http::post(&url, None, &wrong).await,
        http::post(&url, None, &unknown).await,
    ] {
        meet(met, &reply);
    }
    assert_eq!(server.store.rows(), [0; 5]);
}

async fn accounts(store: &Store, met: &mut Codes) {
    let refuse = ("SOCIAL_AUTH_EMAIL_CONFLICT", "refuse");
    let server = Server::start_with(store.another(), &[refuse], |builder| builder);
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let bearer = server.sign_up(alice).await.bearer();
    let before = server.store.rows();
    let other = json!({
        "provider": "sandbox-oauth1", "access_token": "alice",
        "access_token_secret": "alice-secret",
    });
    let url = format!("{}/disconnect/sandbox", server.url);
    for reply in [
        server.sign_up(other).await,
        http::post(&url, Some(&bearer), &json!({})).await,
    ] {
        meet(met, &reply);
    }
    assert_eq!(server.store.rows(), before);
}

/// One that refuses, and one that nobody serves.
async fn hooks(store: &Store, met: &mut Codes) {
    let hooks = HookServer::start();
    let nowhere = json!({"crm": {"url": "http://127.0.0.1:9/", "secret": SECRET}}).to_string();
    for (crm, person) in [(hooks.crm("decide", json!({})), "bob"), (nowhere, "alice")] {
        let settings = [PIPELINE, ("SOCIABLE_HOOKS", crm.as_str())];
        let server = Server::start_with(store.another(), &settings, |builder| builder);
        let reply = server
            .sign_up(json!({"provider": "sandbox", "access_token": person}))
            .await;
        meet(met, &reply);
        assert_eq!(server.store.rows(), [0; 5]);
    }
}
