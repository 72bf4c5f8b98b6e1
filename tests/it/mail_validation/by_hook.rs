//! Mails that a hook carries: a server in Python, which checks the signatures.

use serde_json::{Value, json};

use super::{ALICE, FORCED, PROVING, begin, complete, show, waiting};
use crate::real_parts::hooks::{HookServer, OTHER_SECRET};
use crate::support::http;
use crate::support::server::{Server, Store, on_both};

on_both!(
    a_hook_carries_the_mail_whose_code_and_link_work,
    a_hook_that_fails_is_503_and_the_sign_up_survives,
);

fn start(store: Store, hooks: &str) -> Server {
    let by_hook = ("SOCIABLE_MAIL__HOOK", "crm");
    let settings = [PROVING, FORCED, by_hook, ("SOCIABLE_HOOKS", hooks)];
    Server::start_with(store, &settings, |builder| builder)
}

fn text(mail: &Value, member: &str) -> String {
    mail["body"]["data"][member].as_str().unwrap().to_owned()
}

async fn a_hook_carries_the_mail_whose_code_and_link_work(store: Store) {
    let hooks = HookServer::start();
    let server = start(store, &hooks.crm("told", json!({})));
    let token = waiting(&begin(&server, "alice").await);
    let again = complete(&server, &token, json!({"resend": true})).await;
    assert_eq!(waiting(&again), token);
    let mails = hooks.taken(2).await;
    assert_eq!(mails.len(), 2);
    assert_ne!(mails[0]["id"], mails[1]["id"], "each is a call of its own");
    let newest = &mails[1];
    assert_eq!(newest["body"]["type"], "mail");
    assert_eq!(newest["body"]["hook"], "crm");
    let code = text(newest, "code");
    let link = text(newest, "link");
    assert_eq!(text(newest, "to"), ALICE);
    assert_eq!(text(newest, "backend"), "sandbox");
    assert!(text(newest, "text").contains(&code), "{newest}");
    assert!(text(newest, "text").contains(&link), "{newest}");
    assert!(text(newest, "html").contains(&code), "{newest}");
    assert!(!text(newest, "subject").is_empty());
    let left = newest["body"]["data"]["expires_in"].as_u64().unwrap();
    assert!((1..=900).contains(&left), "{left}");
    let path = &link[link.find("/complete/").unwrap()..];
    let page = http::get(&format!("{}{path}", server.url), None).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let done = show(&server, &token, &code).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["email_verified"], true);
}

async fn a_hook_that_fails_is_503_and_the_sign_up_survives(store: Store) {
    let hooks = HookServer::start();
    let unavailable = (503, "mail_unavailable".to_owned());
    let wrong = hooks.crm("told", json!({"secret": OTHER_SECRET}));
    let server = start(store.another(), &wrong);
    let refused = begin(&server, "alice").await;
    assert_eq!(refused.status_and_code(), unavailable, "{}", refused.text);
    let server = start(store, &hooks.crm("told", json!({})));
    hooks.fail(json!(500)).await;
    let failed = begin(&server, "alice").await;
    assert_eq!(failed.status_and_code(), unavailable, "{}", failed.text);
    let token = failed.json()["partial_token"].as_str().unwrap().to_owned();
    hooks.fail(json!(null)).await;
    waiting(&complete(&server, &token, json!({"resend": true})).await);
    let mails = hooks.taken(1).await;
    let done = show(&server, &token, &text(&mails[0], "code")).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(server.store.count("users"), 1);
}
