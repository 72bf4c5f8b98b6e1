//! Associations: a handle leads to its key without a table of keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::error::Unspecified;
use ring::hmac;
use ring::rand::SystemRandom;
use subtle::ConstantTimeEq as _;

use super::message::Message;
use crate::sandbox::now;
use crate::sandbox::seen::Seen;
use crate::sandbox::unique::unique;

/// How many handles are remembered.
const HANDLES: usize = 100_000;
/// How long an association lasts. In seconds.
pub(super) const LIFETIME: u64 = 3600;

/// Who else knows the key of a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody: for `check_authentication`.
    Private,
    /// The relying party that asked for it.
    Shared,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Shared => "shared",
        }
    }
}

/// The handles that were given out.
pub(super) struct Handles {
    secret: hmac::Key,
    given: Seen,
}

impl Handles {
    /// None yet, under a fresh key.
    pub(super) fn generate() -> Result<Self, Unspecified> {
        Ok(Self {
            secret: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())?,
            given: Seen::with_room(HANDLES),
        })
    }

    /// A new handle.
    pub(super) fn give(&self, kind: Kind) -> String {
        let handle = format!("{}-{}-{}", kind.name(), now(), unique());
        self.given.insert(&handle);
        handle
    }

    /// Whether a handle of that kind was given and has not expired.
    pub(super) fn knows(&self, kind: Kind, handle: &str) -> bool {
        let mut parts = handle.split('-');
        let is_of_kind = parts.next() == Some(kind.name());
        let given: Option<u64> = parts.next().and_then(|given| given.parse().ok());
        let is_fresh = given.is_some_and(|given| now() <= given.saturating_add(LIFETIME));
        is_of_kind && is_fresh && self.given.contains(handle)
    }

    /// The HMAC-SHA256 key of a handle.
    pub(super) fn key(&self, handle: &str) -> Vec<u8> {
        hmac::sign(&self.secret, handle.as_bytes())
            .as_ref()
            .to_vec()
    }

    /// The signature over what the message says is signed.
    ///
    /// `None` when a field of it, or the handle, is missing.
    pub(super) fn sign(&self, message: &Message) -> Option<String> {
        let key = self.key(message.get("assoc_handle")?);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let text = message.signed_text()?;
        Some(STANDARD.encode(hmac::sign(&key, text.as_bytes())))
    }

    /// Whether the message is signed by its handle's key.
    pub(super) fn is_signed(&self, message: &Message) -> bool {
        let signature = self.sign(message);
        signature
            .zip(message.get("sig"))
            .is_some_and(|(right, given)| bool::from(right.as_bytes().ct_eq(given.as_bytes())))
    }
}
