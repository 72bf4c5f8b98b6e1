//! What tests look at and do behind the back of the traits.

use std::collections::BTreeMap;

use diesel::sql_types::BigInt;
use diesel::{ExpressionMethods as _, QueryDsl as _, QueryableByName, SelectableHelper as _};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

use super::rows::EventRow;
use super::schema::events;
use super::{DieselStorage, on};
use crate::model::Event;
use crate::storage::StorageError;

const TABLES: [&str; 11] = [
    "users",
    "social_auth_usersocialauth",
    "social_auth_nonce",
    "social_auth_association",
    "social_auth_code",
    "social_auth_partial",
    "sessions",
    "signing_keys",
    "used_marks",
    "idempotent_answers",
    "events",
];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl DieselStorage {
    /// How many rows each table has.
    pub(in crate::storage) async fn row_counts(&self) -> BTreeMap<&'static str, i64> {
        let mut counts = BTreeMap::new();
        for table in TABLES {
            let sql = format!("SELECT count(*) AS count FROM {table}");
            counts.insert(table, self.number(sql).await);
        }
        counts
    }

    /// The number that a statement selects as `count`.
    pub(in crate::storage) async fn number(&self, sql: String) -> i64 {
        self.try_number(sql).await.unwrap()
    }

    async fn try_number(&self, sql: String) -> Result<i64, StorageError> {
        on!(read, self.db(), |conn| {
            let row: Count = diesel::sql_query(sql).get_result(conn).await?;
            row.count
        })
    }

    /// All events that are not done, oldest first.
    pub(in crate::storage) async fn open_events(&self) -> Vec<Event> {
        let rows = self.try_open_events().await.unwrap().into_iter();
        rows.map(|row| row.into_model().unwrap()).collect()
    }

    async fn try_open_events(&self) -> Result<Vec<EventRow>, StorageError> {
        on!(read, self.db(), |conn| {
            events::table
                .filter(events::done.is_null())
                .order((events::created, events::id))
                .select(EventRow::as_select())
                .load(conn)
                .await?
        })
    }

    /// Writes as nobody but a test may.
    pub(in crate::storage) async fn execute(&self, sql: &str) -> Result<(), StorageError> {
        let sql = sql.to_owned();
        on!(write, self.db(), |conn| conn.batch_execute(&sql).await?)
    }
}
