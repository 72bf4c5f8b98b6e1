//! A run that waits, as its client is told of it.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::JsonMap;

/// A run that waits for the client; it is stored.
#[derive(Clone)]
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
    /// The address that a mail is to prove; `None` when none is.
    pub mail: Option<ToConfirm>,
    /// Further members of the answer.
    pub answer: JsonMap,
    /// What it goes on with.
    pub kind: RunKind,
}

impl fmt::Debug for HaltedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HaltedRun")
            .field("backend", &self.backend)
            .field("step", &self.step)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// An address that a mail is to prove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToConfirm {
    /// The address.
    pub email: String,
    /// Whether it is proven, so that the run can go on.
    pub confirmed: bool,
}

/// What a run does once it is through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunKind {
    /// Signs up, signs in, or associates: goes on at `/complete`.
    SignUp,
    /// Disconnects: goes on at `/disconnect`.
    Disconnect,
}

/// Whole seconds; none when it is over.
pub(super) fn seconds_until(expires: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    let left = expires.signed_duration_since(now).num_seconds();
    u64::try_from(left).unwrap_or_default()
}
