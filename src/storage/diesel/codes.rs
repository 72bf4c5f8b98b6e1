//! [`Codes`] by diesel. Each change is one statement, so that tries made at the
//! same moment are counted one after the other.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::dsl::{case_when, sum};
use diesel::pg::Pg;
use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, IntoSql as _, OptionalExtension as _,
    QueryDsl as _, QueryResult, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use serde::Serialize;
use uuid::Uuid;

use super::schema::social_auth_code as codes;
use super::sqlite_connection::LiteConn;
use super::types::{Bytes, Id, Moment, TimestampSql, UuidSql};
use super::{DieselStorage, on};
use crate::model::{EmailCode, email_domain, email_key};
use crate::storage::{CodeCheck, CodeTry, Codes, CodesSent, StorageError, VOID};

/// A run has one code: the newest takes the place of an older.
const MAKE_CODE: &str = "INSERT INTO social_auth_code AS c \
     (id, partial_id, email, email_key, email_domain, sender, code_hash, digits_hash, verified, \
     tries, sent, created, expires) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
     ON CONFLICT (partial_id) DO UPDATE SET \
     id = excluded.id, email = excluded.email, email_key = excluded.email_key, \
     email_domain = excluded.email_domain, code_hash = excluded.code_hash, \
     digits_hash = excluded.digits_hash, verified = excluded.verified, \
     tries = excluded.tries, sent = c.sent + excluded.sent, expires = excluded.expires";

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = codes, treat_none_as_default_value = false)]
#[diesel(check_for_backend(Sqlite, Pg))]
pub(super) struct CodeRow {
    id: Id,
    partial_id: Id,
    email: String,
    email_key: String,
    email_domain: String,
    sender: Option<Bytes>,
    code_hash: Bytes,
    digits_hash: Bytes,
    verified: bool,
    tries: i32,
    sent: i32,
    created: Moment,
    expires: Moment,
}

impl CodeRow {
    pub(super) fn of(code: &EmailCode) -> Self {
        Self {
            id: Id(code.id),
            partial_id: Id(code.partial_id),
            email: code.email.clone(),
            email_key: email_key(&code.email),
            email_domain: email_domain(&code.email),
            sender: code.sender.clone().map(Bytes),
            code_hash: Bytes(code.code_hash.clone()),
            digits_hash: Bytes(code.digits_hash.clone()),
            verified: code.verified,
            tries: code.tries,
            sent: code.sent,
            created: Moment(code.created),
            expires: Moment(code.expires),
        }
    }

    fn into_model(self) -> EmailCode {
        EmailCode {
            id: self.id.0,
            partial_id: self.partial_id.0,
            email: self.email,
            sender: self.sender.map(|sender| sender.0),
            code_hash: self.code_hash.0,
            digits_hash: self.digits_hash.0,
            verified: self.verified,
            tries: self.tries,
            sent: self.sent,
            created: self.created.0,
            expires: self.expires.0,
        }
    }
}

/// Ends all codes that were sent to an address, used ones too.
pub(super) async fn void(conn: &mut LiteConn, email: &str) -> QueryResult<()> {
    let sent = codes::table.filter(codes::email_key.eq(email_key(email)));
    let void = diesel::update(sent).set((codes::verified.eq(false), codes::tries.eq(VOID)));
    void.execute(conn).await?;
    Ok(())
}

#[async_trait]
impl Codes for DieselStorage {
    async fn make_code(&self, code: &EmailCode) -> Result<(), StorageError> {
        let row = CodeRow::of(code);
        on!(write, self.db(), |conn| {
            diesel::sql_query(MAKE_CODE)
                .bind::<UuidSql, _>(row.id)
                .bind::<UuidSql, _>(row.partial_id)
                .bind::<Text, _>(row.email)
                .bind::<Text, _>(row.email_key)
                .bind::<Text, _>(row.email_domain)
                .bind::<Nullable<Binary>, _>(row.sender)
                .bind::<Binary, _>(row.code_hash)
                .bind::<Binary, _>(row.digits_hash)
                .bind::<Bool, _>(row.verified)
                .bind::<Integer, _>(row.tries)
                .bind::<Integer, _>(row.sent)
                .bind::<TimestampSql, _>(row.created)
                .bind::<TimestampSql, _>(row.expires)
                .execute(conn)
                .await?;
        })
    }

    async fn get_code(&self, partial_id: Uuid) -> Result<Option<EmailCode>, StorageError> {
        on!(read, self.db(), |conn| {
            let row = codes::table
                .filter(codes::partial_id.eq(Id(partial_id)))
                .select(CodeRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(CodeRow::into_model)
        })
    }

    async fn verify_code(
        &self,
        code: CodeTry<'_>,
        max_tries: i32,
        now: DateTime<Utc>,
    ) -> Result<CodeCheck, StorageError> {
        let (partial_id, key) = (Id(code.partial_id), email_key(code.email));
        let hash = code.hash.to_vec();
        on!(write, self.db(), |conn| {
            let live = codes::table
                .filter(codes::partial_id.eq(partial_id))
                .filter(codes::email_key.eq(key))
                .filter(codes::verified.eq(false))
                .filter(codes::tries.lt(max_tries))
                .filter(codes::expires.gt(Moment(now)));
            let is_other = codes::code_hash.ne(&hash).and(codes::digits_hash.ne(&hash));
            let wrong = case_when(is_other, 1.into_sql::<Integer>()).otherwise(0);
            let verified: Option<bool> = diesel::update(live)
                .set((
                    codes::verified.eq(codes::code_hash.eq(&hash).or(codes::digits_hash.eq(&hash))),
                    codes::tries.eq(codes::tries + wrong),
                ))
                .returning(codes::verified)
                .get_result(conn)
                .await
                .optional()?;
            match verified {
                Some(true) => CodeCheck::Verified,
                Some(false) | None => CodeCheck::Refused,
            }
        })
    }

    async fn codes_sent(
        &self,
        code: &EmailCode,
        since: DateTime<Utc>,
    ) -> Result<CodesSent, StorageError> {
        let (key, domain) = (email_key(&code.email), email_domain(&code.email));
        let sender = code.sender.clone().map(Bytes);
        on!(read, self.db(), |conn| {
            let recent = codes::table
                .filter(codes::created.gt(Moment(since)))
                .select(sum(codes::sent));
            let to_address = recent.filter(codes::email_key.eq(key));
            let to_address: Option<i64> = to_address.first(conn).await?;
            let to_domain = recent.filter(codes::email_domain.eq(domain));
            let to_domain: Option<i64> = to_domain.first(conn).await?;
            let by_sender: Option<i64> = match sender {
                None => None,
                Some(sender) => {
                    let of_sender = recent.filter(codes::sender.eq(sender));
                    of_sender.first(conn).await?
                }
            };
            CodesSent {
                to_address: to_address.unwrap_or_default(),
                to_domain: to_domain.unwrap_or_default(),
                by_sender: by_sender.unwrap_or_default(),
            }
        })
    }
}
