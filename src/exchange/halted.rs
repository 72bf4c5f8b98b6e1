//! Halted runs: stored as what they are a function of, and read again.
//!
//! Nothing of a run itself is kept. What it was given is: the identity and the
//! inputs, both sealed for this partial alone, so that a run is begun anew on
//! any instance and decides on fresh reads.

use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::idempotency::Asked;
use super::kept::{Kept, seconds_until};
use super::run::Failure;
use super::{CurrentUser, Exchange, ExchangeError};
use crate::backends::{VerifiedIdentity, sealed_identity};
use crate::crypto::one_use;
use crate::model::{Changes, Guard, JsonMap, NewPartial, Partial, UsedMark};
use crate::pipeline::{CurrentPartial, Fields, Halted, Inputs, Pipeline};

/// Seconds for which a halted run can be resumed.
const LIFETIME: i64 = 900;
/// The version of what is stored.
const VERSION: u64 = 1;
/// What sealed inputs are bound to, beside their partial and provider.
const TABLE: &str = "social_auth_partial";
const FIELD: &str = "run.v1";

/// A run that waits for the client; it is stored.
#[derive(Debug, Clone)]
pub struct HaltedRun {
    /// Resumes the run, once; to be kept safe.
    pub partial_token: SecretString,
    /// The name under which the client sends it.
    pub token_name: String,
    /// The backend's name.
    pub backend: String,
    /// The step that halted.
    pub step: String,
    /// Seconds until it can no longer be resumed.
    pub expires_in: u64,
    /// A JSON Schema of the fields wanted; `None` when none is.
    pub required: Option<Value>,
    /// A page that the person has to visit first; `None` when there is none.
    pub open: Option<String>,
    /// Further members of the answer.
    pub answer: JsonMap,
    /// What it goes on with.
    pub kind: RunKind,
}

/// What a run does once it is through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunKind {
    /// Signs up, signs in, or associates: goes on at `/complete`.
    SignUp,
    /// Disconnects: goes on at `/disconnect`.
    Disconnect,
}

/// What is sealed of a run beside its identity.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    fingerprint: String,
    association_id: Option<Uuid>,
    required: Option<Fields>,
    open: Option<String>,
    answer: JsonMap,
    inputs: Inputs,
}

/// What a halted run is a function of.
pub(super) struct Waiting<'a> {
    pub(super) backend: &'a str,
    pub(super) pipeline: &'a Pipeline,
    pub(super) current: &'a CurrentPartial<'a>,
    /// Who was proven; `None` in a disconnection.
    pub(super) identity: Option<&'a VerifiedIdentity>,
    /// The association that is to be disconnected; `None` for all.
    pub(super) association_id: Option<Uuid>,
    pub(super) caller: Option<CurrentUser>,
    pub(super) inputs: &'a Inputs,
    /// Marks of what works once.
    pub(super) marks: &'a [UsedMark],
    /// The hash of the token that resumed it.
    pub(super) consumed: Option<&'a Vec<u8>>,
}

/// A stored run that may be resumed in today's pipeline.
pub(super) struct Stored {
    pub(super) partial: Partial,
    /// Who was proven; `None` in a disconnection.
    pub(super) identity: Option<Arc<VerifiedIdentity>>,
    /// The association that is to be disconnected; `None` for all.
    pub(super) association_id: Option<Uuid>,
    /// The fields that its step wants; `None` when it wants none.
    pub(super) required: Option<Fields>,
    pub(super) inputs: Inputs,
    open: Option<String>,
    answer: JsonMap,
}

impl Exchange {
    /// Stores a run that halted, in one commit with what it used up.
    pub(super) async fn store_halted(
        &self,
        halted: Halted,
        waiting: &Waiting<'_>,
        asked: Option<&Asked>,
    ) -> Result<HaltedRun, Failure> {
        let ids = self.ids.as_ref();
        let token = one_use::new_token(ids).map_err(|_none| ExchangeError::Sealing)?;
        let partial = self.partial_of(&halted, waiting, &token);
        let partial = partial.ok_or(ExchangeError::Sealing)?;
        let (expires, created) = (partial.expires, partial.created);
        let run = HaltedRun {
            partial_token: token,
            token_name: self.partial_token_name(waiting.backend).to_owned(),
            backend: waiting.backend.to_owned(),
            step: halted.step,
            expires_in: seconds_until(expires, created),
            required: halted.halt.required.map(|fields| fields.schema().clone()),
            open: halted.halt.open,
            answer: halted.halt.answer,
            kind: waiting.kind(),
        };
        let mut changes = Changes {
            consumed_partial: waiting.consumed.cloned(),
            used_marks: waiting.marks.to_vec(),
            new_partial: Some(partial),
            ..Changes::default()
        };
        if let Some(caller) = waiting.caller {
            changes.guards.push(Guard::UserActive(caller.id));
        }
        if let Some(asked) = asked {
            let kept = self.kept_answer(asked, &Kept::of_halted(&run, expires))?;
            changes.idempotent_answer = Some(kept);
        }
        self.storage.commit(changes).await?;
        Ok(run)
    }

