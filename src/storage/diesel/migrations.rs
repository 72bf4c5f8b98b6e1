//! Brings the tables up to date. The migrations are part of the program.

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::QueryDsl as _;
use diesel::QueryableByName;
use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource as _};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, RunQueryDsl as _, SimpleAsyncConnection as _,
    TransactionManager as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::postgres::{PgConn, Postgres};
use super::schema::__diesel_schema_migrations as applied_migrations;
use super::sqlite::SqliteFile;
use super::sqlite_connection::LiteConn;
use super::{Db, on};
use crate::storage::{OwnTables, StorageError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Of two processes that start at once one migrates and the other waits. The
/// lock ends with its transaction, so it works behind a connection pooler too.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7237116810493587553)";

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Migrates in the writer's transaction, which locks the file.
pub(super) async fn migrate_sqlite(
    db: &SqliteFile,
    own: &Arc<[OwnTables]>,
) -> Result<(), StorageError> {
    let own = Arc::clone(own);
    db.write(move |conn| {
        super::sqlite_connection::drive(async move {
            let ran = conn.spawn_blocking(|inner| {
                Ok(inner.run_pending_migrations(SQLITE).map(|_versions| ()))
            });
            ran.await?.map_err(|error| failed(error.as_ref()))?;
            for tables in own.iter() {
                let made = conn.batch_execute(&tables.sqlite).await;
                made.map_err(|error| own_failed(&error))?;
            }
            refuse_deferred(conn).await
        })
    })
    .await
}

/// Migrates on a connection of its own.
pub(super) async fn migrate_postgres(
    db: &Postgres,
    own: &Arc<[OwnTables]>,
) -> Result<(), StorageError> {
    let conn = db.open().await?;
    // The harness blocks its thread, which only the server's own runtime bears.
    let migrating = db.runtime().spawn(migrate_locked(conn, Arc::clone(own)));
    migrating
        .await
        .map_err(|_stopped| StorageError::Migration("it was interrupted".to_owned()))?
}

async fn migrate_locked(mut conn: PgConn, own: Arc<[OwnTables]>) -> Result<(), StorageError> {
    let refused = |error: diesel::result::Error| failed(&error);
    let begun = AnsiTransactionManager::begin_transaction(&mut conn).await;
    begun.map_err(refused)?;
    conn.batch_execute(LOCK).await.map_err(refused)?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let ran = harness.run_pending_migrations(POSTGRES).map(|_versions| ());
    ran.map_err(|error| failed(error.as_ref()))?;
    let mut conn = harness.into_inner();
    for tables in own.iter() {
        let made = conn.batch_execute(&tables.postgres).await;
        made.map_err(|error| own_failed(&error))?;
    }
    let committed = AnsiTransactionManager::commit_transaction(&mut conn).await;
    committed.map_err(refused)
}

/// A rule that is checked when all commit, or ends all, would fail the commits
/// of others, which are written together with it.
async fn refuse_deferred(conn: &mut LiteConn) -> Result<(), StorageError> {
    const DEFERRED: &str = "SELECT name FROM sqlite_master \
        WHERE type = 'table' AND (sql LIKE '%INITIALLY%DEFERRED%' \
        OR sql LIKE '%ON%CONFLICT%ROLLBACK%') ORDER BY name";
    let found: Vec<Named> = diesel::sql_query(DEFERRED).load(conn).await?;
    match found.into_iter().next() {
        None => Ok(()),
        Some(table) => Err(StorageError::Migration(format!(
            "`{}`: a rule that is INITIALLY DEFERRED, or ON CONFLICT ROLLBACK, would fail the \
             commits of others",
            table.name
        ))),
    }
}

fn own_failed(error: &diesel::result::Error) -> StorageError {
    StorageError::Migration(format!("of the tables of one's own: {error}"))
}

/// The text of a migration's own error: it names no value of a row.
fn failed(error: &(dyn std::error::Error + Send + Sync)) -> StorageError {
    StorageError::Migration(error.to_string())
}

/// Whether every migration of the program is among those applied.
pub(super) async fn is_migrated(db: &Db) -> Result<bool, StorageError> {
    let (known, table) = match db {
        Db::Sqlite(_) => (
            versions::<Sqlite>(&SQLITE)?,
            "SELECT count(*) AS count FROM sqlite_master \
             WHERE type = 'table' AND name = '__diesel_schema_migrations'",
        ),
        Db::Postgres(_) => (
            versions::<Pg>(&POSTGRES)?,
            "SELECT count(*) AS count FROM pg_catalog.pg_class \
             WHERE oid = to_regclass('__diesel_schema_migrations')",
        ),
    };
    on!(read, db, |conn| {
        let there: Count = diesel::sql_query(table).get_result(conn).await?;
        let applied: Vec<String> = if there.count == 0 {
            Vec::new()
        } else {
            applied_migrations::table
                .select(applied_migrations::version)
                .load(conn)
                .await?
        };
        let applied = applied.into_iter().collect::<BTreeSet<_>>();
        known.is_subset(&applied)
    })
}

fn versions<DB: Backend>(source: &EmbeddedMigrations) -> Result<BTreeSet<String>, StorageError> {
    let migrations: Vec<Box<dyn Migration<DB>>> = source
        .migrations()
        .map_err(|error| failed(error.as_ref()))?;
    let names = migrations
        .iter()
        .map(|one| one.name().version().to_string());
    Ok(names.collect())
}
