//! Marks of what is used up by being tried.

use async_trait::async_trait;

use super::StorageError;
use crate::model::UsedMark;

/// Leaves marks at once, beside any commit.
#[async_trait]
pub trait Marks: Send + Sync {
    /// Leaves a mark; `false` when it was there already.
    ///
    /// For what must not be tried again, whatever comes of it: of many who
    /// try at once one alone is told `true`. The mark stays when the sign-up
    /// that it is of fails.
    async fn use_mark(&self, mark: &UsedMark) -> Result<bool, StorageError>;
}
