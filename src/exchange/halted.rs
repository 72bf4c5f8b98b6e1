//! Halted runs: stored as what they are a function of, and read again.
//!
//! Nothing of a run itself is kept. What it was given is: the identity and the
//! inputs, both sealed for this partial alone, so that a run is begun anew on
//! any instance and decides on fresh reads.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::idempotency::Asked;
use super::kept::Kept;
use super::run::{Failure, Running};
use super::{Exchange, ExchangeError};
use crate::backends::{Backend, VerifiedIdentity};
use crate::crypto::one_use;
use crate::model::{Changes, Guard, JsonMap, NewPartial, Partial};
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
}

/// What is sealed of a run beside its identity.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    fingerprint: String,
    required: Option<Fields>,
    open: Option<String>,
    answer: JsonMap,
    inputs: Inputs,
}

/// A stored run that may be resumed in today's pipeline.
pub(super) struct Stored {
    pub(super) partial: Partial,
    pub(super) identity: Arc<VerifiedIdentity>,
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
        running: &Running<'_>,
        (pipeline, current): (&Pipeline, &CurrentPartial<'_>),
        asked: Option<&Asked>,
    ) -> Result<HaltedRun, Failure> {
        let ids = self.ids.as_ref();
        let token = one_use::new_token(ids).map_err(|_none| ExchangeError::Sealing)?;
        let (partial, expires) = self
            .partial_of(&halted, running, (pipeline, current), &token)
            .ok_or(ExchangeError::Sealing)?;
        let step = halted.step;
        let run = HaltedRun {
            partial_token: token,
            token_name: self.partial_token_name(running.backend.name()).to_owned(),
            backend: running.backend.name().to_owned(),
            step,
            expires_in: seconds_until(expires, partial.created),
            required: halted.halt.required.map(|fields| fields.schema().clone()),
            open: halted.halt.open,
            answer: halted.halt.answer,
        };
        let mut changes = Changes {
            consumed_partial: running.consumed.clone(),
            used_marks: running.marks.clone(),
            new_partial: Some(partial),
            ..Changes::default()
        };
        if let Some(caller) = running.caller {
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
        running: &Running<'_>,
        (pipeline, current): (&Pipeline, &CurrentPartial<'_>),
        token: &SecretString,
    ) -> Option<(NewPartial, DateTime<Utc>)> {
        let (now, ids) = (self.clock.now(), self.ids.as_ref());
        let (id, backend) = (self.ids.new_id(), running.backend.name());
        let expires = now.checked_add_signed(TimeDelta::seconds(LIFETIME))?;
        let snapshot = Snapshot {
            fingerprint: pipeline.fingerprint(),
            required: halted.halt.required.clone(),
            open: halted.halt.open.clone(),
            answer: halted.halt.answer.clone(),
            inputs: running.inputs.clone(),
        };
        let plain = serde_json::to_vec(&snapshot).ok()?;
        let text = id.to_string();
        let bound_to = [TABLE, &text, backend, FIELD];
        let sealed = self.sealer.seal(&plain, &bound_to, ids).ok()?;
        let identity = running.identity.seal(&self.sealer, id, ids).ok()?;
        let hash = |token: &SecretString| one_use::digest(token.expose_secret()).to_vec();
        let partial = NewPartial {
            id,
            token_hash: hash(token),
            link_hash: current.given_link_token().map(hash),
            backend: backend.to_owned(),
            next_step: halted.step.clone(),
            data: json!({"version": VERSION, "identity": identity, "run": sealed}),
            user_id: running.caller.map(|caller| caller.id),
            created: now,
            expires,
        };
        Some((partial, expires))
    }

    /// The run that a token resumes.
    ///
    /// # Errors
    /// [`ExchangeError::PartialInvalid`] for a token that is unknown, expired,
    /// used, or of another backend, and for a run of another pipeline.
    pub(super) async fn stored_run(
        &self,
        backend: &dyn Backend,
        token: &str,
    ) -> Result<Stored, ExchangeError> {
        if !one_use::is_token(token) {
            return Err(ExchangeError::PartialInvalid);
        }
        let (hash, now) = (one_use::digest(token), self.clock.now());
        let partial = self.storage.load_partial(&hash, now).await?;
        partial
            .and_then(|partial| self.opened(backend, partial))
            .ok_or(ExchangeError::PartialInvalid)
    }

    /// `None` when it is not of this backend and its pipeline of today.
    fn opened(&self, backend: &dyn Backend, partial: Partial) -> Option<Stored> {
        let name = backend.name();
        let version = partial.data.get("version").and_then(Value::as_u64);
        if partial.backend != name || version != Some(VERSION) {
            return None;
        }
        let sealed = |field| partial.data.get(field).and_then(Value::as_str);
        let id = partial.id.to_string();
        let bound_to = [TABLE, &id, name, FIELD];
        let plain = self.sealer.open(sealed("run")?, &bound_to).ok()?;
        let snapshot: Snapshot = serde_json::from_slice(&plain).ok()?;
        let (pipeline, _) = self.pipelines.get(name)?;
        if snapshot.fingerprint != pipeline.fingerprint() {
            return None;
        }
        let identity = sealed("identity")?;
        let identity = VerifiedIdentity::open(identity, &self.sealer, partial.id, name).ok()?;
        Some(Stored {
            identity: Arc::new(identity),
            required: snapshot.required,
            inputs: snapshot.inputs,
            open: snapshot.open,
            answer: snapshot.answer,
            partial,
        })
    }

    /// A halted run as it was answered; it is not resumed by being looked at.
    ///
    /// # Errors
    /// [`ExchangeError::BackendMissing`], [`ExchangeError::PartialInvalid`].
    pub async fn halted_run(
        &self,
        backend: &str,
        token: &SecretString,
    ) -> Result<HaltedRun, ExchangeError> {
        let backend = self.registry.get(backend);
        let backend = backend.ok_or(ExchangeError::BackendMissing)?.as_ref();
        let stored = self.stored_run(backend, token.expose_secret()).await?;
        let now = self.clock.now();
        Ok(HaltedRun {
            partial_token: token.clone(),
            token_name: self.partial_token_name(backend.name()).to_owned(),
            backend: stored.partial.backend,
            step: stored.partial.next_step,
            expires_in: seconds_until(stored.partial.expires, now),
            required: stored.required.map(|fields| fields.schema().clone()),
            open: stored.open,
            answer: stored.answer,
        })
    }

    /// The name under which a backend's clients send a partial's token.
    pub fn partial_token_name(&self, backend: &str) -> &str {
        self.pipelines
            .get(backend)
            .map_or("partial_token", |(_, settings)| {
                settings.partial_token_name.as_str()
            })
    }
}

/// Whole seconds; none when it is over.
pub(super) fn seconds_until(expires: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    let left = expires.signed_duration_since(now).num_seconds();
    u64::try_from(left).unwrap_or_default()
}
