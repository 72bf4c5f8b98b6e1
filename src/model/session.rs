//! A session of ours, known by the hash of its refresh token.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A session, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Our id of the session.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// The sign-in from which it descends by rotation; its own id at first.
    pub family: Uuid,
    /// SHA-256 of the refresh token; the token itself is not kept.
    pub refresh_hash: Vec<u8>,
    /// When the person signed in from whom it descends.
    pub authenticated: DateTime<Utc>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When the refresh token stops working.
    pub expires: DateTime<Utc>,
    /// When it was ended; `None` while it lives.
    pub revoked: Option<DateTime<Utc>>,
}

/// A session that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Our id of the session.
    pub id: Uuid,
    /// Whose it will be.
    pub user_id: Uuid,
    /// The sign-in from which it descends; its own id for a new sign-in.
    pub family: Uuid,
    /// SHA-256 of the refresh token.
    pub refresh_hash: Vec<u8>,
    /// When the person signed in from whom it descends; a new sign-in's own
    /// moment.
    pub authenticated: DateTime<Utc>,
    /// When it is made.
    pub created: DateTime<Utc>,
    /// When the refresh token stops working.
    pub expires: DateTime<Utc>,
}
