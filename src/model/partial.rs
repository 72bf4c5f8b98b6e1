//! A halted pipeline run: python-social-auth's `PartialMixin`.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// A halted run, as stored.
#[derive(Clone, PartialEq)]
pub struct Partial {
    /// Our id of the partial.
    pub id: Uuid,
    /// SHA-256 of the token that resumes it; the token itself is not kept.
    pub token_hash: Vec<u8>,
    /// SHA-256 of the token that a mail or a URL carries, which resumes nothing
    /// and may only confirm; `None` when nothing was sent.
    pub link_hash: Option<Vec<u8>>,
    /// The backend's name.
    pub backend: String,
    /// The step that halted.
    pub next_step: String,
    /// The run's inputs, as the pipeline wrote them.
    pub data: Value,
    /// The user that was signed in; `None` for a sign-up.
    pub user_id: Option<Uuid>,
    /// When the run halted.
    pub created: DateTime<Utc>,
    /// When it can no longer be resumed.
    pub expires: DateTime<Utc>,
}

/// A halted run that is to be stored. The same values as [`Partial`].
pub type NewPartial = Partial;

impl fmt::Debug for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partial")
            .field("id", &self.id)
            .field("backend", &self.backend)
            .field("next_step", &self.next_step)
            .finish_non_exhaustive()
    }
}

impl Partial {
    /// Adds values to the stored inputs; keys that are there are replaced.
    pub fn extend_kwargs(&mut self, values: super::JsonMap) {
        match &mut self.data {
            Value::Object(data) => data.extend(values),
            data => *data = Value::Object(values),
        }
    }
}
