//! Carries mails by SMTP: encrypted, but on this machine.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::{MailError, Mailer, Templates, ValidationMail};

/// Time for each answer of the server.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a whole mail.
const MAIL_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at most, and how long one may idle.
const CONNECTIONS: u32 = 8;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How to reach a mail server, and in whose name; checked.
#[derive(Debug, Clone)]
pub struct SmtpRoute {
    host: String,
    port: Option<u16>,
    encryption: Encryption,
    credentials: Option<(String, SecretString)>,
    from: Mailbox,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// From the first byte.
    Tls,
    /// After a word in the clear.
    StartTls,
    /// None; on this machine, or where the operator says so.
    None,
}

impl SmtpRoute {
    /// Reads `smtp://` (STARTTLS, none on this machine) or `smtps://` URLs;
    /// `?tls=starttls` and `?tls=none` say otherwise.
    ///
    /// # Errors
    /// A text that names the setting, and no value.
    pub fn new(url: &SecretString, from: &str) -> Result<Self, String> {
        let wrong = || {
            "mail.smtp_url: expected smtps://user:password@host or smtp://user:password@host:587"
                .to_owned()
        };
        let url = Url::parse(url.expose_secret()).map_err(|_unreadable| wrong())?;
        // Outside of the schemes that browsers know, addresses are read as names.
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let asked = url.query().map(|query| query.strip_prefix("tls="));
        let encryption = match (url.scheme(), asked) {
            ("smtps", None) => Encryption::Tls,
            ("smtp", None) if is_loopback(&host) => Encryption::None,
            ("smtp", None | Some(Some("starttls"))) => Encryption::StartTls,
            ("smtp", Some(Some("none"))) => Encryption::None,
            _ => return Err(wrong()),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = Some(url.username()).filter(|user| !user.is_empty());
        let password = url.password().unwrap_or_default();
        let from: Mailbox = from.parse().map_err(
            |_unreadable| "mail.from: expected an address, such as App <app@example.com>",
        )?;
        Ok(Self {
            host,
            port: url.port(),
            encryption,
            credentials: user.map(|user| (decoded(user), decoded(password).into())),
            from,
        })
    }
}

fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => host == "::1",
    }
}

/// Carries mails by SMTP, over connections that are kept.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    templates: Templates,
}

impl SmtpMailer {
    /// A mailer that trusts Mozilla's authorities, and the bundle's. Inside of a
    /// runtime alone: it looks after its connections there.
    ///
    /// # Errors
    /// A text that names what cannot be used.
    pub fn new(
        route: &SmtpRoute,
        templates: Templates,
        ca_bundle: Option<&Path>,
    ) -> Result<Self, String> {
        let parameters = || tls(&route.host, ca_bundle);
        let (tls, port) = match route.encryption {
            Encryption::Tls => (Tls::Wrapper(parameters()?), 465),
            Encryption::StartTls => (Tls::Required(parameters()?), 587),
            Encryption::None => (Tls::None, 25),
        };
        let pool = PoolConfig::new()
            .max_size(CONNECTIONS)
            .idle_timeout(IDLE_TIMEOUT);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&route.host)
            .port(route.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(ANSWER_TIMEOUT))
            .pool_config(pool);
        if let Some((user, password)) = &route.credentials {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from: route.from.clone(),
            templates,
        })
    }

    fn message(&self, mail: &ValidationMail) -> Result<Message, MailError> {
        let unwritable = |what: &str| MailError::Unwritable(what.to_owned());
        let to: Address = mail
            .to
            .parse()
            .map_err(|_unreadable| unwritable("the address"))?;
        let written = self.templates.write(mail)?;
        let id = format!("<{}@{}>", mail.id, self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(written.subject)
            .message_id(Some(id))
            .multipart(MultiPart::alternative_plain_html(
                written.text,
                written.html,
            ))
            .map_err(|_unwritten| unwritable("its parts"))
    }
}

fn tls(host: &str, ca_bundle: Option<&Path>) -> Result<TlsParameters, String> {
    let mut parameters =
        TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(path) = ca_bundle {
        let broken = || "http.ca_bundle: not certificates in PEM".to_owned();
        let pem = std::fs::read(path).map_err(|_unreadable| broken())?;
        let own = Certificate::from_pem(&pem).map_err(|_broken| broken())?;
        parameters = parameters.add_root_certificate(own);
    }
    parameters
        .build_rustls()
        .map_err(|_unusable| "mail.smtp_url: TLS cannot be set up for this host".to_owned())
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &ValidationMail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        let late = |_elapsed| MailError::Unavailable("did not answer in time".to_owned());
        let sent = tokio::time::timeout(MAIL_TIMEOUT, self.transport.send(message));
        match sent.await.map_err(late)? {
            Ok(_accepted) => Ok(()),
            Err(error) => Err(MailError::Unavailable(reason(&error))),
        }
    }
}

/// What went wrong, without the server's own words: they may hold the address.
fn reason(error: &lettre::transport::smtp::Error) -> String {
    let status = error.status().map(|status| status.to_string());
    if error.is_timeout() {
        "did not answer in time".to_owned()
    } else if error.is_tls() {
        "TLS failed".to_owned()
    } else if let Some(status) = status {
        format!("refused the mail ({status})")
    } else {
        "could not be reached, or did not speak SMTP".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(url: &str) -> Result<SmtpRoute, String> {
        SmtpRoute::new(&url.into(), "App <app@example.com>")
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted_unless_the_operator_says_otherwise() {
        for (url, encryption, port) in [
            ("smtps://mail.example", Encryption::Tls, None),
            ("smtp://mail.example:2525", Encryption::StartTls, Some(2525)),
            ("smtp://mail.example?tls=none", Encryption::None, None),
            ("smtp://127.0.0.1:25", Encryption::None, Some(25)),
            ("smtp://localhost", Encryption::None, None),
            ("smtp://[::1]:25", Encryption::None, Some(25)),
            ("smtp://127.0.0.1?tls=starttls", Encryption::StartTls, None),
        ] {
            let route = route(url).unwrap();
            assert_eq!((route.encryption, route.port), (encryption, port), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_repeats_nothing() {
        for url in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtps://mail.example?tls=none",
            "smtp://u:hunter2@mail.example?tls=maybe",
        ] {
            let refused = route(url).unwrap_err();
            assert!(refused.starts_with("mail.smtp_url: ") && !refused.contains("hunter2"));
        }
        let refused = SmtpRoute::new(&"smtps://mail.example".into(), "nobody").unwrap_err();
        assert!(refused.starts_with("mail.from: "), "{refused}");
    }

    #[test]
    fn user_and_password_are_decoded() {
        let route = route("smtps://a%40b:p%2Fw@mail.example").unwrap();
        let (user, password) = route.credentials.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("a@b", "p/w"));
    }
}
