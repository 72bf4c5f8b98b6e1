//! Addresses that are proven by a mail, from the inbox of a mail server.

mod by_hook;
mod carried;
mod codes;
mod limits;
mod links;
mod refused_starts;
mod retried;
mod what_ends;

use serde_json::{Value, json};

use crate::real_parts::smtp::{Mail, MailServer};
use crate::support::http;
use crate::support::server::{Reply, Server, Store};

/// The default pipeline, in which addresses are proven.
pub(super) const PROVING: (&str, &str) = (
    "SOCIAL_AUTH_PIPELINE",
    r#"["social_details", "social_names", "social_uid", "auth_allowed", "social_user",
        "require_email", "get_username", "social_core.pipeline.mail.mail_validation",
        "create_user", "associate_user", "load_extra_data", "user_details"]"#,
);
pub(super) const FORCED: (&str, &str) = ("SOCIAL_AUTH_FORCE_EMAIL_VALIDATION", "true");
pub(super) const FROM: (&str, &str) = ("SOCIABLE_MAIL__FROM", "Example <login@example.com>");
pub(super) const SMTP: &str = "SOCIABLE_MAIL__SMTP_URL";

/// Alice's address at the sandbox, which calls it verified.
pub(super) const ALICE: &str = "alice@example.com";

/// A server that has addresses proven, and the mail server.
pub(super) async fn proving(store: Store, more: &[(&str, &str)]) -> (Server, MailServer) {
    let mails = MailServer::start().await;
    let url = mails.url();
    let settings = [&[PROVING, FORCED, FROM, (SMTP, url.as_str())], more].concat();
    let server = Server::start_with(store, &settings, |builder| builder);
    (server, mails)
}

/// Begins a sign-up of somebody's and gives what was answered.
pub(super) async fn begin(server: &Server, person: &str) -> Reply {
    server
        .sign_up(json!({"provider": "sandbox", "access_token": person}))
        .await
}

/// The token of a sign-up that waits for a mail to be answered.
pub(super) fn waiting(reply: &Reply) -> String {
    assert_eq!(reply.status, 202, "{}", reply.text);
    assert_eq!(reply.json()["step"], "mail_validation");
    reply.json()["partial_token"].as_str().unwrap().to_owned()
}

/// Begins a sign-up of Alice's: its token, and her mail.
pub(super) async fn alice(server: &Server, mails: &MailServer) -> (String, Mail) {
    let token = waiting(&begin(server, "alice").await);
    (token, mails.newest(ALICE).await)
}

/// Posts a token and fields to `/complete/sandbox`.
pub(super) async fn complete(server: &Server, token: &str, mut fields: Value) -> Reply {
    fields["partial_token"] = token.into();
    let url = format!("{}/complete/sandbox", server.url);
    http::post(&url, None, &fields).await
}

/// The same with a mail's code.
pub(super) async fn show(server: &Server, token: &str, code: &str) -> Reply {
    complete(server, token, json!({"verification_code": code})).await
}

/// Presses the button of the page behind a mail's link.
pub(super) async fn press(server: &Server, mail: &Mail) -> Reply {
    let form = ["partial_token", "verification_code"].map(|name| (name, mail.of_link(name)));
    let path = mail.link();
    let path = path.split('?').next().unwrap();
    let request = http::request(reqwest::Method::POST, &format!("{}{path}", server.url));
    let request = request.header("Accept", "text/html,*/*").form(&form);
    http::send(request).await
}

/// Whether a code was refused, the sign-up waiting still.
pub(super) fn assert_rejected(reply: &Reply) {
    let expected = (400, "email_verification_rejected".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
}
