//! Codes that prove e-mail addresses.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StorageError;
use crate::model::EmailCode;

/// The tries of a code that was voided: more than anybody is allowed.
pub const VOID: i32 = 32_767;

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// Right, and now used up.
    Verified,
    /// Wrong, unknown, expired, used, or tried too often.
    Refused,
}

/// A code that somebody shows, for a halted run and an address.
#[derive(Debug, Clone, Copy)]
pub struct CodeTry<'a> {
    /// The halted run.
    pub partial_id: Uuid,
    /// The address.
    pub email: &'a str,
    /// Digest of the link's code, or of the digits.
    pub hash: &'a [u8],
}

/// How many mails went out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CodesSent {
    /// To the address.
    pub to_address: i64,
    /// To the address's domain.
    pub to_domain: i64,
    /// For who asked; 0 when that is not known.
    pub by_sender: i64,
}

/// Keeps codes by the halted run that they are for.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Stores a code, by itself; a run stores its first one in its commit. It
    /// takes the place of the run's older one, whose mails are counted with it.
    async fn make_code(&self, code: &EmailCode) -> Result<(), StorageError>;

    /// The code of a halted run; `None` when none was sent.
    async fn get_code(&self, partial_id: Uuid) -> Result<Option<EmailCode>, StorageError>;

    /// Uses up the run's live code if the hash is right; else counts a try.
    /// After `max_tries` wrong ones even the right code is refused.
    async fn verify_code(
        &self,
        code: CodeTry<'_>,
        max_tries: i32,
        now: DateTime<Utc>,
    ) -> Result<CodeCheck, StorageError>;

    /// How many mails went to this code's address, to its domain, and for its
    /// sender, of runs that halted since then.
    async fn codes_sent(
        &self,
        code: &EmailCode,
        since: DateTime<Utc>,
    ) -> Result<CodesSent, StorageError>;
}
