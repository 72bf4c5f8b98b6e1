//! A session of ours, known by the hash of its refresh token.
//!
//! A refresh token has two halves. One stays for the session's life and finds
//! the session; the other turns with each use. So a session is one row however
//! often its token turns, and a half that turned long ago is still known to
//! have been this session's.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A session, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Our id of the session.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// The registered client that opened it; `None` for no client.
    pub client: Option<String>,
    /// Who its access tokens are for; `None` for ourselves.
    pub audience: Option<String>,
    /// SHA-256 of the half of the refresh token that stays.
    pub refresh_hash: Vec<u8>,
    /// SHA-256 of the half that turns, as it is now.
    pub turn_hash: Vec<u8>,
    /// What the present half was derived from the one before with.
    pub turn_salt: Vec<u8>,
    /// SHA-256 of the half before; `None` once the present one was used.
    pub prior_hash: Option<Vec<u8>>,
    /// When the present half was made.
    pub turned: DateTime<Utc>,
    /// When the person signed in.
    pub created: DateTime<Utc>,
    /// When the refresh token stops working unless it is used.
    pub expires: DateTime<Utc>,
    /// When the session is over, however much it is used.
    pub ends: DateTime<Utc>,
    /// When it was ended; `None` while it lives.
    pub revoked: Option<DateTime<Utc>>,
}

impl Session {
    /// Whether it can still be used at that moment.
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.revoked.is_none() && now < self.expires && now < self.ends
    }
}

/// A session that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Our id of the session.
    pub id: Uuid,
    /// Whose it will be.
    pub user_id: Uuid,
    /// The registered client that opens it; `None` for no client.
    pub client: Option<String>,
    /// Who its access tokens are for; `None` for ourselves.
    pub audience: Option<String>,
    /// SHA-256 of the half of the refresh token that stays.
    pub refresh_hash: Vec<u8>,
    /// SHA-256 of the half that turns.
    pub turn_hash: Vec<u8>,
    /// When the person signed in.
    pub created: DateTime<Utc>,
    /// When the refresh token stops working unless it is used.
    pub expires: DateTime<Utc>,
    /// When the session is over, however much it is used.
    pub ends: DateTime<Utc>,
    /// Its first access token; `None` when that is kept nowhere.
    pub access_token: Option<NewAccessToken>,
}

/// An access token that says nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccessToken {
    /// SHA-256 of the token; the token itself is not kept.
    pub hash: Vec<u8>,
    /// The session that it belongs to.
    pub session_id: Uuid,
    /// When it is made.
    pub issued: DateTime<Utc>,
    /// When it stops working.
    pub expires: DateTime<Utc>,
}

/// A refresh token turns: if nobody turned it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The session.
    pub session_id: Uuid,
    /// The half's hash as it was seen.
    pub from: Vec<u8>,
    /// The new half's hash.
    pub turn_hash: Vec<u8>,
    /// What the new half is derived with.
    pub turn_salt: Vec<u8>,
    /// The half that stays good until the new one is used.
    pub prior_hash: Vec<u8>,
    /// When it turns.
    pub turned: DateTime<Utc>,
    /// When the new token stops working unless it is used.
    pub expires: DateTime<Utc>,
}

/// Sessions that a commit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedSessions {
    /// Whose.
    pub user_id: Uuid,
    /// The one that ends; `None` for all that live.
    pub only: Option<Uuid>,
    /// At what moment.
    pub at: DateTime<Utc>,
}
