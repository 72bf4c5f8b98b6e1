//! Our own sessions: a short-lived access token and a refresh token that turns.
//!
//! [`SessionIssuer::prepare`] makes a session's row and its tokens before
//! anything is written, so that the row goes into the same commit as the
//! sign-up. [`SessionIssuer::verify`] needs no database, unless access tokens
//! are opaque.

mod access_token;
mod clients;
mod key_ring;
pub mod keys;
mod refresh;
mod terms;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use serde_json::Value;
use uuid::Uuid;

pub use access_token::AccessClaims;
pub use clients::{Client, Clients, NotThatClient, ShownClient};
pub use key_ring::{KeyState, KeyStatus, PUBLISHED_AHEAD};
pub use refresh::RefreshToken;
pub use terms::{Lifetimes, Terms, TokenFormat};

use crate::crypto::jose::JoseError;
use crate::crypto::one_use;
use crate::model::{Ids, NewAccessToken, NewSession, NoRandomness, Session, Turn};
use access_token::Subject;
use key_ring::KeyRing;
use refresh::Shown;

/// The tokens of a session, for the client alone.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// A JWT for our API and for those that trust our keys; or opaque.
    pub access_token: SecretString,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// Opaque; works until its successor is used.
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

/// What becomes of a session whose refresh token was shown.
#[derive(Debug)]
pub enum Refreshed {
    /// New tokens: good once these are written, `turn` first.
    Tokens {
        /// How the refresh token turns; `None` when it did before.
        turn: Option<Box<Turn>>,
        /// The access token to keep; `None` when it is kept nowhere.
        keep: Option<NewAccessToken>,
        /// What the client gets.
        tokens: Tokens,
    },
    /// The token was used up: somebody has a copy, and the session must end.
    Reused,
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
    keys: KeyRing,
    issuer: String,
    format: TokenFormat,
    /// For who says nothing else.
    terms: Terms,
}

impl SessionIssuer {
    /// An issuer with these seeds of keys, the one that is to sign first.
    ///
    /// To rotate, put a new key first and keep the others: it is published at
    /// once, and signs [`PUBLISHED_AHEAD`] after it was first seen, when all who
    /// cache our key set know it. The old one may go once its last token has
    /// expired. `issuer` is our public URL, byte for byte.
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
        Ok(Self {
            keys: KeyRing::new(seeds)?,
            issuer: issuer.to_owned(),
            format: TokenFormat::Jwt,
            terms: Terms::new(lifetimes)?,
        })
    }

    /// Issues access tokens of that format from now on.
    #[must_use]
    pub fn with_format(mut self, format: TokenFormat) -> Self {
        self.format = format;
        self
    }

    /// Learns when a key was first seen by any instance; a key of which nothing
    /// is told is as old as can be.
    pub fn key_seen(&mut self, fingerprint: &str, since: DateTime<Utc>) {
        self.keys.seen(fingerprint, since);
    }

    /// What tokens are issued as, when a client has no terms of its own.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Who issues.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether access tokens are looked up, and say nothing by themselves.
    pub fn is_opaque(&self) -> bool {
        self.format == TokenFormat::Opaque
    }

    /// Makes a session of a sign-in: its row and its tokens. Writes nothing.
    ///
    /// # Errors
    /// [`SessionError::NoRandomness`], [`SessionError::Lifetime`] when it would
    /// end beyond the calendar, [`SessionError::Signing`].
    pub fn prepare(
        &self,
        user_id: Uuid,
        terms: &Terms,
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<PreparedSession, SessionError> {
        let id = ids.new_id();
        let refresh = RefreshToken::new(ids)?;
        let after = |time: TimeDelta| now.checked_add_signed(time).ok_or(SessionError::Lifetime);
        let ends = after(terms.session)?;
        let subject = Subject {
            user_id,
            session_id: id,
            authenticated: now,
            client: terms.client.as_deref(),
            audience: terms.audience.as_deref(),
        };
        let (access_token, keep) = self.access_token(&subject, terms, now, ids)?;
        Ok(PreparedSession {
            row: NewSession {
                id,
                user_id,
                client: terms.client.clone(),
                audience: terms.audience.clone(),
                refresh_hash: refresh.refresh_hash(),
                turn_hash: refresh.turn_hash(),
                created: now,
                expires: after(terms.refresh)?.min(ends),
                ends,
                access_token: keep,
            },
            tokens: tokens(access_token, terms, &refresh),
        })
    }

    /// What becomes of a living session whose refresh token was shown. Writes
    /// nothing.
    ///
    /// # Errors
    /// As [`SessionIssuer::prepare`].
    pub fn refresh(
        &self,
        (session, shown): (&Session, &RefreshToken),
        terms: &Terms,
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<Refreshed, SessionError> {
        let (turn, refresh) = match shown.shown(session, terms.refresh, now, ids)? {
            Shown::Turns(turn, refresh) => (Some(turn), refresh),
            Shown::Again(refresh) => (None, refresh),
            Shown::Reused => return Ok(Refreshed::Reused),
        };
        let subject = Subject {
            user_id: session.user_id,
            session_id: session.id,
            authenticated: session.created,
            client: session.client.as_deref(),
            audience: session.audience.as_deref(),
        };
        let (access_token, keep) = self.access_token(&subject, terms, now, ids)?;
        Ok(Refreshed::Tokens {
            turn,
            keep,
            tokens: tokens(access_token, terms, &refresh),
        })
    }

    fn access_token(
        &self,
        subject: &Subject<'_>,
        terms: &Terms,
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<(SecretString, Option<NewAccessToken>), SessionError> {
        if self.format == TokenFormat::Jwt {
            let token = self.sign_access_token(subject, terms.access, now, ids)?;
            return Ok((token, None));
        }
        let token = one_use::new_token(ids)?;
        let keep = NewAccessToken {
            hash: one_use::digest(token.expose_secret()).to_vec(),
            session_id: subject.session_id,
            issued: now,
            expires: now
                .checked_add_signed(terms.access)
                .ok_or(SessionError::Lifetime)?,
        };
        Ok((token, Some(keep)))
    }

    /// The public keys as a JWK set: all that tokens of ours may be signed with.
    pub fn jwks(&self) -> Value {
        self.keys.jwks()
    }

    /// The signing keys' thumbprints, in their order. Safe to store.
    pub fn fingerprints(&self) -> Vec<String> {
        self.keys.fingerprints()
    }

    /// What each signing key does at that moment, in their order.
    pub fn key_statuses(&self, now: DateTime<Utc>) -> Vec<KeyStatus> {
        self.keys.statuses(now)
    }
}

fn tokens(access_token: SecretString, terms: &Terms, refresh: &RefreshToken) -> Tokens {
    Tokens {
        access_token,
        expires_in: terms.access.num_seconds().unsigned_abs(),
        refresh_token: refresh.text(),
    }
}

#[cfg(test)]
mod tests;
