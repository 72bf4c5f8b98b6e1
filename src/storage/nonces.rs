//! Response nonces of OpenID 2.0.

use async_trait::async_trait;

use super::StorageError;
use crate::model::Nonce;

/// Remembers nonces, so that each works once.
#[async_trait]
pub trait Nonces: Send + Sync {
    /// Remembers a nonce; `false` when it was there already.
    async fn use_nonce(&self, nonce: &Nonce) -> Result<bool, StorageError>;

    /// The nonce of that salt, if it was used.
    async fn get_nonce(&self, server_url: &str, salt: &str) -> Result<Option<Nonce>, StorageError>;

    /// Forgets a nonce.
    async fn delete_nonce(&self, nonce: &Nonce) -> Result<(), StorageError>;
}
