//! Codes that prove e-mail addresses.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StorageError;
use crate::model::EmailCode;

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// Right, and now used up.
    Verified,
    /// Wrong, unknown, expired, used, or tried too often.
    Refused,
}

/// Keeps codes by their hash.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Stores a new code; older unverified codes of the address stop working.
    async fn make_code(&self, code: &EmailCode) -> Result<(), StorageError>;

    /// The code of that hash.
    async fn get_code(&self, code_hash: &[u8]) -> Result<Option<EmailCode>, StorageError>;

    /// Uses up the address's live code if the hash is right; else counts a
    /// try. After `max_tries` wrong ones even the right code is refused.
    async fn verify_code(
        &self,
        email: &str,
        code_hash: &[u8],
        max_tries: i32,
        now: DateTime<Utc>,
    ) -> Result<CodeCheck, StorageError>;
}
