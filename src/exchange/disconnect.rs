//! A social account is disconnected from the signed-in user.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::events::are_due;
use super::failure::Failure;
use super::halted::Waiting;
use super::halted_run::RunKind;
use super::run::ATTEMPTS;
use super::{CurrentUser, Exchange, ExchangeError, HaltedRun};
use crate::crypto::one_use;
use crate::model::{Association, Changes, Conflict, Guard, JsonMap, User};
use crate::pipeline::{Attempt, CurrentPartial, Disconnected, Inputs, StepHttp, Strategy};

/// What a client asks for.
pub struct Disconnect {
    /// The backend's name; it need not be configured any more.
    pub backend: String,
    /// The one association to disconnect; `None` for all at the backend.
    pub association_id: Option<Uuid>,
    /// The signed-in user.
    pub caller: CurrentUser,
    /// The token of a disconnection that halted; `None` for a new one.
    pub partial_token: Option<SecretString>,
    /// All other fields of the request.
    pub input: JsonMap,
}

impl fmt::Debug for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disconnect")
            .field("backend", &self.backend)
            .field("association_id", &self.association_id)
            .finish_non_exhaustive()
    }
}

/// What became of it; all of it is committed.
#[derive(Debug)]
pub enum DisconnectOutcome {
    /// The associations are gone.
    Disconnected,
    /// A step waits for the client.
    Halted(Box<HaltedRun>),
}

/// A disconnection with all that it is a function of.
struct Disconnecting {
    backend: String,
    association_id: Option<Uuid>,
    caller: CurrentUser,
    inputs: Inputs,
    consumed: Option<Vec<u8>>,
}

/// A disconnection that was asked for.
enum Begun {
    Runs(Disconnecting),
    /// Its step waits still.
    Waits(Box<HaltedRun>),
}

impl Exchange {
    /// Runs the disconnect pipeline, or resumes it, and commits what it came to.
    ///
    /// # Errors
    /// Any [`ExchangeError`]: then nothing is written, but for
    /// [`ExchangeError::CommitUnknown`], where nobody can tell.
    pub async fn disconnect(
        &self,
        request: Disconnect,
    ) -> Result<DisconnectOutcome, ExchangeError> {
        self.signed_in_lately(request.caller)?;
        let disconnecting = match self.disconnecting(request).await? {
            Begun::Runs(disconnecting) => disconnecting,
            Begun::Waits(run) => return Ok(DisconnectOutcome::Halted(run)),
        };
        let sign_in = self.sign_in_backends();
        let partial = CurrentPartial::new(&disconnecting.backend, self.ids.as_ref());
        let mut conflicts = Vec::new();
        while conflicts.len() < ATTEMPTS {
            let user = if conflicts.is_empty() {
                self.me(disconnecting.caller).await?
            } else {
                self.still_me(disconnecting.caller).await?
            };
            let known = (sign_in.as_slice(), conflicts.as_slice());
            let ran = self.disconnect_once(&disconnecting, user, (known, &partial));
            match ran.await {
                Err(Failure::Conflict(conflict)) => conflicts.push(conflict),
                Err(Failure::Final(error)) => return Err(error),
                Ok(outcome) => return Ok(outcome),
            }
        }
        tracing::warn!(?conflicts, "a disconnection met conflicts in every try");
        Err(ExchangeError::TooManyConflicts)
    }

    /// What is to be disconnected: as asked, or as a halted run has it.
    async fn disconnecting(&self, request: Disconnect) -> Result<Begun, ExchangeError> {
        let backend = match self.registry.get(&request.backend) {
            Some(configured) => configured.name().to_owned(),
            None => request.backend,
        };
        let Some(token) = request.partial_token else {
            return Ok(Begun::Runs(Disconnecting {
                backend,
                association_id: request.association_id,
                caller: request.caller,
                inputs: Inputs::default(),
                consumed: None,
            }));
        };
        let token = &token;
        let kind = RunKind::Disconnect;
        let stored = self.stored_run((&backend, kind), token.expose_secret());
        let mut stored = stored.await?;
        let named = request.association_id;
        let is_other = named.is_some() && named != stored.association_id;
        if stored.partial.user_id != Some(request.caller.id) || is_other {
            return Err(ExchangeError::PartialInvalid);
        }
        let shown = (token, None);
        if let Some(waits) = self.take(&mut stored, &request.input, shown, kind).await? {
            return Ok(Begun::Waits(Box::new(waits)));
        }
        Ok(Begun::Runs(Disconnecting {
            backend,
            association_id: stored.association_id,
            caller: request.caller,
            inputs: stored.inputs,
            consumed: Some(one_use::digest(token.expose_secret()).to_vec()),
        }))
    }

    async fn disconnect_once(
        &self,
        disconnecting: &Disconnecting,
        user: User,
        ((sign_in, conflicts), partial): ((&[String], &[Conflict]), &CurrentPartial<'_>),
    ) -> Result<DisconnectOutcome, Failure> {
        let backend = disconnecting.backend.as_str();
        let (pipeline, settings) = self
            .pipelines
            .disconnect(backend)
            .ok_or(ExchangeError::BackendMissing)?;
        let no_data = JsonMap::new();
        let strategy = Strategy {
            storage: self.storage.as_ref(),
            settings,
            configured_backend: self.registry.get(backend).map(AsRef::as_ref),
            sign_in_backends: sign_in,
            now: self.clock.now(),
            associating: false,
            request_data: &no_data,
            inputs: &disconnecting.inputs,
            current_partial: partial,
            trace: None,
            attempt: Attempt { conflicts },
            http: StepHttp::new(&self.http, settings.calls, &disconnecting.inputs),
            ids: self.ids.as_ref(),
        };
        let what = (user.clone(), disconnecting.association_id);
        let ran = pipeline.disconnect(&strategy, backend, what).await;
        match ran.map_err(ExchangeError::from)? {
            Disconnected::Done {
                mut changes,
                removed,
                revoked,
            } => {
                changes.consumed_partial.clone_from(&disconnecting.consumed);
                let session_id = disconnecting.caller.session_id;
                changes.guards.push(Guard::SessionLives(session_id));
                self.commit_disconnected(*changes, &user, (&removed, &revoked))
                    .await?;
                Ok(DisconnectOutcome::Disconnected)
            }
            Disconnected::Halted(halted) => {
                let waiting = Waiting {
                    backend,
                    pipeline,
                    current: partial,
                    identity: None,
                    association_id: disconnecting.association_id,
                    caller: Some(disconnecting.caller),
                    sender: None,
                    terms: None,
                    inputs: &disconnecting.inputs,
                    marks: &[],
                    consumed: disconnecting.consumed.as_ref(),
                };
                let run = self.store_halted(*halted, &waiting, None).await?;
                Ok(DisconnectOutcome::Halted(Box::new(run)))
            }
        }
    }

    async fn commit_disconnected(
        &self,
        mut changes: Changes,
        user: &User,
        (removed, revoked): (&[Association], &[Association]),
    ) -> Result<(), Failure> {
        let mut told = self.raise_events(&mut changes, user, None);
        told.extend(self.raise_removed(&mut changes, removed));
        self.raise_revocations(&mut changes, revoked)?;
        let rings = are_due(&changes);
        self.storage.commit(changes).await?;
        if rings {
            self.bell.ring();
        }
        self.listeners.tell(&told);
        Ok(())
    }

    /// The backends that people can sign in with today.
    fn sign_in_backends(&self) -> Vec<String> {
        let backends = self.registry.iter();
        let able = backends.filter(|backend| !backend.info().association_only);
        able.map(|backend| backend.name().to_owned()).collect()
    }
}
