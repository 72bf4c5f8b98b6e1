//! What a client has sent for the halted steps of a run, so far.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{JsonMap, email_key};

/// Everything that a run was given since it began, by step.
///
/// A run is a function of the identity, the signed-in user and of this: it is
/// run again from its first step each time something is added.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    steps: BTreeMap<String, JsonMap>,
    confirmed: BTreeSet<String>,
    memo: BTreeMap<String, Value>,
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs")
            .field("steps", &self.steps.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Inputs {
    /// The fields that were sent for a step; `None` when it never halted.
    pub fn of_step(&self, step: &str) -> Option<&JsonMap> {
        self.steps.get(step)
    }

    /// Adds the fields sent for a step; one sent before is replaced.
    pub fn give(&mut self, step: &str, fields: JsonMap) {
        self.steps
            .entry(step.to_owned())
            .or_default()
            .extend(fields);
    }

    /// Whether the person proved during this run that an address is theirs.
    pub fn is_confirmed(&self, email: &str) -> bool {
        self.confirmed.contains(&email_key(email))
    }

    /// Notes that the person proved that an address is theirs.
    pub fn confirm(&mut self, email: &str) {
        self.confirmed.insert(email_key(email));
    }

    /// What was remembered under that key; `None` when nothing was.
    pub fn remembered(&self, key: &str) -> Option<&Value> {
        self.memo.get(key)
    }

    /// Remembers a value for the runs that follow.
    pub fn remember(&mut self, key: &str, value: Value) {
        self.memo.insert(key.to_owned(), value);
    }
}
