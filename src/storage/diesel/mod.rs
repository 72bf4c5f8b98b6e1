//! [`Storage`] by diesel, for SQLite and PostgreSQL.
//!
//! Reads and small writes are written once and run on both databases (`on!`);
//! the commit has two bodies, held together by the contract tests.
//!
//! - SQLite: threads of its own, one that writes and several that read
//!   (`sqlite`); the writer commits what is waiting together (`writer`).
//! - PostgreSQL: a pool (`postgres`); a commit is one statement
//!   (`commit_postgres`), but for one with writes of a team's own.

mod associations;
mod codes;
mod commit_postgres;
mod commit_sqlite;
mod conflict;
mod document;
mod events;
mod idempotent_answers;
mod marks;
mod migrations;
mod nonces;
mod openid;
mod own_writes;
mod partials;
mod postgres;
#[cfg(test)]
mod probe;
mod rows;
mod schema;
mod session_rows;
mod sessions;
mod sqlite;
mod sqlite_connection;
#[cfg(test)]
mod sqlite_tests;
mod sweep;
mod tls;
mod types;
mod users;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods as _, QueryDsl as _};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use secrecy::{ExposeSecret as _, SecretString};

use self::postgres::Postgres;
use self::schema::{signing_keys, used_marks};
use self::sqlite::SqliteFile;
use self::types::Moment;
use super::{CommitError, OwnTables, RememberedKey, Storage, StorageError};
use crate::model::{Changes, Committed};

/// Where the database is, and how many connections to it.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `sqlite:PATH`, `postgres://…` or `postgresql://…`; may hold a password.
    pub url: SecretString,
    /// PostgreSQL: connections at most.
    pub pool_size: usize,
    /// SQLite: threads that read, beside the one that writes.
    pub readers: usize,
}

/// A database, SQLite or PostgreSQL. Clones share it.
#[derive(Clone)]
pub struct DieselStorage {
    db: Arc<Db>,
    own_tables: Arc<[OwnTables]>,
}

enum Db {
    Sqlite(SqliteFile),
    Postgres(Box<Postgres>),
}

/// Runs one query body on whichever database it is.
///
/// `$mode` is `read` or `write`. The body may use what it names, owned; it
/// meets `$conn` as a connection of either kind, and `?` turns diesel's errors
/// into [`StorageError`].
macro_rules! on {
    ($mode:ident, $db:expr, |$conn:ident| $body:expr) => {
        match $db {
            $crate::storage::diesel::Db::Sqlite(db) => {
                db.$mode(
                    move |$conn: &mut $crate::storage::diesel::sqlite_connection::LiteConn| {
                        $crate::storage::diesel::sqlite_connection::drive(async move {
                            Ok::<_, $crate::storage::StorageError>($body)
                        })
                    },
                )
                .await
            }
            $crate::storage::diesel::Db::Postgres(db) => {
                let mut held = db.get().await?;
                let $conn: &mut $crate::storage::diesel::postgres::PgConn = &mut held;
                let body = async move { Ok::<_, $crate::storage::StorageError>($body) };
                match $crate::storage::diesel::postgres::in_time(body).await {
                    Some(outcome) => outcome,
                    None => Err($crate::storage::diesel::postgres::give_up(held)),
                }
            }
        }
    };
}
use on;

impl std::fmt::Debug for DieselStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match *self.db {
            Db::Sqlite(_) => "SQLite",
            Db::Postgres(_) => "PostgreSQL",
        };
        f.debug_tuple("DieselStorage").field(&kind).finish()
    }
}

