//! [`Events`] by diesel.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{ExpressionMethods as _, QueryDsl as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::rows::EventRow;
use super::schema::events;
use super::types::{Id, Json, JsonSql, Moment, TimestampSql, UuidSql};
use super::{DieselStorage, on};
use crate::storage::{ClaimedEvent, Events, StorageError};

/// Of a lane only the first event may be claimed. The condition on `due` stands
/// outside as well: who waited for another instance's claim finds it changed.
/// Numbered as they come: SQLite counts them so.
const CLAIM: &str = "UPDATE events SET due = $1, attempts = attempts + 1 \
     WHERE due <= $2 AND id IN (SELECT e.id FROM events AS e \
     WHERE e.due <= $2 AND NOT EXISTS (SELECT 1 FROM events AS b \
     WHERE b.due IS NOT NULL AND b.hook = e.hook AND b.user_id = e.user_id \
     AND (b.created, b.id) < (e.created, e.id)) ORDER BY e.due, e.id LIMIT $3) \
     RETURNING id, kind, user_id, payload, created, hook, due, attempts";

/// Those that wait in a lane do not count: the first one decides.
const NEXT: &str = "SELECT min(e.due) AS due FROM events AS e \
     WHERE e.due IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events AS b \
     WHERE b.due IS NOT NULL AND b.hook = e.hook AND b.user_id = e.user_id \
     AND (b.created, b.id) < (e.created, e.id))";

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = UuidSql)]
    id: Id,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<UuidSql>)]
    user_id: Option<Id>,
    #[diesel(sql_type = JsonSql)]
    payload: Json,
    #[diesel(sql_type = TimestampSql)]
    created: Moment,
    #[diesel(sql_type = Nullable<Text>)]
    hook: Option<String>,
    #[diesel(sql_type = Nullable<TimestampSql>)]
    due: Option<Moment>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

#[derive(QueryableByName)]
struct NextRow {
    #[diesel(sql_type = Nullable<TimestampSql>)]
    due: Option<Moment>,
}

impl ClaimedRow {
    fn into_model(self) -> Result<ClaimedEvent, StorageError> {
        let row = EventRow {
            id: self.id,
            kind: self.kind,
            user_id: self.user_id,
            payload: self.payload,
            created: self.created,
            hook: self.hook,
            due: self.due,
        };
        Ok(ClaimedEvent {
            event: row.into_model()?,
            attempts: u32::try_from(self.attempts).unwrap_or_default(),
        })
    }
}

#[async_trait]
impl Events for DieselStorage {
    async fn claim_events(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<ClaimedEvent>, StorageError> {
        on!(write, self.db(), |conn| {
            let claim = diesel::sql_query(CLAIM)
                .bind::<TimestampSql, _>(Moment(until))
                .bind::<TimestampSql, _>(Moment(now))
                .bind::<BigInt, _>(limit);
            let rows: Vec<ClaimedRow> = claim.load(conn).await?;
            let claimed: Result<Vec<_>, StorageError> =
                rows.into_iter().map(ClaimedRow::into_model).collect();
            let mut claimed = claimed?;
            claimed.sort_by_key(|claimed| (claimed.event.created, claimed.event.id));
            claimed
        })
    }

    async fn next_event(&self) -> Result<Option<DateTime<Utc>>, StorageError> {
        on!(read, self.db(), |conn| {
            let row: NextRow = diesel::sql_query(NEXT).get_result(conn).await?;
            row.due.map(|due| due.0)
        })
    }

    async fn event_done(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
        on!(write, self.db(), |conn| {
            let pending = events::table.find(Id(id)).filter(events::done.is_null());
            let settled = diesel::update(pending)
                .set((
                    events::done.eq(Some(Moment(now))),
                    events::due.eq(None::<Moment>),
                ))
                .execute(conn)
                .await?;
            settled > 0
        })
    }

    async fn put_off_event(&self, id: Uuid, due: DateTime<Utc>) -> Result<bool, StorageError> {
        on!(write, self.db(), |conn| {
            let pending = events::table.find(Id(id)).filter(events::due.is_not_null());
            let put_off = diesel::update(pending).set(events::due.eq(Some(Moment(due))));
            put_off.execute(conn).await? > 0
        })
    }

    async fn remove_event(&self, id: Uuid) -> Result<bool, StorageError> {
        on!(write, self.db(), |conn| {
            let delete = diesel::delete(events::table.find(Id(id)));
            delete.execute(conn).await? > 0
        })
    }
}
