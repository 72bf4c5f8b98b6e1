//! The loop of a sign-up: run the pipeline, commit what it came to, and once
//! more when somebody else was faster.

use std::net::IpAddr;
use std::sync::Arc;

use super::events::are_due;
use super::failure::Failure;
use super::halted::Waiting;
use super::idempotency::Asked;
use super::kept::Kept;
use super::{CurrentUser, Exchange, ExchangeError, SignUpOutcome, SignedUp};
use crate::backends::{Backend, VerifiedIdentity};
use crate::model::{Changes, Conflict, Guard, UsedMark, User, UserChanges};
use crate::pipeline::{Attempt, CurrentPartial, Inputs, Pipeline, Ran, Run, StepHttp, Strategy};
use crate::session::Terms;

/// How often a run is tried while others are faster.
pub(super) const ATTEMPTS: usize = 3;

/// Everything that a run is a function of, and what its commit uses up.
pub(super) struct Running<'a> {
    pub(super) backend: &'a dyn Backend,
    pub(super) identity: Arc<VerifiedIdentity>,
    pub(super) caller: Option<CurrentUser>,
    /// Where the request came from; `None` when that is not known.
    pub(super) sender: Option<IpAddr>,
    /// On which terms a session is opened; `None` for those of no client.
    pub(super) terms: Option<Terms>,
    /// The signed-in user; `None` to sign up or in.
    pub(super) current: Option<User>,
    pub(super) inputs: Inputs,
    /// Marks of what works once; none when a halted run goes on.
    pub(super) marks: Vec<UsedMark>,
    /// The hash of the token that resumed the run; `None` for the first one.
    pub(super) consumed: Option<Vec<u8>>,
}

impl<'a> Running<'a> {
    /// What is kept of it if a step halts it.
    fn waiting(&'a self, pipeline: &'a Pipeline, current: &'a CurrentPartial<'a>) -> Waiting<'a> {
        Waiting {
            backend: self.backend.name(),
            pipeline,
            current,
            identity: Some(&self.identity),
            association_id: None,
            caller: self.caller,
            sender: self.sender,
            terms: self.terms.as_ref(),
            inputs: &self.inputs,
            marks: &self.marks,
            consumed: self.consumed.as_ref(),
        }
    }
}

impl Exchange {
    /// Runs the pipeline and commits what it came to: the person is in, or the
    /// run waits.
    pub(super) async fn run(
        &self,
        mut running: Running<'_>,
        asked: Option<&Asked>,
    ) -> Result<SignUpOutcome, ExchangeError> {
        let partial = CurrentPartial::new(running.backend.name(), self.ids.as_ref());
        let mut conflicts = Vec::new();
        while conflicts.len() < ATTEMPTS {
            if let (Some(caller), false) = (running.caller, conflicts.is_empty()) {
                running.current = Some(self.still_me(caller).await?);
            }
            let (pipeline, strategy) = self.strategy(&running, &conflicts, &partial)?;
            let (identity, current) = (Arc::clone(&running.identity), running.current.clone());
            let committed = match pipeline.run(&strategy, identity, current).await? {
                Ran::Done(run) => self
                    .commit(*run, &running, asked)
                    .await
                    .map(|signed_up| SignUpOutcome::SignedUp(Box::new(signed_up))),
                Ran::Halted(halted) => self
                    .store_halted(*halted, &running.waiting(pipeline, &partial), asked)
                    .await
                    .map(|halted| SignUpOutcome::Halted(Box::new(halted))),
            };
            match committed {
                Err(Failure::Conflict(conflict)) => conflicts.push(conflict),
                Err(Failure::Final(error)) => return Err(error),
                Ok(outcome) => return Ok(outcome),
            }
        }
        tracing::warn!(?conflicts, "a sign-up met conflicts in every try");
        Err(ExchangeError::TooManyConflicts)
    }

    /// A backend's pipeline, and what its steps may touch in this try.
    pub(super) fn strategy<'a>(
        &'a self,
        running: &'a Running<'_>,
        conflicts: &'a [Conflict],
        current_partial: &'a CurrentPartial<'a>,
    ) -> Result<(&'a Pipeline, Strategy<'a>), ExchangeError> {
        let backend = running.backend;
        let (pipeline, settings) = self
            .pipelines
            .get(backend.name())
            .ok_or(ExchangeError::BackendMissing)?;
        let strategy = Strategy {
            storage: self.storage.as_ref(),
            settings,
            configured_backend: Some(backend),
            sign_in_backends: &[],
            now: self.clock.now(),
            associating: running.caller.is_some(),
            request_data: running.identity.request_data(),
            inputs: &running.inputs,
            current_partial,
            trace: None,
            attempt: Attempt { conflicts },
            http: StepHttp::new(&self.http, settings.calls, &running.inputs),
            ids: self.ids.as_ref(),
        };
        Ok((pipeline, strategy))
    }

    async fn commit(
        &self,
        run: Run,
        running: &Running<'_>,
        asked: Option<&Asked>,
    ) -> Result<SignedUp, Failure> {
        let now = self.clock.now();
        let Run {
            user,
            social,
            removed,
            mut changes,
        } = run;
        changes.used_marks.extend_from_slice(&running.marks);
        changes.consumed_partial.clone_from(&running.consumed);
        let mut tokens = None;
        if let Some(caller) = running.caller {
            changes.guards.push(Guard::SessionLives(caller.session_id));
        } else {
            let terms = running.terms.as_ref().unwrap_or(self.sessions.terms());
            let prepared = self
                .sessions
                .prepare(user.id, terms, now, self.ids.as_ref())?;
            changes.session = Some(prepared.row);
            tokens = Some(prepared.tokens);
            if changes.new_user.is_none() {
                note_login(&mut changes, &user, now);
            }
        }
        let mut told = self.raise_events(&mut changes, &user, social.as_ref());
        told.extend(self.raise_dropped(&mut changes, &removed)?);
        let moves = is_move(&changes);
        let mut signed_up = SignedUp {
            user,
            social,
            client_id: running.identity.named_client().map(str::to_owned),
            is_new: changes.new_user.is_some(),
            new_association: changes.new_association.is_some(),
            removed: removed.iter().map(Into::into).collect(),
            tokens,
        };
        if let Some(asked) = asked {
            let answer = self.kept_answer(asked, &Kept::of_signed_up(&signed_up));
            changes.idempotent_answer = Some(answer?);
        }
        let rings = are_due(&changes);
        let committed = self.storage.commit(changes).await?;
        if rings {
            self.bell.ring();
        }
        self.listeners.tell(&told);
        if let (true, Some(social)) = (moves, &signed_up.social) {
            let (association, provider) = (social.id, social.provider.as_str());
            tracing::info!(%association, provider, "an association moved to the stable uid");
        }
        signed_up.is_new = committed.is_new;
        signed_up.new_association = committed.new_association;
        Ok(signed_up)
    }
}

fn is_move(changes: &Changes) -> bool {
    matches!(&changes.association, Some(changes) if changes.moved.is_some())
}

fn note_login(changes: &mut Changes, user: &User, now: chrono::DateTime<chrono::Utc>) {
    let (_, user_changes) = changes
        .user
        .get_or_insert_with(|| (user.id, UserChanges::default()));
    user_changes.last_login = Some(now);
}
