//! Answers that are given again to who lost them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StorageError;
use crate::model::IdempotentAnswer;

/// Keeps answers by the hash of their request's key. One is written by the
/// commit that it tells of, and by nothing else.
#[async_trait]
pub trait IdempotentAnswers: Send + Sync {
    /// The answer to the request of that key, unless it has expired.
    async fn get_idempotent_answer(
        &self,
        key_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<IdempotentAnswer>, StorageError>;
}
