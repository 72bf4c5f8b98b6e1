//! The mail that proves an address, before it is put into words.

use std::fmt;

use secrecy::SecretString;
use uuid::Uuid;

/// What a mail that proves an address has to say.
#[derive(Clone)]
pub struct ValidationMail {
    /// Our id of the mail.
    pub id: Uuid,
    /// The address that it goes to, and that it proves.
    pub to: String,
    /// How the app is called.
    pub app: String,
    /// The backend that the person signs in with.
    pub backend: String,
    /// Six digits, for where the person began.
    pub code: SecretString,
    /// A page where the address can be confirmed on any device. It gives nobody
    /// a session.
    pub link: SecretString,
    /// Whole minutes for which both are good, for people.
    pub minutes: u64,
    /// Whole seconds for which both are good.
    pub expires_in: u64,
}

impl fmt::Debug for ValidationMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidationMail")
            .field("id", &self.id)
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}
