//! Mails that prove addresses: what they say, and who carries them.

mod message;
mod smtp;
mod templates;

use std::sync::Arc;

use async_trait::async_trait;
use url::Url;

pub use message::ValidationMail;
pub use smtp::{SmtpMailer, SmtpRoute};
pub use templates::{Page, Templates, Written};

/// Carries the mail that proves an address: python-social-auth's
/// `EMAIL_VALIDATION_FUNCTION`.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends it, or hands it to who will.
    ///
    /// # Errors
    /// [`MailError`] when it is not on its way; the person may ask again.
    async fn send(&self, mail: &ValidationMail) -> Result<(), MailError>;
}

/// Why a mail is not on its way. Names no address and no text of a mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The mail server cannot be reached, or did not answer as it must.
    #[error("the mail server: {0}")]
    Unavailable(String),
    /// The mail cannot be written.
    #[error("the mail cannot be written: {0}")]
    Unwritable(String),
    /// Nobody carries mails.
    #[error("no mailer is set up")]
    NoMailer,
}

/// How many mails may be asked for in 15 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLimits {
    /// To one address.
    pub per_address: i64,
    /// To all addresses of one domain.
    pub per_domain: i64,
    /// By one network address.
    pub per_sender: i64,
}

/// All that it takes to prove addresses.
pub struct Mailing {
    /// Who carries the mails; `None` when addresses are not proven.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// The texts.
    pub templates: Templates,
    /// Where links lead to.
    pub public_url: Option<Url>,
    /// How many mails there may be.
    pub limits: MailLimits,
}

impl Mailing {
    /// Carries nothing.
    pub fn none() -> Self {
        Self {
            mailer: None,
            templates: Templates::default(),
            public_url: None,
            limits: MailLimits {
                per_address: 0,
                per_domain: 0,
                per_sender: 0,
            },
        }
    }

    /// How the app is called in mails: the host that people see.
    pub fn app(&self) -> &str {
        let host = self.public_url.as_ref().and_then(Url::host_str);
        host.unwrap_or("this app")
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`MailError`], [`MailError::NoMailer`] where there is none.
    pub async fn send(&self, mail: &ValidationMail) -> Result<(), MailError> {
        match &self.mailer {
            Some(mailer) => mailer.send(mail).await,
            None => Err(MailError::NoMailer),
        }
    }
}