impl DieselStorage {
    /// Opens the database; its tables are left as they are.
    ///
    /// A SQLite file is created where there is none, for its owner alone. For
    /// PostgreSQL, `sslmode=require`, `verify-ca` and `verify-full` all ask for
    /// TLS with a certificate that is checked, against the usual authorities
    /// and those of `sslrootcert=FILE`.
    ///
    /// Must be called on the runtime that lives as long as the server: the
    /// connections live there.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database cannot be reached,
    /// [`StorageError::Other`] when the URL is none of a database. Neither
    /// repeats the URL.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, StorageError> {
        let url = options.url.expose_secret();
        let db = if let Some(path) = sqlite::path_of(url) {
            Db::Sqlite(SqliteFile::open(path, options.readers).await?)
        } else if postgres::is_url(url) {
            let database = Postgres::connect(&options.url, options.pool_size).await?;
            Db::Postgres(Box::new(database))
        } else {
            return Err(StorageError::Other(
                "the database URL must be `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`"
                    .to_owned(),
            ));
        };
        Ok(Self {
            db: Arc::new(db),
            own_tables: Arc::default(),
        })
    }

    /// Makes a team's own tables whenever ours are brought up to date.
    #[must_use]
    pub fn with_own_tables(mut self, tables: Vec<OwnTables>) -> Self {
        self.own_tables = tables.into();
        self
    }

    fn db(&self) -> &Db {
        &self.db
    }
}

#[async_trait]
impl Storage for DieselStorage {
    async fn commit(&self, changes: Changes) -> Result<Committed, CommitError> {
        let committed = Committed {
            is_new: changes.new_user.is_some(),
            new_association: changes.new_association.is_some(),
        };
        match self.db() {
            Db::Sqlite(db) => commit_sqlite::commit(db, changes).await?,
            Db::Postgres(db) => commit_postgres::commit(db, &changes).await?,
        }
        Ok(committed)
    }

    async fn is_marked(
        &self,
        kind: &str,
        digest: &[u8],
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let (kind, digest) = (kind.to_owned(), digest.to_vec());
        on!(read, self.db(), |conn| {
            let live: i64 = used_marks::table
                .filter(used_marks::kind.eq(kind))
                .filter(used_marks::digest.eq(digest))
                .filter(used_marks::expires.gt(Moment(now)))
                .count()
                .get_result(conn)
                .await?;
            live > 0
        })
    }

    async fn sweep(&self, now: DateTime<Utc>, limit: i64) -> Result<usize, StorageError> {
        sweep::sweep(self.db(), now, limit).await
    }

    async fn migrate(&self) -> Result<(), StorageError> {
        match self.db() {
            Db::Sqlite(db) => migrations::migrate_sqlite(db, &self.own_tables).await,
            Db::Postgres(db) => migrations::migrate_postgres(db, &self.own_tables).await,
        }
    }

    async fn is_migrated(&self) -> Result<bool, StorageError> {
        migrations::is_migrated(self.db()).await
    }

    async fn ping(&self) -> Result<(), StorageError> {
        on!(read, self.db(), |conn| conn
            .batch_execute("SELECT 1")
            .await?)
    }

    async fn remember_key(
        &self,
        purpose: &str,
        fingerprint: &str,
        now: DateTime<Utc>,
    ) -> Result<RememberedKey, StorageError> {
        let (purpose, fingerprint) = (purpose.to_owned(), fingerprint.to_owned());
        // Written first and read after, each by itself: of two instances that
        // start at once with different keys at least one sees the other's.
        on!(write, self.db(), |conn| {
            let added = diesel::insert_into(signing_keys::table)
                .values((
                    signing_keys::purpose.eq(&purpose),
                    signing_keys::fingerprint.eq(&fingerprint),
                    signing_keys::created.eq(Moment(now)),
                ))
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
            let known: Vec<(String, Moment)> = signing_keys::table
                .filter(signing_keys::purpose.eq(&purpose))
                .order((signing_keys::created, signing_keys::fingerprint))
                .select((signing_keys::fingerprint, signing_keys::created))
                .load(conn)
                .await?;
            let own = known.iter().find(|(one, _)| *one == fingerprint);
            let since = own.map_or(now, |(_, since)| since.0);
            let mut before: Vec<String> = known.into_iter().map(|(one, _)| one).collect();
            if added > 0 {
                before.retain(|one| *one != fingerprint);
            }
            RememberedKey { since, before }
        })
    }

    async fn forget_key(&self, purpose: &str, fingerprint: &str) -> Result<(), StorageError> {
        let (purpose, fingerprint) = (purpose.to_owned(), fingerprint.to_owned());
        on!(write, self.db(), |conn| {
            diesel::delete(
                signing_keys::table
                    .filter(signing_keys::purpose.eq(&purpose))
                    .filter(signing_keys::fingerprint.eq(&fingerprint)),
            )
            .execute(conn)
            .await?;
        })
    }
}
