//! Whether the mail of a halted run went out: a request that is sent again,
//! because it did not, has it sent.

use std::net::IpAddr;

use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{Exchange, ExchangeError, HaltedRun};
use crate::crypto::one_use;
use crate::model::{Partial, UsedMark};

/// The kind of mark that says so.
const MAILED: &str = "validation_mail";

impl Exchange {
    /// Remembers that a run's mail is on its way. Forgotten, it is sent again.
    pub(super) async fn note_mailed(&self, partial: &Partial) {
        let mark = UsedMark {
            kind: MAILED.to_owned(),
            digest: digest(partial.id),
            expires: partial.expires,
        };
        if let Err(error) = self.storage.use_mark(&mark).await {
            tracing::warn!(%error, "it cannot be remembered that a mail was sent");
        }
    }

    /// A kept answer to give again; before, the mail that it promises is sent if
    /// it never was.
    ///
    /// # Errors
    /// [`ExchangeError::MailNotSent`] when it still is not.
    pub(super) async fn with_its_mail(
        &self,
        run: HaltedRun,
        sender: Option<IpAddr>,
    ) -> Result<HaltedRun, ExchangeError> {
        if run.mail.is_none() {
            return Ok(run);
        }
        let token = run.partial_token.expose_secret();
        let stored = match self.stored_run((&run.backend, run.kind), token).await {
            Ok(stored) => stored,
            // It went on since, or is over: its answer stays what it was.
            Err(ExchangeError::PartialInvalid) => return Ok(run),
            Err(error) => return Err(error),
        };
        let id = digest(stored.partial.id);
        let now = self.clock.now();
        if self.storage.is_marked(MAILED, &id, now).await? {
            return Ok(run);
        }
        self.mail_again(&stored, run, sender).await
    }
}

fn digest(partial: Uuid) -> Vec<u8> {
    one_use::digest(&partial.to_string()).to_vec()
}
