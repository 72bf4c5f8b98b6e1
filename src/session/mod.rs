//! Our own sessions: a short-lived access token and a refresh token that rotates.
//!
//! [`SessionIssuer::prepare`] makes a session's row and its tokens before
//! anything is written, so that the row goes into the same commit as the
//! sign-up. [`SessionIssuer::verify`] needs no database.

mod access_token;
pub mod keys;
mod refresh;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

pub use access_token::AccessClaims;
pub use refresh::refresh_hash;

use crate::crypto::jose::{JoseError, SigningKey, VerifyingKey};
use crate::model::{Ids, NewSession, NoRandomness};

/// How long what we issue lives. Whole seconds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of an access token: 10 minutes, unless there is a reason.
    pub access: Duration,
    /// Of a refresh token that is not used: 30 days, unless there is a reason.
    pub refresh: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access: Duration::from_mins(10),
            refresh: Duration::from_hours(30 * 24),
        }
    }
}

/// The tokens of a session, for the client alone.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// A JWT for our API and for those that trust our keys.
    pub access_token: SecretString,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// Opaque; works once.
    pub refresh_token: SecretString,
}

/// A session that is made but not written.
#[derive(Debug, Clone)]
pub struct PreparedSession {
    /// What is to be committed.
    pub row: NewSession,
    /// What the client gets once it is.
    pub tokens: Tokens,
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The bearer is not a valid access token; it is not told why.
    #[error("the token is not valid")]
    InvalidToken,
    /// No signing key was given.
    #[error("there is no signing key")]
    NoKey,
    /// A signing key was given twice.
    #[error("a signing key is listed twice")]
    SameKeyTwice,
    /// The issuer is empty.
    #[error("the issuer of tokens has no name")]
    NoIssuer,
    /// A lifetime is shorter than a second, or beyond the calendar.
    #[error("a session's lifetime is impossible")]
    Lifetime,
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    NoRandomness,
    /// The access token could not be signed.
    #[error(transparent)]
    Signing(JoseError),
}

impl From<NoRandomness> for SessionError {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self::NoRandomness
    }
}

/// Makes sessions and checks their access tokens.
#[derive(Debug)]
pub struct SessionIssuer {
    signing: SigningKey,
    /// The signing key's public half first, then keys that only verify.
    verifying: Vec<VerifyingKey>,
    issuer: String,
    access: TimeDelta,
    refresh: TimeDelta,
}

impl SessionIssuer {
    /// An issuer with these Ed25519 seeds, the current one first.
    ///
    /// The first key signs, all verify: to rotate, put the new key last
    /// everywhere, then first everywhere, and take the old one off once its
    /// last token has expired. `issuer` is our public URL, byte for byte.
    ///
    /// # Errors
    /// All but [`SessionError::InvalidToken`] and [`SessionError::NoRandomness`].
    pub fn new(
        seeds: &[SecretBox<[u8; 32]>],
        issuer: &str,
        lifetimes: Lifetimes,
    ) -> Result<Self, SessionError> {
        if issuer.is_empty() {
            return Err(SessionError::NoIssuer);
        }
        let mut keys = seeds
            .iter()
            .map(|seed| SigningKey::from_seed(seed.expose_secret()));
        let signing = keys
            .next()
            .ok_or(SessionError::NoKey)?
            .map_err(SessionError::Signing)?;
        let mut verifying = vec![signing.verifying().clone()];
        for key in keys {
            let key = key.map_err(SessionError::Signing)?;
            if verifying.iter().any(|known| known.kid() == key.kid()) {
                return Err(SessionError::SameKeyTwice);
            }
            verifying.push(key.verifying().clone());
        }
        Ok(Self {
            signing,
            verifying,
            issuer: issuer.to_owned(),
            access: whole_seconds(lifetimes.access)?,
            refresh: whole_seconds(lifetimes.refresh)?,
        })
    }

    /// Makes a session of a sign-in: its row and its tokens. Writes nothing.
    ///
    /// # Errors
    /// [`SessionError::NoRandomness`], [`SessionError::Lifetime`] when it would
    /// end beyond the calendar, [`SessionError::Signing`].
    pub fn prepare(
        &self,
        user_id: Uuid,
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<PreparedSession, SessionError> {
        let id = ids.new_id();
        let refresh = refresh::new_refresh(ids)?;
        let access_token = self.sign_access_token((user_id, id, now), now, ids)?;
        Ok(PreparedSession {
            row: NewSession {
                id,
                user_id,
                family: id,
                refresh_hash: refresh.hash,
                authenticated: now,
                created: now,
                expires: now
                    .checked_add_signed(self.refresh)
                    .ok_or(SessionError::Lifetime)?,
            },
            tokens: Tokens {
                access_token,
                expires_in: self.access.num_seconds().unsigned_abs(),
                refresh_token: refresh.token,
            },
        })
    }

    /// The public keys as a JWK set: all that tokens of ours may be signed with.
    pub fn jwks(&self) -> Value {
        let keys: Vec<&Value> = self.verifying.iter().map(VerifyingKey::jwk).collect();
        json!({ "keys": keys })
    }

    /// The signing keys' thumbprints, the current one first. Safe to store.
    pub fn fingerprints(&self) -> Vec<String> {
        self.verifying
            .iter()
            .map(|key| key.kid().to_owned())
            .collect()
    }
}

fn whole_seconds(lifetime: Duration) -> Result<TimeDelta, SessionError> {
    i64::try_from(lifetime.as_secs())
        .ok()
        .filter(|seconds| *seconds > 0)
        .and_then(TimeDelta::try_seconds)
        .ok_or(SessionError::Lifetime)
}

#[cfg(test)]
mod tests;
