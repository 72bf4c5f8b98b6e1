//! What happened and is to be told or done: the outbox.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::StorageError;
use crate::model::Event;

/// An event that this instance alone is at, for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedEvent {
    /// The event.
    pub event: Event,
    /// How often it was claimed, this time included.
    pub attempts: u32,
}

/// Claims and settles events. They are raised by
/// [`Storage::commit`](super::Storage::commit).
///
/// Those of one user to one hook are in a lane: a later one can be claimed
/// once the earlier ones are settled.
#[async_trait]
pub trait Events: Send + Sync {
    /// Claims `limit` due events at most, until that moment; oldest first.
    async fn claim_events(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<ClaimedEvent>, StorageError>;

    /// When the next event can be claimed; `None` when there is none.
    async fn next_event(&self) -> Result<Option<DateTime<Utc>>, StorageError>;

    /// Marks an event done; `false` when it was, or is unknown.
    async fn event_done(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError>;

    /// Lets an event be claimed again from that moment on; `false` when it is
    /// done, or unknown.
    async fn put_off_event(&self, id: Uuid, due: DateTime<Utc>) -> Result<bool, StorageError>;

    /// Deletes an event with all that it holds; `false` when it is unknown.
    async fn remove_event(&self, id: Uuid) -> Result<bool, StorageError>;
}
