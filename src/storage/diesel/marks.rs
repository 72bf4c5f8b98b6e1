//! [`Marks`] by diesel.

use async_trait::async_trait;
use diesel_async::RunQueryDsl as _;

use super::rows::UsedMarkRow;
use super::schema::used_marks;
use super::{DieselStorage, on};
use crate::model::UsedMark;
use crate::storage::{Marks, StorageError};

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
