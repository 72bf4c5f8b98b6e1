//! Opens the database and the keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use super::error::StartError;
use crate::backends::Registry;
use crate::crypto::seal::Sealer;
use crate::model::Ids;
use crate::session::SessionIssuer;
use crate::session::keys::{Key, load_or_create};
use crate::settings::Settings;
use crate::storage::diesel::{ConnectOptions, DieselStorage};
use crate::storage::sealed::SealedStorage;
use crate::storage::{OwnTables, Storage};

/// Our keys, the current one of each purpose first.
pub(super) struct Keys {
    pub(super) signing: Vec<Key>,
    pub(super) sealing: Vec<Key>,
}

/// The keys that are set, or with SQLite those in the data directory.
pub(super) fn keys(settings: &Settings, ids: &dyn Ids) -> Result<Keys, StartError> {
    let copy = |keys: &[Key]| {
        keys.iter()
            .map(|key| SecretBox::new(Box::new(*key.expose_secret())))
            .collect()
    };
    let given = &settings.keys;
    match (given.signing.is_empty(), given.sealing.is_empty()) {
        (false, false) => Ok(Keys {
            signing: copy(&given.signing),
            sealing: copy(&given.sealing),
        }),
        (true, true) if !is_postgres(settings) => {
            let kept = load_or_create(&settings.data_dir, ids)
                .map_err(|error| StartError::new(format!("data_dir: {error}")))?;
            Ok(Keys {
                signing: kept.signing,
                sealing: kept.sealing,
            })
        }
        (true, true) => Err(StartError::new(
            "keys.signing, keys.sealing: PostgreSQL is shared, so keys must be set: \
             `sociable keys generate` prints a pair",
        )),
        (signing_lacks, _) => {
            let lacks = if signing_lacks {
                "keys.signing"
            } else {
                "keys.sealing"
            };
            Err(StartError::new(format!(
                "{lacks}: the other key is set, so this one must be too: \
                 `sociable keys generate` prints a pair"
            )))
        }
    }
}

fn is_postgres(settings: &Settings) -> bool {
    settings.database.url.as_ref().is_some_and(|url| {
        let url = url.expose_secret();
        url.starts_with("postgres://") || url.starts_with("postgresql://")
    })
}

/// Brings our tables of the database up to date.
///
/// # Errors
/// When the database cannot be reached, or refuses.
pub async fn migrate(settings: &Settings) -> Result<(), StartError> {
    open(settings, Vec::new(), true).await.map(|_up_to_date| ())
}

/// Opens the database; brings it up to date, or makes sure that it is.
pub(super) async fn open(
    settings: &Settings,
    own_tables: Vec<OwnTables>,
    migrate: bool,
) -> Result<DieselStorage, StartError> {
    let path = settings.database_path();
    let in_data_dir = || SecretString::from(format!("sqlite:{}", path.display()));
    let url = settings.database.url.clone().unwrap_or_else(in_data_dir);
    let storage = DieselStorage::connect(&ConnectOptions {
        url,
        pool_size: settings.database.pool_size,
        readers: settings.database.readers,
    })
    .await?
    .with_own_tables(own_tables);
    if migrate || !is_postgres(settings) {
        storage.migrate().await?;
    } else if !storage.is_migrated().await? {
        return Err(StartError::new(
            "database.url: the tables are not up to date: run `sociable migrate`, or start with --migrate",
        ));
    }
    Ok(storage)
}

/// The sealer of these keys.
pub(super) fn sealer(keys: &Keys) -> Result<Arc<Sealer>, StartError> {
    Sealer::new(&keys.sealing)
        .map(Arc::new)
        .map_err(|error| StartError::new(format!("keys.sealing: {error}")))
}

/// Puts the sealing of provider tokens over the database.
pub(super) fn seal(
    storage: DieselStorage,
    sealer: &Arc<Sealer>,
    registry: &Registry,
    ids: &Arc<dyn Ids>,
) -> Arc<dyn Storage> {
    let more: BTreeMap<_, _> = registry
        .iter()
        .map(|backend| {
            let keys = backend.sealed_extra_data().iter().cloned().collect();
            (backend.name().to_owned(), keys)
        })
        .collect();
    let inner: Arc<dyn Storage> = Arc::new(storage);
    Arc::new(SealedStorage::new(
        inner,
        Arc::clone(sealer),
        Arc::clone(ids),
        more,
    ))
}

/// Refuses keys that the database's other instances do not have: their
/// sessions would not be ours, nor their sealed tokens readable. Tells the
/// issuer how old its keys are.
pub(super) async fn remember_keys(
    storage: &dyn Storage,
    sessions: &mut SessionIssuer,
    keys: &Keys,
    now: DateTime<Utc>,
) -> Result<(), StartError> {
    let sealer = sealer(keys)?;
    for (purpose, fingerprints) in [
        ("signing", sessions.fingerprints()),
        ("sealing", sealer.fingerprints()),
    ] {
        let mut foreign = false;
        let mut shared = false;
        for fingerprint in &fingerprints {
            let key = storage.remember_key(purpose, fingerprint, now).await?;
            shared |= key.before.contains(fingerprint);
            foreign |= key.before.iter().any(|known| !fingerprints.contains(known));
            if purpose == "signing" {
                sessions.key_seen(fingerprint, key.since);
            }
        }
        if foreign && !shared {
            for fingerprint in &fingerprints {
                storage.forget_key(purpose, fingerprint).await?;
            }
            return Err(StartError::new(format!(
                "keys.{purpose}: this database was used with other keys; \
                 put one of those into the list as well"
            )));
        }
    }
    Ok(())
}
