//! A request that is sent again with its key, because its mail did not go out.

use serde_json::{Value, json};

use super::{ALICE, MailServer, complete, proving, show, waiting};
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_retry_after_503_has_the_mail_sent_and_makes_no_second_partial,
    a_retry_after_202_sends_nothing_again,
);

async fn once(server: &Server) -> Reply {
    let url = format!("{}/social_sign_up", server.url);
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    http::post_once(&url, None, "one-request", &alice).await
}

async fn inbox(mails: &MailServer) -> usize {
    mails.inbox(ALICE).await.len()
}

async fn a_retry_after_503_has_the_mail_sent_and_makes_no_second_partial(store: Store) {
    let (server, mails) = proving(store, &[("SOCIABLE_MAIL__PER_ADDRESS", "9")]).await;
    mails.answer(451).await;
    let unavailable = (503, "mail_unavailable".to_owned());
    let mut tokens: Vec<Value> = Vec::new();
    for _ in 0..3 {
        let failed = once(&server).await;
        assert_eq!(failed.status_and_code(), unavailable, "{}", failed.text);
        tokens.push(failed.json()["partial_token"].clone());
    }
    mails.answer(250).await;
    let sent = once(&server).await;
    let token = waiting(&sent);
    assert_eq!(sent.headers["idempotency-replayed"], "true");
    assert_eq!(tokens, vec![json!(token); 3], "one sign-up waits");
    assert_eq!(server.store.count("social_auth_partial"), 1);
    assert_eq!(inbox(&mails).await, 1);
    assert_eq!(waiting(&once(&server).await), token);
    assert_eq!(inbox(&mails).await, 1, "it is on its way");
    let mail = mails.newest(ALICE).await;
    let done = show(&server, &token, &mail.digits()).await;
    assert_eq!(done.status, 201, "{}", done.text);
}

async fn a_retry_after_202_sends_nothing_again(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let token = waiting(&once(&server).await);
    mails.answer(451).await;
    assert_eq!(waiting(&once(&server).await), token);
    mails.answer(250).await;
    assert_eq!(waiting(&once(&server).await), token);
    assert_eq!(inbox(&mails).await, 1);
    // Nor once the person had another one sent.
    waiting(&complete(&server, &token, json!({"resend": true})).await);
    waiting(&once(&server).await);
    assert_eq!(inbox(&mails).await, 2);
    let mail = mails.newest(ALICE).await;
    let done = show(&server, &token, &mail.digits()).await;
    assert_eq!(done.status, 201, "{}", done.text);
}
