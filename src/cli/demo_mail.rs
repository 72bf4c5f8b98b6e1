//! The demo's provider that has addresses proven, and its mails: they stand in
//! the terminal.

use async_trait::async_trait;
use secrecy::ExposeSecret as _;

use super::say;
use crate::mail::{MailError, Mailer, ValidationMail};
use crate::sandbox::{CLIENT_ID, CLIENT_SECRET};

/// Settings of `sandbox-mail`: the sandbox once more, with mails.
pub(super) fn settings(sandbox: &str) -> String {
    format!(
        r#"[providers.sandbox-mail]
definition = "sandbox"
key = "{CLIENT_ID}"
secret = "{CLIENT_SECRET}"
base_url = "{sandbox}"
allow_private = true
force_email_validation = true
pipeline = [
    "social_details", "social_names", "social_uid", "auth_allowed", "social_user", "get_username",
    "mail_validation", "create_user", "associate_user", "load_extra_data", "user_details",
]
"#
    )
}

/// Prints mails instead of sending them.
pub(super) struct Terminal {
    /// Where the demo serves.
    pub(super) url: String,
}

#[async_trait]
impl Mailer for Terminal {
    async fn send(&self, mail: &ValidationMail) -> Result<(), MailError> {
        let (to, code, link) = (&mail.to, &mail.code, mail.link.expose_secret());
        let path = link.find("/complete/").and_then(|start| link.get(start..));
        let (code, path) = (code.expose_secret(), path.unwrap_or_default());
        let url = &self.url;
        let text = format!("\n--- a mail to {to}: the code is {code}, the link {url}{path}\n");
        say(&text).map_err(|_closed| MailError::Unavailable("the terminal is closed".to_owned()))
    }
}
