//! A code that proves an e-mail address: python-social-auth's `CodeMixin`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A code sent to an address, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailCode {
    /// Our id of the code.
    pub id: Uuid,
    /// The address it was sent to.
    pub email: String,
    /// SHA-256 of the code; the code itself is not kept.
    pub code_hash: Vec<u8>,
    /// Whether it was used to prove the address.
    pub verified: bool,
    /// Wrong tries so far.
    pub tries: i32,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it stops working.
    pub expires: DateTime<Utc>,
}
