//! A code that proves an e-mail address: python-social-auth's `CodeMixin`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A code sent to an address, as stored. It proves the address for one halted
/// run, by a link or by six digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailCode {
    /// Our id of the code.
    pub id: Uuid,
    /// The halted run that it is for.
    pub partial_id: Uuid,
    /// The address it was sent to.
    pub email: String,
    /// Keyed digest of who asked for the mail; `None` when that is not known.
    pub sender: Option<Vec<u8>>,
    /// SHA-256 of the link's code; the code itself is not kept.
    pub code_hash: Vec<u8>,
    /// Digest of the six digits, keyed: they could be guessed.
    pub digits_hash: Vec<u8>,
    /// Whether it was used to prove the address.
    pub verified: bool,
    /// Wrong tries so far.
    pub tries: i32,
    /// Mails so far.
    pub sent: i32,
    /// When the first was made for this run.
    pub created: DateTime<Utc>,
    /// When it stops working.
    pub expires: DateTime<Utc>,
}

/// The domain of an address, in the form in which mails are counted; empty when
/// there is none.
pub fn email_domain(email: &str) -> String {
    let key = super::email_key(email);
    key.rsplit_once('@')
        .map(|(_, domain)| domain.to_owned())
        .unwrap_or_default()
}
