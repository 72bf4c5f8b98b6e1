//! [`Partials`] by diesel.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;

use super::rows::PartialRow;
use super::schema::social_auth_partial as partials;
use super::types::Moment;
use super::{DieselStorage, on};
use crate::model::{NewPartial, Partial};
use crate::storage::{Partials, StorageError};

#[async_trait]
impl Partials for DieselStorage {
    async fn store_partial(&self, partial: &NewPartial) -> Result<(), StorageError> {
        let row = PartialRow::of(partial);
        on!(write, self.db(), |conn| {
            diesel::insert_into(partials::table)
                .values(row)
                .execute(conn)
                .await?;
        })
    }

    async fn load_partial(
        &self,
        token_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Partial>, StorageError> {
        let token_hash = token_hash.to_vec();
        on!(read, self.db(), |conn| {
            let row = partials::table
                .filter(partials::token_hash.eq(token_hash))
                .filter(partials::expires.gt(Moment(now)))
                .select(PartialRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(PartialRow::into_model)
        })
    }

    async fn load_partial_by_link(
        &self,
        link_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Partial>, StorageError> {
        let link_hash = link_hash.to_vec();
        on!(read, self.db(), |conn| {
            let row = partials::table
                .filter(partials::link_hash.eq(link_hash))
                .filter(partials::expires.gt(Moment(now)))
                .select(PartialRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(PartialRow::into_model)
        })
    }

    async fn destroy_partial(&self, token_hash: &[u8]) -> Result<bool, StorageError> {
        let token_hash = token_hash.to_vec();
        on!(write, self.db(), |conn| {
            let own = partials::table.filter(partials::token_hash.eq(token_hash));
            diesel::delete(own).execute(conn).await? > 0
        })
    }
}
