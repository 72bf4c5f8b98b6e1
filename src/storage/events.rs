//! What happened and is to be told: the outbox.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StorageError;
use crate::model::Event;

/// Reads and settles events. They are raised by
/// [`Storage::commit`](super::Storage::commit).
#[async_trait]
pub trait Events: Send + Sync {
    /// Events not yet done, oldest first, `limit` at most.
    async fn pending_events(&self, limit: i64) -> Result<Vec<Event>, StorageError>;

    /// Marks an event done; `false` when it was, or is unknown.
    async fn event_done(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError>;
}
