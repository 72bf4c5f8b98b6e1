//! [`Marks`] by diesel, and the row of a mark.

use async_trait::async_trait;
use diesel::prelude::Insertable;
use diesel_async::RunQueryDsl as _;
use serde::Serialize;

use super::schema::used_marks;
use super::types::{Bytes, Moment};
use super::{DieselStorage, on};
use crate::model::UsedMark;
use crate::storage::{Marks, StorageError};

#[derive(Insertable, Serialize)]
#[diesel(table_name = used_marks)]
pub(crate) struct UsedMarkRow {
    kind: String,
    digest: Bytes,
    expires: Moment,
}

impl UsedMarkRow {
    pub(crate) fn of(mark: &UsedMark) -> Self {
        Self {
            kind: mark.kind.clone(),
            digest: Bytes(mark.digest.clone()),
            expires: Moment(mark.expires),
        }
    }
}

#[async_trait]
impl Marks for DieselStorage {
    async fn use_mark(&self, mark: &UsedMark) -> Result<bool, StorageError> {
        let row = UsedMarkRow::of(mark);
        on!(write, self.db(), |conn| {
            let added = diesel::insert_into(used_marks::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
            added > 0
        })
    }
}
