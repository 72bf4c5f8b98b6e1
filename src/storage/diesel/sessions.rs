//! [`Sessions`] by diesel.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::rows::UserRow;
use super::schema::{access_tokens, sessions, users};
use super::session_rows::{AccessTokenRow, SessionRow};
use super::types::{Id, Moment};
use super::{DieselStorage, on};
use crate::model::{NewAccessToken, Session, Turn};
use crate::storage::{SessionUser, Sessions, StorageError};

#[async_trait]
impl Sessions for DieselStorage {
    async fn get_session(&self, id: Uuid) -> Result<Option<SessionUser>, StorageError> {
        on!(read, self.db(), |conn| {
            let found = sessions::table
                .inner_join(users::table)
                .filter(sessions::id.eq(Id(id)))
                .select((SessionRow::as_select(), UserRow::as_select()))
                .first(conn)
                .await
                .optional()?;
            found.map(session_user).transpose()?
        })
    }

    async fn get_session_by_hash(
        &self,
        refresh_hash: &[u8],
    ) -> Result<Option<SessionUser>, StorageError> {
        let refresh_hash = refresh_hash.to_vec();
        on!(read, self.db(), |conn| {
            let found = sessions::table
                .inner_join(users::table)
                .filter(sessions::refresh_hash.eq(refresh_hash))
                .select((SessionRow::as_select(), UserRow::as_select()))
                .first(conn)
                .await
                .optional()?;
            found.map(session_user).transpose()?
        })
    }

    async fn get_session_by_access_token(
        &self,
        hash: &[u8],
    ) -> Result<Option<(SessionUser, NewAccessToken)>, StorageError> {
        let hash = hash.to_vec();
        on!(read, self.db(), |conn| {
            let found = access_tokens::table
                .inner_join(sessions::table.inner_join(users::table))
                .filter(access_tokens::hash.eq(hash))
                .select((
                    SessionRow::as_select(),
                    UserRow::as_select(),
                    AccessTokenRow::as_select(),
                ))
                .first::<(SessionRow, UserRow, AccessTokenRow)>(conn)
                .await
                .optional()?;
            match found {
                Some((session, user, token)) => {
                    Some((session_user((session, user))?, token.into_model()))
                }
                None => None,
            }
        })
    }

    async fn get_sessions_of(&self, user_id: Uuid) -> Result<Vec<Session>, StorageError> {
        on!(read, self.db(), |conn| {
            let rows = sessions::table
                .filter(sessions::user_id.eq(Id(user_id)))
                .order((sessions::created, sessions::id))
                .select(SessionRow::as_select())
                .load::<SessionRow>(conn)
                .await?;
            rows.into_iter().map(SessionRow::into_model).collect()
        })
    }

    async fn turn_session(&self, turn: &Turn) -> Result<bool, StorageError> {
        let turn = turn.clone();
        on!(write, self.db(), |conn| {
            let unturned = sessions::table
                .find(Id(turn.session_id))
                .filter(sessions::turn_hash.eq(turn.from))
                .filter(sessions::revoked.is_null());
            let turned = diesel::update(unturned)
                .set((
                    sessions::turn_hash.eq(turn.turn_hash),
                    sessions::turn_salt.eq(turn.turn_salt),
                    sessions::prior_hash.eq(Some(turn.prior_hash)),
                    sessions::turned.eq(Moment(turn.turned)),
                    sessions::expires.eq(Moment(turn.expires)),
                ))
                .execute(conn)
                .await?;
            turned > 0
        })
    }

    async fn keep_access_token(&self, token: &NewAccessToken) -> Result<(), StorageError> {
        let row = AccessTokenRow::of(token);
        on!(write, self.db(), |conn| {
            diesel::insert_into(access_tokens::table)
                .values(row)
                .execute(conn)
                .await?;
        })
    }

    async fn revoke_session(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
        on!(write, self.db(), |conn| {
            let living = sessions::table
                .find(Id(id))
                .filter(sessions::revoked.is_null());
            let ended = diesel::update(living)
                .set(sessions::revoked.eq(Some(Moment(now))))
                .execute(conn)
                .await?;
            ended > 0
        })
    }

    async fn revoke_sessions_of(
        &self,
        user_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<usize, StorageError> {
        on!(write, self.db(), |conn| {
            let living = sessions::table
                .filter(sessions::user_id.eq(Id(user_id)))
                .filter(sessions::revoked.is_null());
            diesel::update(living)
                .set(sessions::revoked.eq(Some(Moment(now))))
                .execute(conn)
                .await?
        })
    }
}

fn session_user((session, user): (SessionRow, UserRow)) -> Result<SessionUser, StorageError> {
    Ok((session.into_model(), user.into_model()?))
}
