//! Seals provider tokens with a key ring, so that a dump of the rows tells none.
//!
//! A sealed value is text: `v1.<key id>.<base64url of salt, ciphertext, tag>`.
//! Every message has a key and a nonce of its own, derived by HKDF-SHA256 from
//! the ring's key and 32 random bytes: a 96-bit random nonce under one key
//! would run out after 2^32 messages. The cipher is AES-256-GCM. What a value
//! is bound to (table, row, provider, uid, field) is authenticated with it: a
//! value that is copied to another row does not open.
//!
//! The first key of the ring seals, all of them open. A key that is taken off
//! the ring leaves values that answer [`SealError::UnknownKey`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use secrecy::zeroize::Zeroize as _;
use secrecy::{ExposeSecret as _, ExposeSecretMut as _, SecretBox};

use super::one_use::{hex, sha256};
use crate::model::{Ids, NoRandomness};

const VERSION: &str = "v1";
const SALT_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;
/// Hex digits of the fingerprint that name a key in a sealed value.
const KEY_ID_LENGTH: usize = 16;
// Each use of a ring key has a label, so that none can stand for another.
const FINGERPRINT_LABEL: &[u8] = b"sociable sealing key fingerprint v1:";
const KEY_LABEL: &[u8] = b"sociable seal v1 key";
const DIGEST_LABEL: &[u8] = b"sociable keyed digest v1";
const NONCE_LABEL: &[u8] = b"sociable seal v1 nonce";

/// Why a value was not sealed or not opened. Names no value and no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The ring holds no key.
    #[error("there is no sealing key")]
    NoKey,
    /// The ring holds the same key twice.
    #[error("a sealing key is listed twice")]
    SameKeyTwice,
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    NoRandomness,
    /// The value is empty.
    #[error("the sealed value is empty")]
    Empty,
    /// The value is not `version.key.text`, or the text is not base64url.
    #[error("the sealed value is malformed")]
    Malformed,
    /// The value is of a version that is not known here.
    #[error("the sealed value is of an unknown version")]
    UnknownVersion,
    /// The value was sealed with a key that is not on the ring.
    #[error("the sealed value needs a key that is not on the ring")]
    UnknownKey,
    /// The value is shorter than any sealed value can be.
    #[error("the sealed value is truncated")]
    Truncated,
    /// The value was changed, or belongs elsewhere.
    #[error("the sealed value was changed, or belongs to another row")]
    Refused,
    /// The value is longer than the cipher can take.
    #[error("the value is too long to be sealed")]
    TooLong,
}

impl From<NoRandomness> for SealError {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

struct RingKey {
    fingerprint: String,
    secret: SecretBox<[u8; 32]>,
}

impl RingKey {
    fn new(key: &SecretBox<[u8; 32]>) -> Self {
        let mut labelled = FINGERPRINT_LABEL.to_vec();
        labelled.reserve_exact(32);
        labelled.extend_from_slice(key.expose_secret());
        let fingerprint = hex(&sha256(&labelled));
        labelled.zeroize();
        let mut secret = SecretBox::<[u8; 32]>::default();
        secret
            .expose_secret_mut()
            .copy_from_slice(key.expose_secret());
        Self {
            fingerprint,
            secret,
        }
    }

    fn id(&self) -> &str {
        self.fingerprint
            .get(..KEY_ID_LENGTH)
            .unwrap_or(&self.fingerprint)
    }

    /// The key and nonce of one message.
    fn derive(&self, salt: &[u8]) -> Option<(LessSafeKey, Nonce)> {
        let prk: Prk = Salt::new(HKDF_SHA256, salt).extract(self.secret.expose_secret());
        let key = UnboundKey::from(prk.expand(&[KEY_LABEL], &AES_256_GCM).ok()?);
        let mut nonce = [0; NONCE_LEN];
        prk.expand(&[NONCE_LABEL], NonceLength)
            .ok()?
            .fill(&mut nonce)
            .ok()?;
        Some((LessSafeKey::new(key), Nonce::assume_unique_for_key(nonce)))
    }
}

struct NonceLength;

impl KeyType for NonceLength {
    fn len(&self) -> usize {
        NONCE_LEN
    }
}

/// Seals and opens values with the keys of a ring.
pub struct Sealer {
    current: RingKey,
    older: Vec<RingKey>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("keys", &(1 + self.older.len()))
            .finish_non_exhaustive()
    }
}

