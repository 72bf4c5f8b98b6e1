//! [`Codes`] by diesel. Each change is one statement, so that tries made at the
//! same moment are counted one after the other.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::dsl::case_when;
use diesel::prelude::{Queryable, Selectable};
use diesel::sql_types::{Binary, Bool, Integer, Text};
use diesel::{
    ExpressionMethods as _, IntoSql as _, OptionalExtension as _, QueryDsl as _,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;

use super::schema::social_auth_code as codes;
use super::types::{Id, Moment, TimestampSql, UuidSql};
use super::{DieselStorage, on};
use crate::model::{EmailCode, email_key};
use crate::storage::{CodeCheck, Codes, StorageError};

/// An address has one unverified code: the newest takes the place of an older.
const MAKE_CODE: &str = "INSERT INTO social_auth_code \
     (id, email, email_key, code_hash, verified, tries, created, expires) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (email_key) WHERE verified = false DO UPDATE SET \
     id = excluded.id, email = excluded.email, code_hash = excluded.code_hash, \
     verified = excluded.verified, tries = excluded.tries, created = excluded.created, \
     expires = excluded.expires";

#[derive(Queryable, Selectable)]
#[diesel(table_name = codes)]
#[diesel(check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
struct CodeRow {
    id: Id,
    email: String,
    code_hash: Vec<u8>,
    verified: bool,
    tries: i32,
    created: Moment,
    expires: Moment,
}

impl CodeRow {
    fn into_model(self) -> EmailCode {
        EmailCode {
            id: self.id.0,
            email: self.email,
            code_hash: self.code_hash,
            verified: self.verified,
            tries: self.tries,
            created: self.created.0,
            expires: self.expires.0,
        }
    }
}

#[async_trait]
impl Codes for DieselStorage {
    async fn make_code(&self, code: &EmailCode) -> Result<(), StorageError> {
        let code = code.clone();
        on!(write, self.db(), |conn| {
            diesel::sql_query(MAKE_CODE)
                .bind::<UuidSql, _>(Id(code.id))
                .bind::<Text, _>(&code.email)
                .bind::<Text, _>(email_key(&code.email))
                .bind::<Binary, _>(&code.code_hash)
                .bind::<Bool, _>(code.verified)
                .bind::<Integer, _>(code.tries)
                .bind::<TimestampSql, _>(Moment(code.created))
                .bind::<TimestampSql, _>(Moment(code.expires))
                .execute(conn)
                .await?;
        })
    }

    async fn get_code(&self, code_hash: &[u8]) -> Result<Option<EmailCode>, StorageError> {
        let code_hash = code_hash.to_vec();
        on!(read, self.db(), |conn| {
            let row = codes::table
                .filter(codes::code_hash.eq(code_hash))
                .select(CodeRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(CodeRow::into_model)
        })
    }

    async fn verify_code(
        &self,
        email: &str,
        code_hash: &[u8],
        max_tries: i32,
        now: DateTime<Utc>,
    ) -> Result<CodeCheck, StorageError> {
        let (key, code_hash) = (email_key(email), code_hash.to_vec());
        on!(write, self.db(), |conn| {
            let live = codes::table
                .filter(codes::email_key.eq(key))
                .filter(codes::verified.eq(false))
                .filter(codes::tries.lt(max_tries))
                .filter(codes::expires.gt(Moment(now)));
            let wrong =
                case_when(codes::code_hash.ne(&code_hash), 1.into_sql::<Integer>()).otherwise(0);
            let verified: Option<bool> = diesel::update(live)
                .set((
                    codes::verified.eq(codes::code_hash.eq(&code_hash)),
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
}
