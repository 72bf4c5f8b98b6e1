//! Secrets shared with OpenID 2.0 providers: whoever reads one signs in as
//! anybody of that provider, so they are sealed as tokens are.

use async_trait::async_trait;
use uuid::Uuid;

use super::SealedStorage;
use crate::model::OpenIdAssociation;
use crate::storage::{OpenIdAssociations, StorageError};

/// The column that sealed secrets are bound to, beside server and handle.
const COLUMN: &str = "social_auth_association.secret";

impl SealedStorage {
    /// `None` when the secret does not open: its key is gone.
    fn opened(&self, association: OpenIdAssociation) -> Option<OpenIdAssociation> {
        let bound_to = [COLUMN, &association.server_url, &association.handle];
        let opened = self.sealer.open(&association.secret, &bound_to).ok();
        let secret = opened.and_then(|plain| String::from_utf8(plain).ok());
        if secret.is_none() {
            tracing::warn!(server = %association.server_url, "a shared secret does not open");
        }
        Some(OpenIdAssociation {
            secret: secret?,
            ..association
        })
    }
}

#[async_trait]
impl OpenIdAssociations for SealedStorage {
    async fn store_openid_association(
        &self,
        association: &OpenIdAssociation,
    ) -> Result<(), StorageError> {
        let bound_to = [COLUMN, &association.server_url, &association.handle];
        let plain = association.secret.as_bytes();
        let sealed = self.sealer.seal(plain, &bound_to, self.ids.as_ref());
        let sealed = OpenIdAssociation {
            secret: sealed.map_err(|error| StorageError::Other(error.to_string()))?,
            ..association.clone()
        };
        self.inner.store_openid_association(&sealed).await
    }

    async fn get_openid_association(
        &self,
        server_url: &str,
        handle: Option<&str>,
    ) -> Result<Option<OpenIdAssociation>, StorageError> {
        let found = self
            .inner
            .get_openid_association(server_url, handle)
            .await?;
        Ok(found.and_then(|association| self.opened(association)))
    }

    async fn oids(
        &self,
        server_url: &str,
        handle: Option<&str>,
    ) -> Result<Vec<(Uuid, OpenIdAssociation)>, StorageError> {
        let found = self.inner.oids(server_url, handle).await?;
        let opened = found
            .into_iter()
            .filter_map(|(id, association)| Some((id, self.opened(association)?)));
        Ok(opened.collect())
    }

    async fn remove_openid_associations(&self, ids: &[Uuid]) -> Result<(), StorageError> {
        self.inner.remove_openid_associations(ids).await
    }
}
