//! What a step may touch.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{AuthError, CurrentPartial, Inputs, PipelineSettings, StepHttp, Trace};
use crate::backends::Backend;
use crate::model::{Conflict, Ids, JsonMap};
use crate::storage::Reads;

/// What a step may touch: it can look, and cannot write.
#[derive(Clone, Copy)]
pub struct Strategy<'a> {
    /// Users and associations, to look at.
    pub storage: &'a dyn Reads,
    /// The settings of this backend's pipeline.
    pub settings: &'a PipelineSettings,
    /// The backend; `None` when an account is disconnected whose backend is no
    /// longer configured. Sign-ups always have one: [`Strategy::backend`].
    pub configured_backend: Option<&'a dyn Backend>,
    /// The backends that people can sign in with; only known to disconnections.
    pub sign_in_backends: &'a [String],
    /// The time of the run.
    pub now: DateTime<Utc>,
    /// Whether a signed-in user adds an account, rather than signs in.
    pub associating: bool,
    /// Further fields of the request. The client's word, nothing more.
    pub request_data: &'a JsonMap,
    /// What the client sent for halted steps, and proved, since the run began.
    pub inputs: &'a Inputs,
    /// The partial that the run becomes if a step halts it.
    pub current_partial: &'a CurrentPartial<'a>,
    /// Where the steps are noted; `None` but for people who look on.
    pub trace: Option<&'a Trace>,
    /// Which try this is, and what the earlier ones met.
    pub attempt: Attempt<'a>,
    /// Asks the provider, or another service, over HTTP.
    pub http: StepHttp<'a>,
    /// Ids and randomness.
    pub ids: &'a dyn Ids,
}

/// A try of a run that had to be repeated.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The conflicts that earlier tries met, oldest first.
    pub conflicts: &'a [Conflict],
}

impl Attempt<'_> {
    /// Whether an earlier try met that conflict.
    pub fn met(&self, conflict: Conflict) -> bool {
        self.conflicts.contains(&conflict)
    }
}

impl Strategy<'_> {
    /// The backend that verified the identity.
    ///
    /// # Errors
    /// [`AuthError::NoIdentity`] when it is not configured, which only a
    /// disconnection can meet.
    pub fn backend(&self) -> Result<&dyn Backend, AuthError> {
        self.configured_backend.ok_or(AuthError::NoIdentity)
    }

    /// A new id.
    pub fn new_id(&self) -> Uuid {
        self.ids.new_id()
    }

    /// 32 random hex digits, as python-social-auth's `uuid4().hex`.
    pub fn random_hex(&self) -> Result<String, AuthError> {
        let mut bytes = [0; 16];
        self.ids
            .fill(&mut bytes)
            .map_err(|_none| AuthError::NoRandomness)?;
        Ok(Uuid::from_bytes(bytes).simple().to_string())
    }
}
