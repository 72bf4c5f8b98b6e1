//! [`Sessions`] by diesel.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::rows::SessionRow;
use super::schema::sessions;
use super::types::{Id, Moment};
use super::{DieselStorage, on};
use crate::model::Session;
use crate::storage::{Sessions, StorageError};

#[async_trait]
impl Sessions for DieselStorage {
    async fn get_session(&self, id: Uuid) -> Result<Option<Session>, StorageError> {
        on!(read, self.db(), |conn| {
            let row = sessions::table
                .find(Id(id))
                .select(SessionRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(SessionRow::into_model)
        })
    }

    async fn get_session_by_hash(
        &self,
        refresh_hash: &[u8],
    ) -> Result<Option<Session>, StorageError> {
        let refresh_hash = refresh_hash.to_vec();
        on!(read, self.db(), |conn| {
            let row = sessions::table
                .filter(sessions::refresh_hash.eq(refresh_hash))
                .select(SessionRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(SessionRow::into_model)
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
