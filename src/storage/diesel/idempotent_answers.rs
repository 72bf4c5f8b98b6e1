//! [`IdempotentAnswers`] by diesel.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;

use super::rows::IdempotentAnswerRow;
use super::schema::idempotent_answers as answers;
use super::sqlite_connection::LiteConn;
use super::types::Moment;
use super::{DieselStorage, on};
use crate::model::IdempotentAnswer;
use crate::storage::{CommitError, IdempotentAnswers, StorageError};

#[async_trait]
impl IdempotentAnswers for DieselStorage {
    async fn get_idempotent_answer(
        &self,
        key_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<IdempotentAnswer>, StorageError> {
        let key_hash = key_hash.to_vec();
        on!(read, self.db(), |conn| {
            let row = answers::table
                .find(key_hash)
                .filter(answers::expires.gt(Moment(now)))
                .select(IdempotentAnswerRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(IdempotentAnswerRow::into_model)
        })
    }
}

/// Keeps an answer on SQLite; one whose time is over gives way.
pub(super) async fn keep(
    conn: &mut LiteConn,
    answer: &IdempotentAnswer,
) -> Result<(), CommitError> {
    let expired = answers::table
        .find(&answer.key_hash)
        .filter(answers::expires.le(Moment(answer.created)));
    diesel::delete(expired).execute(conn).await?;
    let row = IdempotentAnswerRow::of(answer);
    let insert = diesel::insert_into(answers::table).values(row);
    insert.execute(conn).await?;
    Ok(())
}
