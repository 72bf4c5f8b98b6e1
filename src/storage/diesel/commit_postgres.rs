//! A commit on PostgreSQL: one statement over one document, so one round trip
//! and no transaction that could stay half open. Only one that holds writes of
//! a team's own steps takes a transaction, and a round trip for each of them.

use std::io::Write as _;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel_async::{AnsiTransactionManager, RunQueryDsl as _, TransactionManager as _};

use super::conflict::is_unclear;
use super::document::Document;
use super::own_writes;
use super::postgres::{PgConn, Postgres, give_up, in_time};
use super::types::JsonSql;
use crate::model::{Changes, OwnWrite};
use crate::storage::CommitError;

const SQL: &str = include_str!("commit.sql");

/// The statement, with the document as its only parameter. Its identity is
/// static: it is prepared once for each connection.
struct Commit(Text);

/// A document, written out.
struct Text(Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(..)")
    }
}

impl ToSql<JsonSql, Pg> for Text {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // The version of jsonb's binary form.
        out.write_all(&[1])?;
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}

impl QueryId for Commit {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Commit {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // Bound where it is named first; the text names it again as it likes.
        let (before, after) = SQL.split_once("$1").unwrap_or((SQL, ""));
        out.push_sql(before);
        out.push_bind_param::<JsonSql, _>(&self.0)?;
        out.push_sql(after);
        Ok(())
    }
}

/// Applies all of `changes`, or nothing.
pub(super) async fn commit(db: &Postgres, changes: &Changes) -> Result<(), CommitError> {
    let document = serde_json::to_vec(&Document::of(changes)).map_err(|_cause| {
        CommitError::from(diesel::result::Error::SerializationError(
            "a commit could not be written out".into(),
        ))
    })?;
    let own = changes.own_writes.as_slice();
    let mut held = db.get().await?;
    let executed = async {
        if own.is_empty() {
            execute(&mut held, document).await
        } else {
            execute_with_own(&mut held, document, own).await
        }
    };
    match in_time(executed).await {
        Some(outcome) => outcome,
        // Nobody can tell whether it is done, or will be.
        None => Err(CommitError::Unknown(give_up(held).to_string())),
    }
}

async fn execute(conn: &mut PgConn, document: Vec<u8>) -> Result<(), CommitError> {
    match Commit(Text(document)).execute(conn).await {
        Ok(_) => Ok(()),
        Err(error) if is_unclear(&error) && !answers(conn).await => Err(lost()),
        Err(error) => Err(error.into()),
    }
}

/// The same in a transaction, and with it what steps write of their own. Each
/// statement waits for the one before: a COMMIT that were sent along could
/// overtake them.
async fn execute_with_own(
    conn: &mut PgConn,
    document: Vec<u8>,
    own: &[OwnWrite],
) -> Result<(), CommitError> {
    AnsiTransactionManager::begin_transaction(conn).await?;
    if let Err(error) = write_all(conn, document, own).await {
        let rolled_back = AnsiTransactionManager::rollback_transaction(conn).await;
        return Err(rolled_back.map_or_else(|_gone| lost(), |()| error));
    }
    match AnsiTransactionManager::commit_transaction(conn).await {
        Ok(()) => Ok(()),
        Err(error) if is_unclear(&error) && !answers(conn).await => Err(lost()),
        // Of our rules none waits for the end.
        Err(error) => Err(own_writes::failed(error, None)),
    }
}

async fn write_all(
    conn: &mut PgConn,
    document: Vec<u8>,
    own: &[OwnWrite],
) -> Result<(), CommitError> {
    Commit(Text(document)).execute(conn).await?;
    own_writes::run(conn, own).await
}

fn lost() -> CommitError {
    CommitError::Unknown("the connection was lost with an error".to_owned())
}

async fn answers(conn: &mut PgConn) -> bool {
    diesel::sql_query("SELECT 1").execute(conn).await.is_ok()
}