    /// `None` when it cannot be sealed.
    fn partial_of(
        &self,
        halted: &Halted,
        waiting: &Waiting<'_>,
        token: &SecretString,
    ) -> Option<NewPartial> {
        let (now, ids) = (self.clock.now(), self.ids.as_ref());
        let id = self.ids.new_id();
        let snapshot = Snapshot {
            fingerprint: waiting.pipeline.fingerprint(),
            association_id: waiting.association_id,
            required: halted.halt.required.clone(),
            open: halted.halt.open.clone(),
            answer: halted.halt.answer.clone(),
            inputs: waiting.inputs.clone(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&snapshot).ok()?);
        let text = id.to_string();
        let bound_to = [TABLE, &text, waiting.backend, FIELD];
        let sealed = self.sealer.seal(&plain, &bound_to, ids).ok()?;
        let mut data = json!({"version": VERSION, "run": sealed});
        if let Some(identity) = waiting.identity {
            let sealed = sealed_identity::seal(identity, &self.sealer, id, ids).ok()?;
            data.as_object_mut()?
                .insert("identity".to_owned(), sealed.into());
        }
        let hash = |token: &SecretString| one_use::digest(token.expose_secret()).to_vec();
        Some(NewPartial {
            id,
            token_hash: hash(token),
            link_hash: waiting.current.given_link_token().map(hash),
            backend: waiting.backend.to_owned(),
            next_step: halted.step.clone(),
            data,
            user_id: waiting.caller.map(|caller| caller.id),
            created: now,
            expires: now.checked_add_signed(TimeDelta::seconds(LIFETIME))?,
        })
    }

    /// The run that a token resumes.
    ///
    /// # Errors
    /// [`ExchangeError::PartialInvalid`] for a token that is unknown, expired,
    /// used, or of another backend, and for a run of another pipeline or kind.
    pub(super) async fn stored_run(
        &self,
        (backend, kind): (&str, RunKind),
        token: &str,
    ) -> Result<Stored, ExchangeError> {
        if !one_use::is_token(token) {
            return Err(ExchangeError::PartialInvalid);
        }
        let (hash, now) = (one_use::digest(token), self.clock.now());
        let partial = self.storage.load_partial(&hash, now).await?;
        partial
            .and_then(|partial| self.opened(backend, kind, partial))
            .ok_or(ExchangeError::PartialInvalid)
    }

    /// `None` when it is not of this backend, or of a pipeline of before.
    fn opened(&self, backend: &str, kind: RunKind, partial: Partial) -> Option<Stored> {
        let version = partial.data.get("version").and_then(Value::as_u64);
        if partial.backend != backend || version != Some(VERSION) {
            return None;
        }
        let sealed = |field| partial.data.get(field).and_then(Value::as_str);
        let id = partial.id.to_string();
        let bound_to = [TABLE, &id, backend, FIELD];
        let plain = Zeroizing::new(self.sealer.open(sealed("run")?, &bound_to).ok()?);
        let snapshot: Snapshot = serde_json::from_slice(&plain).ok()?;
        let (pipeline, identity) = match (kind, sealed("identity")) {
            (RunKind::SignUp, Some(identity)) => {
                let sealer = &self.sealer;
                let identity = sealed_identity::open(identity, sealer, partial.id, backend).ok()?;
                (&self.pipelines.get(backend)?.0, Some(Arc::new(identity)))
            }
            (RunKind::Disconnect, None) => (self.pipelines.disconnect(backend)?.0, None),
            _ => return None,
        };
        let same_pipeline = snapshot.fingerprint == pipeline.fingerprint();
        same_pipeline.then_some(Stored {
            identity,
            association_id: snapshot.association_id,
            required: snapshot.required,
            inputs: snapshot.inputs,
            open: snapshot.open,
            answer: snapshot.answer,
            partial,
        })
    }

    /// A halted sign-up as it was answered; it is not resumed by being looked
    /// at.
    ///
    /// # Errors
    /// [`ExchangeError::BackendMissing`], [`ExchangeError::PartialInvalid`].
    pub async fn halted_run(
        &self,
        backend: &str,
        token: &SecretString,
    ) -> Result<HaltedRun, ExchangeError> {
        let backend = self.registry.get(backend);
        let backend = backend.ok_or(ExchangeError::BackendMissing)?.name();
        let kind = RunKind::SignUp;
        let stored = self.stored_run((backend, kind), token.expose_secret());
        let stored = stored.await?;
        Ok(HaltedRun {
            partial_token: token.clone(),
            token_name: self.partial_token_name(backend).to_owned(),
            backend: stored.partial.backend,
            step: stored.partial.next_step,
            expires_in: seconds_until(stored.partial.expires, self.clock.now()),
            required: stored.required.map(|fields| fields.schema().clone()),
            open: stored.open,
            answer: stored.answer,
            kind,
        })
    }

    /// The name under which a backend's clients send a partial's token.
    pub fn partial_token_name(&self, backend: &str) -> &str {
        let settings = self.pipelines.disconnect(backend);
        settings.map_or("partial_token", |(_, settings)| {
            settings.partial_token_name.as_str()
        })
    }
}

impl Stored {
    /// Takes what a client sent for the step that halted.
    ///
    /// # Errors
    /// [`ExchangeError::Fields`] when it is not what the step wants.
    pub(super) fn give(&mut self, sent: &JsonMap) -> Result<(), ExchangeError> {
        let Some(required) = &self.required else {
            return Ok(());
        };
        let taken = required.take(sent).map_err(ExchangeError::Fields)?;
        self.inputs.give(&self.partial.next_step, taken);
        Ok(())
    }
}

impl Waiting<'_> {
    fn kind(&self) -> RunKind {
        match self.identity {
            Some(_) => RunKind::SignUp,
            None => RunKind::Disconnect,
        }
    }
}
