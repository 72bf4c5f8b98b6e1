//! Sign-ups that are played through and leave nothing behind.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::error::StartError;
use crate::backends::{Entry, Means};
use crate::crypto::seal::Sealer;
use crate::exchange::{Exchange, Guesses};
use crate::hooks::Hooks;
use crate::http::{HttpClient, Recording};
use crate::mail::Mailing;
use crate::model::{Clock, Ids, SystemClock, SystemIds};
use crate::outbox::{Bell, Listeners};
use crate::pipeline::{Pipelines, StepRegistry};
use crate::session::keys::{Key, generate, parse};
use crate::session::{Clients, Lifetimes, SessionIssuer};
use crate::settings::{Settings, Sources};
use crate::storage::Storage;
use crate::storage::diesel::{ConnectOptions, DieselStorage};

/// An empty database that is thrown away, and what else a sign-up needs.
pub struct Rehearsal {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    signing: Vec<Key>,
    sealer: Arc<Sealer>,
    folder: tempfile::TempDir,
}

impl Rehearsal {
    /// Opens the database. It is gone when this is dropped.
    ///
    /// # Errors
    /// When this machine gives no folder, no randomness or no database.
    pub async fn open() -> Result<Self, StartError> {
        let refuse = |error: &dyn std::fmt::Display| StartError::new(error.to_string());
        let folder = tempfile::tempdir()
            .map_err(|error| StartError::new(format!("no folder to throw away: {error}")))?;
        let path = folder.path().join("rehearsal.db");
        let storage = DieselStorage::connect(&ConnectOptions {
            url: SecretString::from(format!("sqlite:{}", path.display())),
            pool_size: 1,
            readers: 1,
        })
        .await?;
        storage.migrate().await?;
        let ids = SystemIds::default();
        let keys = generate(&ids).map_err(|error| refuse(&error))?;
        let signing = parse(keys.signing.expose_secret()).map_err(|error| refuse(&error))?;
        let sealing = parse(keys.sealing.expose_secret()).map_err(|error| refuse(&error))?;
        let sealer = Sealer::new(&sealing).map_err(|error| refuse(&error))?;
        Ok(Self {
            storage: Arc::new(storage),
            clock: Arc::new(SystemClock),
            ids: Arc::new(ids),
            signing,
            sealer: Arc::new(sealer),
            folder,
        })
    }

    /// Settings of these variables alone: no file and no environment is read.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn settings(&self, environment: Vec<(String, String)>) -> Result<Settings, StartError> {
        Ok(Settings::load(&Sources {
            config: None,
            working_dir: PathBuf::from(self.folder.path()),
            environment,
            overrides: Vec::new(),
        })?)
    }

    /// What a backend has at hand that is asked outside of any use case.
    pub fn means(&self) -> Means<'_> {
        Means {
            now: self.clock.now(),
            sealer: &self.sealer,
            openid: self.storage.as_ref(),
            marks: self.storage.as_ref(),
        }
    }

    /// The use cases of one provider, which the recording plays.
    ///
    /// # Errors
    /// Everything that is wrong with the settings, unknown names too.
    pub fn exchange(
        &self,
        entry: &Entry,
        settings: &Settings,
        recording: &Recording,
    ) -> Result<Exchange, StartError> {
        let social = &settings.social;
        let http = HttpClient::replaying(recording);
        let registry = entry.registry(social, &http, &self.ids)?;
        let pipelines = Pipelines::compile(social, &registry, &StepRegistry::default())?;
        let problems = social.problems();
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let sessions = SessionIssuer::new(&self.signing, "urn:sociable", Lifetimes::default())
            .map_err(|error| StartError::new(error.to_string()))?;
        Ok(Exchange {
            mailing: Mailing::none(),
            registry,
            pipelines,
            storage: Arc::clone(&self.storage),
            sessions,
            clients: Clients::default(),
            sealer: Arc::clone(&self.sealer),
            association_max_auth_age: None,
            guesses: Guesses::default(),
            explains: false,
            hooks: Hooks::default(),
            http,
            listeners: Listeners::default(),
            bell: Bell::default(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
        })
    }
}
