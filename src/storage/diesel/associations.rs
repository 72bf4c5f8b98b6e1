//! [`Associations`] by diesel.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::rows::{AssociationRow, UserRow};
use super::schema::{social_auth_usersocialauth as associations, users};
use super::types::Id;
use super::users::has_usable_password;
use super::{DieselStorage, on};
use crate::model::Association;
use crate::storage::{Associations, SocialUser, StorageError};

#[async_trait]
impl Associations for DieselStorage {
    async fn get_social_auth(
        &self,
        provider: &str,
        uid: &str,
    ) -> Result<Option<SocialUser>, StorageError> {
        let (provider, uid) = (provider.to_owned(), uid.to_owned());
        on!(read, self.db(), |conn| {
            let found = associations::table
                .inner_join(users::table)
                .filter(associations::provider.eq(provider))
                .filter(associations::uid.eq(uid))
                .select((AssociationRow::as_select(), UserRow::as_select()))
                .first(conn)
                .await
                .optional()?;
            match found {
                Some((association, user)) => Some((association.into_model()?, user.into_model()?)),
                None => None,
            }
        })
    }

    async fn get_social_auths(
        &self,
        provider: &str,
        uids: &[String],
    ) -> Result<Vec<SocialUser>, StorageError> {
        let (provider, uids) = (provider.to_owned(), uids.to_owned());
        on!(read, self.db(), |conn| {
            let found = associations::table
                .inner_join(users::table)
                .filter(associations::provider.eq(provider))
                .filter(associations::uid.eq_any(uids))
                .select((AssociationRow::as_select(), UserRow::as_select()))
                .load::<(AssociationRow, UserRow)>(conn)
                .await?;
            let found: Result<Vec<SocialUser>, StorageError> = found
                .into_iter()
                .map(|(association, user)| Ok((association.into_model()?, user.into_model()?)))
                .collect();
            found?
        })
    }

    async fn get_social_auth_for_user(
        &self,
        user_id: Uuid,
        provider: Option<&str>,
        id: Option<Uuid>,
    ) -> Result<Vec<Association>, StorageError> {
        let provider = provider.map(str::to_owned);
        on!(read, self.db(), |conn| {
            let mut query = associations::table
                .filter(associations::user_id.eq(Id(user_id)))
                .order((associations::created, associations::id))
                .select(AssociationRow::as_select())
                .into_boxed();
            if let Some(provider) = provider {
                query = query.filter(associations::provider.eq(provider));
            }
            if let Some(id) = id {
                query = query.filter(associations::id.eq(Id(id)));
            }
            let rows = query.load(conn).await?;
            let found: Result<Vec<Association>, StorageError> =
                rows.into_iter().map(AssociationRow::into_model).collect();
            found?
        })
    }

    async fn allowed_to_disconnect(
        &self,
        user_id: Uuid,
        provider: &str,
        association_id: Option<Uuid>,
        usable: &[String],
    ) -> Result<bool, StorageError> {
        let (provider, usable) = (provider.to_owned(), usable.to_owned());
        on!(read, self.db(), |conn| {
            let mut left = associations::table
                .filter(associations::user_id.eq(Id(user_id)))
                .filter(associations::provider.eq_any(usable))
                .into_boxed();
            left = match association_id {
                Some(id) => left.filter(associations::id.ne(Id(id))),
                None => left.filter(associations::provider.ne(provider)),
            };
            let able: i64 = users::table
                .find(Id(user_id))
                .filter(has_usable_password().or(exists(left)))
                .count()
                .get_result(conn)
                .await?;
            able > 0
        })
    }
}
