//! Shared secrets with OpenID 2.0 providers.

use async_trait::async_trait;
use uuid::Uuid;

use super::StorageError;
use crate::model::OpenIdAssociation;

/// Keeps associations in OpenID's sense: not of users, of servers.
#[async_trait]
pub trait OpenIdAssociations: Send + Sync {
    /// Stores a secret; one of the same server and handle is replaced.
    async fn store_openid_association(
        &self,
        association: &OpenIdAssociation,
    ) -> Result<(), StorageError>;

    /// The newest secret of a server, or the one of that handle.
    async fn get_openid_association(
        &self,
        server_url: &str,
        handle: Option<&str>,
    ) -> Result<Option<OpenIdAssociation>, StorageError>;

    /// Our ids and the secrets of a server, oldest first; of one handle if given.
    async fn oids(
        &self,
        server_url: &str,
        handle: Option<&str>,
    ) -> Result<Vec<(Uuid, OpenIdAssociation)>, StorageError>;

    /// Forgets the secrets of these ids.
    async fn remove_openid_associations(&self, ids: &[Uuid]) -> Result<(), StorageError>;
}
