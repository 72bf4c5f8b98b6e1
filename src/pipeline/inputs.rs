//! What a client has sent for the halted steps of a run, so far.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::{Ids, JsonMap, email_key};

/// Where the ids are remembered that a run keeps.
const RUN_ID: &str = "run_id";
const USER_ID: &str = "user_id";

/// Everything that a run was given since it began, by step.
///
/// A run is a function of the identity, the signed-in user and of this: it is
/// run again from its first step each time something is added. What it learnt
/// from somebody who is not to be asked twice is remembered over all tries and
/// halts.
#[derive(Default, Serialize, Deserialize)]
pub struct Inputs {
    steps: BTreeMap<String, JsonMap>,
    confirmed: BTreeSet<String>,
    memo: Mutex<BTreeMap<String, Value>>,
}

impl Clone for Inputs {
    fn clone(&self) -> Self {
        Self {
            steps: self.steps.clone(),
            confirmed: self.confirmed.clone(),
            memo: Mutex::new(self.memo().clone()),
        }
    }
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
    pub fn remembered(&self, key: &str) -> Option<Value> {
        self.memo().get(key).cloned()
    }

    /// Remembers a value for the tries that follow, and for when a halted run
    /// goes on.
    pub fn remember(&self, key: &str, value: Value) {
        self.memo().insert(key.to_owned(), value);
    }

    /// The run's own id, the same over its tries and halts.
    pub fn run_id(&self, ids: &dyn Ids) -> Uuid {
        self.kept_id(RUN_ID, ids)
    }

    /// The id of the user that the run may create, the same over its tries and
    /// halts: what was told of that user holds.
    pub fn new_user_id(&self, ids: &dyn Ids) -> Uuid {
        self.kept_id(USER_ID, ids)
    }

    fn kept_id(&self, key: &str, ids: &dyn Ids) -> Uuid {
        let mut memo = self.memo();
        let kept = memo.get(key).and_then(Value::as_str);
        if let Some(id) = kept.and_then(|text| Uuid::try_parse(text).ok()) {
            return id;
        }
        let id = ids.new_id();
        memo.insert(key.to_owned(), id.to_string().into());
        id
    }

    fn memo(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        // Whole after every insert, panic or not.
        self.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
