//! Deletes what has expired, a few rows at a time.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;

use super::types::{Moment, TimestampSql};
use super::{Db, on};
use crate::storage::StorageError;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// What is deleted, and how many seconds after its time.
const BY_TIME: &[(&str, i64)] = &[
    (
        "DELETE FROM used_marks WHERE (kind, digest) IN (SELECT kind, digest FROM used_marks \
         WHERE expires <= $1 ORDER BY expires LIMIT $2)",
        0,
    ),
    (
        "DELETE FROM idempotent_answers WHERE key_hash IN (SELECT key_hash \
         FROM idempotent_answers WHERE expires <= $1 ORDER BY expires LIMIT $2)",
        0,
    ),
    (
        "DELETE FROM social_auth_partial WHERE id IN (SELECT id FROM social_auth_partial \
         WHERE expires <= $1 ORDER BY expires LIMIT $2)",
        0,
    ),
    (
        "DELETE FROM social_auth_code WHERE id IN (SELECT id FROM social_auth_code \
         WHERE expires <= $1 ORDER BY expires LIMIT $2)",
        0,
    ),
    (
        "DELETE FROM access_tokens WHERE hash IN (SELECT hash FROM access_tokens \
         WHERE expires <= $1 ORDER BY expires LIMIT $2)",
        0,
    ),
    (
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
         WHERE expires <= $1 ORDER BY expires LIMIT $2)",
        DAY,
    ),
    (
        "DELETE FROM events WHERE id IN (SELECT id FROM events \
         WHERE created <= $1 ORDER BY created LIMIT $2)",
        7 * DAY,
    ),
];

/// The same for tables that count seconds.
const BY_SECONDS: &[(&str, i64)] = &[
    (
        "DELETE FROM social_auth_nonce WHERE (server_url, timestamp, salt) IN \
         (SELECT server_url, timestamp, salt FROM social_auth_nonce \
         WHERE timestamp <= $1 ORDER BY timestamp LIMIT $2)",
        DAY,
    ),
    (
        "DELETE FROM social_auth_association WHERE id IN (SELECT id FROM social_auth_association \
         WHERE issued + lifetime <= $1 LIMIT $2)",
        DAY,
    ),
];

/// Deletes at most `limit` rows of each kind; tells how many in all.
pub(super) async fn sweep(db: &Db, now: DateTime<Utc>, limit: i64) -> Result<usize, StorageError> {
    let mut swept = 0;
    for (statement, grace) in BY_TIME {
        let before = now - TimeDelta::seconds(*grace);
        swept += on!(write, db, |conn| {
            let delete = diesel::sql_query(*statement)
                .bind::<TimestampSql, _>(Moment(before))
                .bind::<BigInt, _>(limit);
            delete.execute(conn).await?
        })?;
    }
    for (statement, grace) in BY_SECONDS {
        let before = now.timestamp() - grace;
        swept += on!(write, db, |conn| {
            let delete = diesel::sql_query(*statement)
                .bind::<BigInt, _>(before)
                .bind::<BigInt, _>(limit);
            delete.execute(conn).await?
        })?;
    }
    Ok(swept)
}
