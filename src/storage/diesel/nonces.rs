//! [`Nonces`] by diesel.

use async_trait::async_trait;
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;

use super::schema::social_auth_nonce as nonces;
use super::{DieselStorage, on};
use crate::model::Nonce;
use crate::storage::{Nonces, StorageError};

#[async_trait]
impl Nonces for DieselStorage {
    async fn use_nonce(&self, nonce: &Nonce) -> Result<bool, StorageError> {
        let nonce = nonce.clone();
        on!(write, self.db(), |conn| {
            let added = diesel::insert_into(nonces::table)
                .values((
                    nonces::server_url.eq(&nonce.server_url),
                    nonces::timestamp.eq(nonce.timestamp),
                    nonces::salt.eq(&nonce.salt),
                ))
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
            added > 0
        })
    }

    async fn get_nonce(&self, server_url: &str, salt: &str) -> Result<Option<Nonce>, StorageError> {
        let (server_url, salt) = (server_url.to_owned(), salt.to_owned());
        on!(read, self.db(), |conn| {
            let timestamp: Option<i64> = nonces::table
                .filter(nonces::server_url.eq(&server_url))
                .filter(nonces::salt.eq(&salt))
                .order(nonces::timestamp.desc())
                .select(nonces::timestamp)
                .first(conn)
                .await
                .optional()?;
            timestamp.map(|timestamp| Nonce {
                server_url,
                timestamp,
                salt,
            })
        })
    }

    async fn delete_nonce(&self, nonce: &Nonce) -> Result<(), StorageError> {
        let nonce = nonce.clone();
        on!(write, self.db(), |conn| {
            let own = nonces::table
                .filter(nonces::server_url.eq(&nonce.server_url))
                .filter(nonces::timestamp.eq(nonce.timestamp))
                .filter(nonces::salt.eq(&nonce.salt));
            diesel::delete(own).execute(conn).await?;
        })
    }
}
