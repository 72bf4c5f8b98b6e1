//! Mails by a hook: a server of the operator's carries them, by whatever mail
//! service it likes.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::hooks::Hook;
use crate::mail::{MailError, Mailer, Templates, ValidationMail};
use crate::model::Clock;

/// Posts each mail to a hook, in words and in parts.
pub(super) struct HookMailer {
    pub(super) hook: Arc<Hook>,
    pub(super) templates: Templates,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Mailer for HookMailer {
    async fn send(&self, mail: &ValidationMail) -> Result<(), MailError> {
        let written = self.templates.write(mail)?;
        let body = json!({
            "type": "mail",
            "hook": self.hook.name(),
            "data": {
                "to": mail.to,
                "subject": written.subject,
                "text": written.text,
                "html": written.html,
                "link": mail.link.expose_secret(),
                "code": mail.code.expose_secret(),
                "backend": mail.backend,
                "expires_in": mail.expires_in,
            },
        });
        let (id, now) = (mail.id.to_string(), self.clock.now());
        let handed = self.hook.hand(&id, &body, now).await;
        handed.map_err(|error| MailError::Unavailable(error.to_string()))
    }
}
