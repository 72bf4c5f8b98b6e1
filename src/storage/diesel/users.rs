//! [`Users`] by diesel.

use async_trait::async_trait;
use diesel::dsl::auto_type;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    SelectableHelper as _, TextExpressionMethods as _,
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::rows::UserRow;
use super::schema::users;
use super::types::Id;
use super::{DieselStorage, on};
use crate::model::{User, email_key, username_key};
use crate::storage::{StorageError, Users};

/// Whether somebody can sign in by the user's password: as
/// [`PasswordHash::is_usable`](crate::model::PasswordHash::is_usable) has it.
#[auto_type]
pub(super) fn has_usable_password() -> _ {
    users::password.ne("").and(users::password.not_like("!%"))
}

#[async_trait]
impl Users for DieselStorage {
    async fn get_user(&self, id: Uuid) -> Result<Option<User>, StorageError> {
        on!(read, self.db(), |conn| {
            let row = users::table
                .find(Id(id))
                .select(UserRow::as_select())
                .first(conn)
                .await
                .optional()?;
            row.map(UserRow::into_model).transpose()?
        })
    }

    async fn user_exists(&self, username: &str) -> Result<bool, StorageError> {
        let key = username_key(username);
        on!(read, self.db(), |conn| {
            let found: i64 = users::table
                .filter(users::username_key.eq(key))
                .count()
                .get_result(conn)
                .await?;
            found > 0
        })
    }

    async fn get_users_by_email(&self, email: &str) -> Result<Vec<User>, StorageError> {
        let key = email_key(email);
        on!(read, self.db(), |conn| {
            let rows = users::table
                .filter(users::email_key.eq(key))
                .order((users::date_joined, users::id))
                .select(UserRow::as_select())
                .load(conn)
                .await?;
            let found: Result<Vec<User>, StorageError> =
                rows.into_iter().map(UserRow::into_model).collect();
            found?
        })
    }
}
