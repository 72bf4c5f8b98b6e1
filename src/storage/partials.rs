//! Halted pipeline runs.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StorageError;
use crate::model::{NewPartial, Partial};

/// Keeps partials by the hash of their token.
#[async_trait]
pub trait Partials: Send + Sync {
    /// Stores a partial, by itself. A run stores it in its commit.
    async fn store_partial(&self, partial: &NewPartial) -> Result<(), StorageError>;

    /// The partial of that token's hash, unless it has expired.
    async fn load_partial(
        &self,
        token_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Partial>, StorageError>;

    /// The partial of that link token's hash, unless it has expired.
    async fn load_partial_by_link(
        &self,
        link_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Partial>, StorageError>;

    /// Deletes a partial; `false` when it was gone.
    async fn destroy_partial(&self, token_hash: &[u8]) -> Result<bool, StorageError>;
}
