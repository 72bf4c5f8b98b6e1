//! What a step asks others over HTTP: once for each question of a run.

use std::fmt;

use serde_json::Value;

use super::Inputs;
use crate::backends::{BackendError, JsonCalls};
use crate::http::{CallLimits, HttpClient, JsonRequest};

/// Longest answer that is read, in bytes: 200 kB. It is kept if the run halts.
const LONGEST_ANSWER: usize = 200 * 1024;

/// Asks the provider, or another service, within the limits of calls to the
/// provider.
///
/// A run may be repeated, and begins anew after a halt: a step that asks the
/// same again is given the first good answer, and nobody is asked twice. A
/// failure is not remembered.
#[derive(Clone, Copy)]
pub struct StepHttp<'a> {
    calls: JsonCalls<'a>,
    inputs: &'a Inputs,
    step: &'a str,
}

impl fmt::Debug for StepHttp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepHttp").finish_non_exhaustive()
    }
}

impl<'a> StepHttp<'a> {
    /// Asks by this client; answers are remembered beside the run's inputs.
    pub fn new(http: &'a HttpClient, limits: CallLimits, inputs: &'a Inputs) -> Self {
        Self {
            calls: JsonCalls::to_services(http, limits, LONGEST_ANSWER),
            inputs,
            step: "",
        }
    }

    /// The same for one step, which remembers for itself.
    pub(super) fn of_step<'b>(&self, step: &'b str) -> StepHttp<'b>
    where
        'a: 'b,
    {
        StepHttp { step, ..*self }
    }

    /// Sends a request; what its answer says. At most 200 kB are read.
    ///
    /// # Errors
    /// [`BackendError`] unless the status is 2xx and the body is JSON. As an
    /// [`AuthError`](super::AuthError) it ends the run with 502, 503 or 504; a
    /// step may as well go on without the answer.
    pub async fn ask(&self, request: JsonRequest) -> Result<Value, BackendError> {
        let key = format!("http:{}:{}", self.step, request.digest());
        if let Some(answer) = self.inputs.remembered(&key) {
            return Ok(answer);
        }
        let answer = self.calls.ask(request).await?;
        self.inputs.remember(&key, answer.clone());
        Ok(answer)
    }
}
