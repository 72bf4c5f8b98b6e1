//! The password of a user, as a team keeps it: hashed, and opaque to us.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// A hashed password. Nothing here reads it, and `Debug` does not show it.
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Takes a hash as it is; never a password itself.
    pub fn new(hash: impl Into<String>) -> Self {
        Self(SecretString::from(hash.into()))
    }

    /// The hash.
    pub fn as_str(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether somebody can sign in with it: it is not empty, nor does it begin
    /// with `!`, as Django writes a password that nobody has.
    pub fn is_usable(&self) -> bool {
        let hash = self.as_str();
        !hash.is_empty() && !hash.starts_with('!')
    }
}

impl PartialEq for PasswordHash {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}
