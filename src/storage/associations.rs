//! Associations, to look at.

use async_trait::async_trait;
use uuid::Uuid;

use super::{SocialUser, StorageError};
use crate::model::Association;

/// Reads associations. They are written by
/// [`Storage::commit`](super::Storage::commit).
#[async_trait]
pub trait Associations: Send + Sync {
    /// The association of `(provider, uid)`, compared by bytes, and its user.
    async fn get_social_auth(
        &self,
        provider: &str,
        uid: &str,
    ) -> Result<Option<SocialUser>, StorageError>;

    /// All associations of `provider` under one of `uids`, compared by bytes,
    /// and their users: one round trip, in no order.
    async fn get_social_auths(
        &self,
        provider: &str,
        uids: &[String],
    ) -> Result<Vec<SocialUser>, StorageError>;

    /// A user's associations, oldest first; of one provider, or one id, if given.
    async fn get_social_auth_for_user(
        &self,
        user_id: Uuid,
        provider: Option<&str>,
        id: Option<Uuid>,
    ) -> Result<Vec<Association>, StorageError>;

    /// Whether the user can still sign in once `provider`'s associations (or
    /// just `association_id`) are gone: by another association whose provider
    /// is in `usable`, or by a usable password.
    async fn allowed_to_disconnect(
        &self,
        user_id: Uuid,
        provider: &str,
        association_id: Option<Uuid>,
        usable: &[String],
    ) -> Result<bool, StorageError>;
}
