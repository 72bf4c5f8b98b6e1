//! The answer of a sign-up, kept for a client that loses it.

use chrono::{DateTime, Utc};

/// An answer that is given again to the same request with the same key.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotentAnswer {
    /// SHA-256 of the key; the key itself is not kept.
    pub key_hash: Vec<u8>,
    /// Digest of what was asked with the key.
    pub request_digest: Vec<u8>,
    /// The answer, sealed: it holds the tokens of a session.
    pub answer: String,
    /// When it was given.
    pub created: DateTime<Utc>,
    /// Until when it is given again.
    pub expires: DateTime<Utc>,
}

impl std::fmt::Debug for IdempotentAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdempotentAnswer").finish_non_exhaustive()
    }
}
