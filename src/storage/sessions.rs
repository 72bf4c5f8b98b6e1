//! Our own sessions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StorageError;
use crate::model::{NewAccessToken, Session, Turn, User};

/// A session together with its user.
pub type SessionUser = (Session, User);

/// Reads, turns and ends sessions. They are opened by
/// [`Storage::commit`](super::Storage::commit).
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session of that id, ended or not.
    async fn get_session(&self, id: Uuid) -> Result<Option<SessionUser>, StorageError>;

    /// The session of that hash of a refresh token's half, ended or not.
    async fn get_session_by_hash(
        &self,
        refresh_hash: &[u8],
    ) -> Result<Option<SessionUser>, StorageError>;

    /// The session of that hash of an access token, ended or not, and when the
    /// token was issued and stops working.
    async fn get_session_by_access_token(
        &self,
        hash: &[u8],
    ) -> Result<Option<(SessionUser, NewAccessToken)>, StorageError>;

    /// A user's sessions, ended or not, oldest first.
    async fn get_sessions_of(&self, user_id: Uuid) -> Result<Vec<Session>, StorageError>;

    /// Turns a session's refresh token; `false` when somebody was faster, or
    /// it has ended.
    async fn turn_session(&self, turn: &Turn) -> Result<bool, StorageError>;

    /// Keeps an access token of a session.
    async fn keep_access_token(&self, token: &NewAccessToken) -> Result<(), StorageError>;

    /// Ends a session; `false` when it was ended or is unknown.
    async fn revoke_session(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError>;

    /// Ends all sessions of a user; tells how many lived.
    async fn revoke_sessions_of(
        &self,
        user_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<usize, StorageError>;
}
