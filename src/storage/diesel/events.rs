//! [`Events`] by diesel.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::rows::EventRow;
use super::schema::events;
use super::types::{Id, Moment};
use super::{DieselStorage, on};
use crate::model::Event;
use crate::storage::{Events, StorageError};

#[async_trait]
impl Events for DieselStorage {
    async fn pending_events(&self, limit: i64) -> Result<Vec<Event>, StorageError> {
        on!(read, self.db(), |conn| {
            let rows = events::table
                .filter(events::done.is_null())
                .order((events::created, events::id))
                .limit(limit)
                .select(EventRow::as_select())
                .load(conn)
                .await?;
            let pending: Result<Vec<Event>, StorageError> =
                rows.into_iter().map(EventRow::into_model).collect();
            pending?
        })
    }

    async fn event_done(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
        on!(write, self.db(), |conn| {
            let pending = events::table.find(Id(id)).filter(events::done.is_null());
            let settled = diesel::update(pending)
                .set(events::done.eq(Some(Moment(now))))
                .execute(conn)
                .await?;
            settled > 0
        })
    }
}
