//! Users, to look at.

use async_trait::async_trait;
use uuid::Uuid;

use super::StorageError;
use crate::model::User;

/// Reads users. They are written by [`Storage::commit`](super::Storage::commit).
#[async_trait]
pub trait Users: Send + Sync {
    /// The user of that id.
    async fn get_user(&self, id: Uuid) -> Result<Option<User>, StorageError>;

    /// Whether a username is taken; case is folded.
    async fn user_exists(&self, username: &str) -> Result<bool, StorageError>;

    /// All users with that address, proven or not; case is folded.
    async fn get_users_by_email(&self, email: &str) -> Result<Vec<User>, StorageError>;
}
