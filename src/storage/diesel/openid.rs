//! [`OpenIdAssociations`] by diesel.

use async_trait::async_trait;
use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::upsert::excluded;
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _,
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::schema::social_auth_association as secrets;
use super::types::Id;
use super::{DieselStorage, on};
use crate::model::{Ids as _, OpenIdAssociation, SystemIds};
use crate::storage::{OpenIdAssociations, StorageError};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = secrets)]
#[diesel(check_for_backend(diesel::sqlite::Sqlite, diesel::pg::Pg))]
struct SecretRow {
    id: Id,
    server_url: String,
    handle: String,
    secret: String,
    issued: i64,
    lifetime: i64,
    assoc_type: String,
}

impl SecretRow {
    fn of(id: Uuid, association: OpenIdAssociation) -> Self {
        Self {
            id: Id(id),
            server_url: association.server_url,
            handle: association.handle,
            secret: association.secret,
            issued: association.issued,
            lifetime: association.lifetime,
            assoc_type: association.assoc_type,
        }
    }

    fn into_model(self) -> (Uuid, OpenIdAssociation) {
        let association = OpenIdAssociation {
            server_url: self.server_url,
            handle: self.handle,
            secret: self.secret,
            issued: self.issued,
            lifetime: self.lifetime,
            assoc_type: self.assoc_type,
        };
        (self.id.0, association)
    }
}

#[async_trait]
impl OpenIdAssociations for DieselStorage {
    async fn store_openid_association(
        &self,
        association: &OpenIdAssociation,
    ) -> Result<(), StorageError> {
        let row = SecretRow::of(SystemIds::default().new_id(), association.clone());
        on!(write, self.db(), |conn| {
            diesel::insert_into(secrets::table)
                .values(row)
                .on_conflict((secrets::server_url, secrets::handle))
                .do_update()
                .set((
                    secrets::secret.eq(excluded(secrets::secret)),
                    secrets::issued.eq(excluded(secrets::issued)),
                    secrets::lifetime.eq(excluded(secrets::lifetime)),
                    secrets::assoc_type.eq(excluded(secrets::assoc_type)),
                ))
                .execute(conn)
                .await?;
        })
    }

    async fn get_openid_association(
        &self,
        server_url: &str,
        handle: Option<&str>,
    ) -> Result<Option<OpenIdAssociation>, StorageError> {
        let (server_url, handle) = (server_url.to_owned(), handle.map(str::to_owned));
        on!(read, self.db(), |conn| {
            let mut query = secrets::table
                .filter(secrets::server_url.eq(server_url))
                .order((secrets::issued.desc(), secrets::id.desc()))
                .select(SecretRow::as_select())
                .into_boxed();
            if let Some(handle) = handle {
                query = query.filter(secrets::handle.eq(handle));
            }
            let newest = query.first(conn).await.optional()?;
            newest.map(|row| row.into_model().1)
        })
    }

    async fn oids(
        &self,
        server_url: &str,
        handle: Option<&str>,
    ) -> Result<Vec<(Uuid, OpenIdAssociation)>, StorageError> {
        let (server_url, handle) = (server_url.to_owned(), handle.map(str::to_owned));
        on!(read, self.db(), |conn| {
            let mut query = secrets::table
                .filter(secrets::server_url.eq(server_url))
                .order((secrets::issued, secrets::id))
                .select(SecretRow::as_select())
                .into_boxed();
            if let Some(handle) = handle {
                query = query.filter(secrets::handle.eq(handle));
            }
            let rows = query.load(conn).await?;
            rows.into_iter().map(SecretRow::into_model).collect()
        })
    }

    async fn remove_openid_associations(&self, ids: &[Uuid]) -> Result<(), StorageError> {
        let ids = ids.iter().copied().map(Id).collect::<Vec<_>>();
        on!(write, self.db(), |conn| {
            let own = secrets::table.filter(secrets::id.eq_any(ids));
            diesel::delete(own).execute(conn).await?;
        })
    }
}
