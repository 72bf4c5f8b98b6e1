//! Our own sessions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StorageError;
use crate::model::Session;

/// Reads and ends sessions. They are opened by
/// [`Storage::commit`](super::Storage::commit).
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session of that id, ended or not.
    async fn get_session(&self, id: Uuid) -> Result<Option<Session>, StorageError>;

    /// The session of that refresh token's hash, ended or not.
    async fn get_session_by_hash(
        &self,
        refresh_hash: &[u8],
    ) -> Result<Option<Session>, StorageError>;

    /// Ends a session; `false` when it was ended or is unknown.
    async fn revoke_session(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError>;

    /// Ends all sessions of a user; tells how many lived.
    async fn revoke_sessions_of(
        &self,
        user_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<usize, StorageError>;
}
