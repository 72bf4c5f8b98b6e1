//! Seals provider tokens on their way into any store, opens them on the way out.
//!
//! A sealed value stands in extra data as `{"$sealed": "v1.…"}`, bound to its
//! row: copied to another one it does not open. A value that does not open
//! (its key is gone) reads as null: the token is lost, the sign-in is not.

mod openid;
mod untouched;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Associations, CommitError, RememberedKey, SocialUser, Storage, StorageError};
use crate::crypto::seal::Sealer;
use crate::model::{Association, Changes, Committed, ExtraData, Ids};

/// Keys of extra data that are sealed for every provider.
const ALWAYS: [&str; 6] = [
    "access_token",
    "refresh_token",
    "id_token",
    "oauth_token",
    "oauth_token_secret",
    "session_key",
];

/// The table that sealed values are bound to, beside their row.
const TABLE: &str = "social_auth_usersocialauth";

/// A store that never sees a provider token in the clear.
pub struct SealedStorage {
    inner: Arc<dyn Storage>,
    sealer: Arc<Sealer>,
    ids: Arc<dyn Ids>,
    /// Further keys to seal, by provider.
    more: BTreeMap<String, BTreeSet<String>>,
}

/// What a sealed value is bound to.
struct Row<'a> {
    id: Uuid,
    provider: &'a str,
    uid: &'a str,
}

impl SealedStorage {
    /// Seals what goes into `inner`; `more` names further keys by provider.
    pub fn new(
        inner: Arc<dyn Storage>,
        sealer: Arc<Sealer>,
        ids: Arc<dyn Ids>,
        more: BTreeMap<String, BTreeSet<String>>,
    ) -> Self {
        Self {
            inner,
            sealer,
            ids,
            more,
        }
    }

    fn is_secret(&self, provider: &str, key: &str) -> bool {
        ALWAYS.contains(&key)
            || self
                .more
                .get(provider)
                .is_some_and(|keys| keys.contains(key))
    }

    fn seal(&self, row: &Row<'_>, extra_data: &mut ExtraData) -> Result<(), StorageError> {
        for (key, value) in extra_data.iter_mut() {
            // A provider's own `$sealed` must not be taken for ours later.
            let secret = self.is_secret(row.provider, key) || sealed_text(value).is_some();
            if value.is_null() || !secret {
                continue;
            }
            let plain = value.to_string();
            let id = row.id.to_string();
            let bound_to = [TABLE, &id, row.provider, row.uid, key];
            let sealed = self
                .sealer
                .seal(plain.as_bytes(), &bound_to, self.ids.as_ref())
                .map_err(|error| StorageError::Other(error.to_string()))?;
            *value = json!({ "$sealed": sealed });
        }
        Ok(())
    }

    fn open(&self, association: &mut Association) {
        let id = association.id.to_string();
        for (key, value) in &mut association.extra_data {
            let Some(sealed) = sealed_text(value) else {
                continue;
            };
            let bound_to = [TABLE, &id, &association.provider, &association.uid, key];
            let opened = self
                .sealer
                .open(sealed, &bound_to)
                .map_err(|error| error.to_string())
                .and_then(|plain| {
                    serde_json::from_slice(&plain).map_err(|_not_json| "not JSON".to_owned())
                });
            *value = opened.unwrap_or_else(|reason| {
                tracing::warn!(association = %id, key, reason, "a sealed value does not open");
                Value::Null
            });
        }
    }
}

fn sealed_text(value: &Value) -> Option<&str> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.get("$sealed")?.as_str()
}

#[async_trait]
impl Associations for SealedStorage {
    async fn get_social_auth(
        &self,
        provider: &str,
        uid: &str,
    ) -> Result<Option<SocialUser>, StorageError> {
        let mut found = self.inner.get_social_auth(provider, uid).await?;
        if let Some((association, _)) = &mut found {
            self.open(association);
        }
        Ok(found)
    }

    async fn get_social_auths(
        &self,
        provider: &str,
        uids: &[String],
    ) -> Result<Vec<SocialUser>, StorageError> {
        let mut found = self.inner.get_social_auths(provider, uids).await?;
        for (association, _) in &mut found {
            self.open(association);
        }
        Ok(found)
    }

    async fn get_social_auth_for_user(
        &self,
        user_id: Uuid,
        provider: Option<&str>,
        id: Option<Uuid>,
    ) -> Result<Vec<Association>, StorageError> {
        let found = self.inner.get_social_auth_for_user(user_id, provider, id);
        let mut found = found.await?;
        for association in &mut found {
            self.open(association);
        }
        Ok(found)
    }

    async fn allowed_to_disconnect(
        &self,
        user_id: Uuid,
        provider: &str,
        association_id: Option<Uuid>,
        usable: &[String],
    ) -> Result<bool, StorageError> {
        self.inner
            .allowed_to_disconnect(user_id, provider, association_id, usable)
            .await
    }
}

#[async_trait]
impl Storage for SealedStorage {
    async fn commit(&self, mut changes: Changes) -> Result<Committed, CommitError> {
        if let Some(new) = &mut changes.new_association {
            let (provider, uid) = (new.provider().to_owned(), new.uid().to_owned());
            let row = Row {
                id: new.id(),
                provider: &provider,
                uid: &uid,
            };
            self.seal(&row, new.extra_data_mut())?;
        }
        if let Some(changes) = &mut changes.association {
            let uid = changes.uid_afterwards().to_owned();
            let row = Row {
                id: changes.id,
                provider: &changes.provider,
                uid: &uid,
            };
            self.seal(&row, &mut changes.extra_data)?;
        }
        self.inner.commit(changes).await
    }

    async fn is_marked(
        &self,
        kind: &str,
        digest: &[u8],
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        self.inner.is_marked(kind, digest, now).await
    }

    async fn sweep(&self, now: DateTime<Utc>, limit: i64) -> Result<usize, StorageError> {
        self.inner.sweep(now, limit).await
    }

    async fn migrate(&self) -> Result<(), StorageError> {
        self.inner.migrate().await
    }

    async fn is_migrated(&self) -> Result<bool, StorageError> {
        self.inner.is_migrated().await
    }

    async fn ping(&self) -> Result<(), StorageError> {
        self.inner.ping().await
    }

    async fn remember_key(
        &self,
        purpose: &str,
        fingerprint: &str,
        now: DateTime<Utc>,
    ) -> Result<RememberedKey, StorageError> {
        self.inner.remember_key(purpose, fingerprint, now).await
    }

    async fn forget_key(&self, purpose: &str, fingerprint: &str) -> Result<(), StorageError> {
        self.inner.forget_key(purpose, fingerprint).await
    }
}
