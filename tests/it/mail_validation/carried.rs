//! Who carries the mails: SMTP under TLS, with texts of one's own; or a mailer
//! of the app's own.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use serde_json::json;
use sociable::mail::{MailError, Mailer, ValidationMail};

use super::*;

/// A certificate of `localhost` and its key, as files.
struct Certificate(tempfile::TempDir);

impl Certificate {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        std::fs::write(
            folder.path().join("key.pem"),
            made.signing_key.serialize_pem(),
        )
        .unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    async fn mails(&self, mode: &str) -> MailServer {
        MailServer::start_encrypted(mode, &self.file("ca.pem"), &self.file("key.pem")).await
    }
}

fn start(url: &str, more: &[(&str, &str)]) -> Server {
    let settings = [&[PROVING, FORCED, FROM, (SMTP, url)], more].concat();
    Server::start_with(Store::sqlite(), &settings, |builder| builder)
}

#[tokio::test]
async fn mails_go_by_starttls_and_tls_with_a_password_to_who_is_trusted() {
    let certificate = Certificate::new();
    let bundle = certificate.file("ca.pem");
    let trusted = ("SOCIABLE_HTTP__CA_BUNDLE", bundle.to_str().unwrap());
    for (mode, scheme, query) in [("starttls", "smtp", "?tls=starttls"), ("tls", "smtps", "")] {
        let mails = certificate.mails(mode).await;
        let host = mails.smtp.replace("127.0.0.1", "localhost");
        let url = |password| format!("{scheme}://app:{password}@{host}{query}");
        let right = url("s3cret%2Fword");
        let server = start(&right, &[trusted]);
        let (token, mail) = alice(&server, &mails).await;
        let done = show(&server, &token, &mail.digits()).await;
        assert_eq!(done.status, 201, "{mode}: {}", done.text);

        let unavailable = (503, "mail_unavailable".to_owned());
        let wrong = url("wrong");
        for (url, more) in [(&right, [].as_slice()), (&wrong, &[trusted])] {
            let server = start(url, more);
            let reply = begin(&server, "bob").await;
            assert_eq!(
                reply.status_and_code(),
                unavailable,
                "{mode}: {}",
                reply.text
            );
        }
        assert!(mails.inbox("bob@example.com").await.is_empty());
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_is_503() {
    let server = start("smtp://127.0.0.1:1", &[]);
    let reply = begin(&server, "alice").await;
    let unavailable = (503, "mail_unavailable".to_owned());
    assert_eq!(reply.status_and_code(), unavailable, "{}", reply.text);
}

#[tokio::test]
async fn texts_of_ones_own_take_the_place_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "email_validation.txt",
        "{{ code }} or {{ link }} within {{ minutes }}",
    );
    write(
        "email_validation_page.html",
        "{{ state }} {{ app }} {{ email }}",
    );
    let mails = MailServer::start().await;
    let url = mails.url();
    let server = start(
        &url,
        &[
            ("SOCIABLE_MAIL__TEMPLATES", folder.path().to_str().unwrap()),
            ("SOCIABLE_MAIL__SUBJECT", "Hi from {{ app }}"),
            (
                "SOCIABLE_SERVER__PUBLIC_URL",
                "https://login.example.com/auth",
            ),
            (
                "SOCIAL_AUTH_EMAIL_VALIDATION_URL",
                "https://app.example/look-into-your-mail",
            ),
            ("SOCIAL_AUTH_PARTIAL_PIPELINE_TOKEN_NAME", "later"),
        ],
    );
    let answer = begin(&server, "alice").await;
    assert_eq!(
        answer.json()["open"],
        "https://app.example/look-into-your-mail"
    );
    let mail = mails.newest(ALICE).await;
    assert_eq!(mail.header("Subject"), "Hi from login.example.com");
    let link = "https://login.example.com/auth/complete/sandbox?verification_code=";
    assert!(mail.text().contains(link), "{}", mail.text());
    assert!(mail.text().contains("within 15"), "{}", mail.text());
    let page = server.get(&mail.link(), None).await;
    assert_eq!(page.text, "asks login.example.com a…@example.com");
    let token = answer.json()["later"].as_str().unwrap().to_owned();
    let fields = json!({"later": token, "verification_code": mail.digits()});
    let url = format!("{}/complete/sandbox", server.url);
    assert_eq!(http::post(&url, None, &fields).await.status, 201);
}

/// Keeps mails instead of sending them.
#[derive(Clone, Default)]
struct Drawer(Arc<Mutex<Vec<ValidationMail>>>);

#[async_trait]
impl Mailer for Drawer {
    async fn send(&self, mail: &ValidationMail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

#[tokio::test]
async fn an_app_may_carry_the_mails_itself() {
    let drawer = Drawer::default();
    let own = drawer.clone();
    let server = Server::start_with(Store::sqlite(), &[PROVING, FORCED], |builder| {
        builder.mailer(own)
    });
    let token = waiting(&begin(&server, "alice").await);
    let mail = drawer.0.lock().unwrap()[0].clone();
    assert_eq!(
        (mail.to.as_str(), mail.backend.as_str()),
        (ALICE, "sandbox")
    );
    let shown = format!("{mail:?}");
    for secret in [&mail.code, &mail.link] {
        assert!(!shown.contains(secret.expose_secret()), "{shown}");
    }
    let done = show(&server, &token, mail.code.expose_secret()).await;
    assert_eq!(done.status, 201, "{}", done.text);
}
