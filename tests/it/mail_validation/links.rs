//! By the link: it confirms, and the session is for who began.

use serde_json::json;

use super::*;
use crate::support::server::on_both;

on_both!(
    a_new_person_confirms_by_the_link_and_who_began_is_in,
    a_link_that_is_opened_a_hundred_times_changes_nothing,
    eml_3_a_link_that_is_pressed_twice_confirms_once,
    the_token_of_a_link_obtains_no_session,
    a_link_of_any_backends_name_that_the_documents_write_confirms,
);

/// What a mail left in the database.
fn rows(server: &Server) -> [Vec<Vec<String>>; 2] {
    ["social_auth_code", "social_auth_partial"].map(|table| {
        server
            .store
            .query(&format!("SELECT * FROM {table} ORDER BY 1"))
    })
}

async fn poll(server: &Server, token: &str) -> Reply {
    let path = format!("/complete/sandbox?partial_token={token}");
    server.get(&path, None).await
}

async fn a_new_person_confirms_by_the_link_and_who_began_is_in(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let answer = begin(&server, "alice").await;
    let token = waiting(&answer);
    let body = answer.json();
    assert_eq!(body["email"], ALICE);
    assert_eq!(body["email_confirmed"], false);
    assert!(body["required"]["properties"]["verification_code"].is_object());
    assert_eq!(server.store.rows(), [0; 5], "nothing is half done");
    let mail = mails.newest(ALICE).await;
    assert_eq!(mail.recipients(), json!([ALICE]));
    assert_eq!(mail.header("From"), "Example <login@example.com>");
    assert_eq!(mail.header("To"), ALICE);
    assert_eq!(mail.header("Subject"), "Confirm your address for 127.0.0.1");
    assert!(mail.html().contains(&mail.digits()), "{}", mail.html());
    for secret in [&token, &mail.digits()] {
        assert!(!mail.link().contains(secret.as_str()), "{}", mail.link());
    }

    let early = complete(&server, &token, json!({})).await;
    assert_eq!(early.status, 400);
    assert_eq!(
        early.json(),
        json!({"verification_code": ["This field is required."]})
    );
    let page = press(&server, &mail).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("confirmed"), "{}", page.text);
    assert!(!page.text.contains("session"), "{}", page.text);
    assert_eq!(server.store.rows(), [0; 5], "who confirms is not signed in");
    let told = poll(&server, &token).await;
    assert_eq!(told.json()["email_confirmed"], true);

    let done = complete(&server, &token, json!({})).await;
    assert_eq!(done.status, 201, "{}", done.text);
    assert_eq!(done.json()["email"], ALICE);
    assert_eq!(done.json()["email_verified"], true);
    assert_eq!(done.json()["is_new"], true);
    let again = begin(&server, "alice").await;
    assert_eq!(again.status, 201, "a known person is not asked");
    assert_eq!(mails.inbox(ALICE).await.len(), 1);
}

async fn a_link_that_is_opened_a_hundred_times_changes_nothing(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let before = rows(&server);
    for _ in 0..100 {
        let page = server.get(&mail.link(), None).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("a…@example.com"), "{}", page.text);
        assert!(!page.text.contains(ALICE), "the address is masked");
        assert!(page.text.contains("<button"), "{}", page.text);
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"));
    }
    assert_eq!(rows(&server), before);
    assert_eq!(poll(&server, &token).await.json()["email_confirmed"], false);
    let broken = mail
        .link()
        .replace("verification_code=", "verification_code=0");
    let broken = server.get(&broken, None).await;
    assert_eq!(broken.status, 400);
    assert!(!broken.text.contains("<button"), "{}", broken.text);
}

async fn eml_3_a_link_that_is_pressed_twice_confirms_once(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    assert_eq!(press(&server, &mail).await.status, 200);
    let confirmed = rows(&server);
    assert_eq!(press(&server, &mail).await.status, 200, "it is confirmed");
    assert_eq!(rows(&server), confirmed);
    assert_eq!(complete(&server, &token, json!({})).await.status, 201);
    assert_eq!(server.get(&mail.link(), None).await.status, 400);
    assert_eq!(press(&server, &mail).await.status, 400);
}

/// PAR-2: what came with a mail is not what the client holds that began.
async fn the_token_of_a_link_obtains_no_session(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let link_token = mail.of_link("partial_token");
    let invalid = (400, "partial_invalid".to_owned());
    for _ in 0..2 {
        for fields in [json!({}), json!({"resend": true})] {
            let reply = complete(&server, &link_token, fields).await;
            assert_eq!(reply.status_and_code(), invalid, "{}", reply.text);
        }
        assert_eq!(poll(&server, &link_token).await.status_and_code(), invalid);
        assert_rejected(&show(&server, &link_token, &mail.digits()).await);
        let code = mail.of_link("verification_code");
        let confirmed = show(&server, &link_token, &code).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text);
        assert_eq!(confirmed.json(), json!({"email_confirmed": true}));
    }
    assert_eq!(server.store.rows(), [0; 5]);
    assert_eq!(mails.inbox(ALICE).await.len(), 1);
    assert_eq!(complete(&server, &token, json!({})).await.status, 201);
}

async fn a_link_of_any_backends_name_that_the_documents_write_confirms(store: Store) {
    let (server, mails) = proving(store, &[]).await;
    let (token, mail) = alice(&server, &mails).await;
    let other = mail
        .link()
        .replace("/complete/sandbox", "/complete/sandbox-oidc");
    assert_eq!(server.get(&other, None).await.status, 400);
    let documented = mail.link().replace("/complete/sandbox", "/complete/email/");
    assert_eq!(server.get(&documented, None).await.status, 200);
    let fields = json!({
        "partial_token": mail.of_link("partial_token"),
        "verification_code": mail.of_link("verification_code"),
    });
    let url = format!("{}/complete/email", server.url);
    assert_eq!(http::post(&url, None, &fields).await.status, 200);
    assert_eq!(complete(&server, &token, json!({})).await.status, 201);
}
