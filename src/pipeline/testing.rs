//! Runs that a test makes up, to try a step of one's own as a function: no
//! server, no database, no network.

mod people;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Value;

use self::people::People;
use super::proven::Proven;
use super::{
    Attempt, AuthError, Context, CurrentPartial, Inputs, Outcome, PipelineSettings, Step, StepHttp,
    Strategy, Update,
};
use crate::http::{Answer, HeaderMap, HttpClient, Method, Recording, Request, Url};
use crate::model::{Association, Conflict, JsonMap, SystemIds, User};

/// A run that a test makes up. Its person is nobody that was proven, so it
/// tries steps and cannot sign anybody in.
///
/// ```
/// # use async_trait::async_trait;
/// # use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy};
/// use sociable::pipeline::testing::MadeUpRun;
///
/// # struct NoThrowAway;
/// # #[async_trait]
/// # impl Step for NoThrowAway {
/// #     fn name(&self) -> &str { "no_throw_away" }
/// #     async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
/// #         match ctx.details.email.as_deref() {
/// #             Some(email) if email.ends_with("@throw-away.example") => Err(AuthError::Disallowed),
/// #             _ => Ok(Outcome::Continue),
/// #         }
/// #     }
/// # }
/// # futures_util::FutureExt::now_or_never(async {
/// let mut run = MadeUpRun::of("github", "583231");
/// run.ctx.details.email = Some("cat@throw-away.example".to_owned());
/// assert!(matches!(run.step(&NoThrowAway).await, Err(AuthError::Disallowed)));
/// # }).unwrap();
/// ```
pub struct MadeUpRun {
    /// What is known so far; the step's to look at.
    pub ctx: Context,
    /// The settings of the backend's pipeline.
    pub settings: PipelineSettings,
    /// Further fields of the request.
    pub request_data: JsonMap,
    /// What the client sent for halted steps, by step.
    pub inputs: Inputs,
    /// The conflicts that earlier tries met.
    pub conflicts: Vec<Conflict>,
    /// Whether a signed-in user adds an account.
    pub associating: bool,
    /// The time; the beginning of 1970 unless it is set.
    pub now: DateTime<Utc>,
    people: People,
    recording: Recording,
    ids: SystemIds,
}

impl MadeUpRun {
    /// The run of a person at a provider, of whom nothing else is known.
    pub fn of(provider: &str, uid: &str) -> Self {
        let proven = Proven::MadeUp {
            response: Value::Object(JsonMap::new()),
            access_token: None,
        };
        let mut ctx = Context::empty(provider.to_owned(), proven);
        uid.clone_into(&mut ctx.uid);
        Self {
            ctx,
            settings: PipelineSettings::default(),
            request_data: JsonMap::new(),
            inputs: Inputs::default(),
            conflicts: Vec::new(),
            associating: false,
            now: DateTime::UNIX_EPOCH,
            people: People::default(),
            recording: Recording::default(),
            ids: SystemIds::default(),
        }
    }

    /// The provider said this, and gave this OAuth 2 access token if any.
    #[must_use]
    pub fn said(mut self, response: Value, access_token: Option<SecretString>) -> Self {
        self.ctx.proven = Proven::MadeUp {
            response,
            access_token,
        };
        self
    }

    /// The database has this user, with these associations.
    #[must_use]
    pub fn known(mut self, user: User, associations: Vec<Association>) -> Self {
        self.people.add(user, associations);
        self
    }

    /// Who is asked at this URL, whatever its query, answers so. Other calls
    /// are not answered: nothing leaves this machine.
    #[must_use]
    pub fn answers(self, method: Method, url: Url, (status, body): (u16, &Value)) -> Self {
        let answer = Answer {
            status,
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
        };
        self.recording.record(method, url, answer);
        self
    }

    /// Runs a step, as a pipeline would.
    ///
    /// # Errors
    /// What the step refuses with.
    pub async fn step(&mut self, step: &dyn Step) -> Result<Outcome, AuthError> {
        let input = self.inputs.of_step(step.name());
        self.ctx.input = input.cloned().unwrap_or_default();
        let http = HttpClient::replaying(&self.recording);
        let partial = CurrentPartial::new(&self.ctx.provider, &self.ids);
        let strategy = Strategy {
            storage: &self.people,
            settings: &self.settings,
            configured_backend: None,
            sign_in_backends: &[],
            now: self.now,
            associating: self.associating,
            request_data: &self.request_data,
            inputs: &self.inputs,
            current_partial: &partial,
            trace: None,
            attempt: Attempt {
                conflicts: &self.conflicts,
            },
            http: StepHttp::new(&http, self.settings.calls, &self.inputs).of_step(step.name()),
            ids: &self.ids,
        };
        step.run(&strategy, &self.ctx).await
    }

    /// Merges what a step added, so that the next one sees it.
    pub fn merge(&mut self, update: Update) {
        self.ctx.merge(update, self.now);
    }

    /// What steps asked over HTTP, in its order.
    pub fn asked(&self) -> Vec<Request> {
        self.recording.seen()
    }
}

#[cfg(test)]
mod tests;
