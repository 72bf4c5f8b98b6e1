//! What tests look at and do behind the back of the traits.

use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

use super::{DieselStorage, on};
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

    /// Writes as nobody but a test may.
    pub(in crate::storage) async fn execute(&self, sql: &str) -> Result<(), StorageError> {
        let sql = sql.to_owned();
        on!(write, self.db(), |conn| conn.batch_execute(&sql).await?)
    }
}