impl Sealer {
    /// A sealer with these keys, the current one first.
    ///
    /// # Errors
    /// [`SealError::NoKey`] without keys, [`SealError::SameKeyTwice`].
    pub fn new(keys: &[SecretBox<[u8; 32]>]) -> Result<Self, SealError> {
        let mut keys = keys.iter().map(RingKey::new);
        let current = keys.next().ok_or(SealError::NoKey)?;
        let mut older: Vec<RingKey> = Vec::new();
        for key in keys {
            if key.id() == current.id() || older.iter().any(|known| known.id() == key.id()) {
                return Err(SealError::SameKeyTwice);
            }
            older.push(key);
        }
        Ok(Self { current, older })
    }

    /// Seals `plaintext`; it opens only with an equal `bound_to`.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`], or [`SealError::TooLong`] beyond 64 GiB.
    pub fn seal(
        &self,
        plaintext: &[u8],
        bound_to: &[&str],
        ids: &dyn Ids,
    ) -> Result<String, SealError> {
        let mut salt = [0_u8; SALT_LENGTH];
        ids.fill(&mut salt)?;
        let (key, nonce) = self.current.derive(&salt).ok_or(SealError::TooLong)?;

        // One allocation of the full size: growing would leave plaintext behind.
        let mut message = Vec::with_capacity(SALT_LENGTH + plaintext.len() + TAG_LENGTH);
        message.extend_from_slice(&salt);
        message.extend_from_slice(plaintext);
        let (_, text) = message.split_at_mut(SALT_LENGTH);
        let sealed = key.seal_in_place_separate_tag(nonce, Aad::from(encode(bound_to)), text);
        let Ok(tag) = sealed else {
            message.zeroize();
            return Err(SealError::TooLong);
        };
        message.extend_from_slice(tag.as_ref());

        let id = self.current.id();
        Ok(format!(
            "{VERSION}.{id}.{}",
            URL_SAFE_NO_PAD.encode(message)
        ))
    }

    /// Opens a sealed value.
    ///
    /// # Errors
    /// Any [`SealError`] but those of keys and randomness; none tells more
    /// than that this value does not open here.
    pub fn open(&self, sealed: &str, bound_to: &[&str]) -> Result<Vec<u8>, SealError> {
        if sealed.is_empty() {
            return Err(SealError::Empty);
        }
        let (version, rest) = sealed.split_once('.').ok_or(SealError::Malformed)?;
        if version != VERSION {
            return Err(SealError::UnknownVersion);
        }
        let (key_id, text) = rest.split_once('.').ok_or(SealError::Malformed)?;
        let key = self.key(key_id).ok_or(SealError::UnknownKey)?;
        let mut message = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_not_base64url| SealError::Malformed)?;
        let (salt, text) = message
            .split_at_mut_checked(SALT_LENGTH)
            .filter(|(_, text)| text.len() >= TAG_LENGTH)
            .ok_or(SealError::Truncated)?;
        let (key, nonce) = key.derive(salt).ok_or(SealError::Refused)?;
        let length = key
            .open_in_place(nonce, Aad::from(encode(bound_to)), text)
            .map_err(|ring::error::Unspecified| SealError::Refused)?
            .len();
        message.truncate(SALT_LENGTH + length);
        message.drain(..SALT_LENGTH);
        Ok(message)
    }

    /// A digest that only the current key can make: of texts that could be
    /// guessed. `None` when the texts are too long.
    pub fn keyed_digest(&self, purpose: &str, text: &str) -> Option<[u8; 32]> {
        let prk = Salt::new(HKDF_SHA256, DIGEST_LABEL).extract(self.current.secret.expose_secret());
        let info = encode(&[purpose, text]);
        let info = [info.as_slice()];
        let mut digest = [0; 32];
        prk.expand(&info, HKDF_SHA256)
            .ok()?
            .fill(&mut digest)
            .ok()?;
        Some(digest)
    }

    /// The keys' fingerprints, the current one first. Safe to store and show.
    pub fn fingerprints(&self) -> Vec<String> {
        self.keys().map(|key| key.fingerprint.clone()).collect()
    }

    /// Whether a value was sealed with the current key, by its own word.
    pub fn is_current(&self, sealed: &str) -> bool {
        sealed
            .strip_prefix(VERSION)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(key_id, _)| key_id == self.current.id())
    }

    fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.current).chain(&self.older)
    }

    fn key(&self, id: &str) -> Option<&RingKey> {
        self.keys().find(|key| key.id() == id)
    }
}

/// Encodes texts so that no two lists have the same bytes: each with its length.
fn encode(texts: &[&str]) -> Vec<u8> {
    let mut bytes = texts.len().to_be_bytes().to_vec();
    for text in texts {
        bytes.extend_from_slice(&text.len().to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
