//! Runs a pipeline.

use std::sync::Arc;
use std::time::Instant;

use tracing::Instrument as _;
use uuid::Uuid;

use super::{AuthError, Context, Halt, Outcome, Step, Strategy, proof};
use crate::backends::VerifiedIdentity;
use crate::crypto::one_use;
use crate::model::{Association, Changes, Guard, User};

/// Steps in their order.
#[derive(Clone)]
pub struct Pipeline {
    steps: Arc<[Arc<dyn Step>]>,
}

/// How a run ended; nothing of it is written yet.
#[derive(Debug)]
pub enum Ran {
    /// All steps are through.
    Done(Box<Run>),
    /// A step waits for the client.
    Halted(Box<Halted>),
}

/// How a disconnection ended; nothing of it is written yet.
#[derive(Debug)]
pub enum Disconnected {
    /// All steps are through.
    Done {
        /// What is to be written.
        changes: Box<Changes>,
        /// The associations that go.
        removed: Vec<Association>,
        /// The associations whose tokens are to be given back.
        revoked: Vec<Association>,
    },
    /// A step waits for the client.
    Halted(Box<Halted>),
}

/// A run that waits.
#[derive(Debug)]
pub struct Halted {
    /// The step that halted.
    pub step: String,
    /// What it waits for.
    pub halt: Halt,
}

/// What a pipeline came to.
#[derive(Debug)]
pub struct Run {
    /// The user, as it will be once committed.
    pub user: User,
    /// The association; `None` when the pipeline makes none.
    pub social: Option<Association>,
    /// The associations that go, as strangers may have made them.
    pub removed: Vec<Association>,
    /// What is to be written.
    pub changes: Changes,
}

impl Pipeline {
    /// A pipeline of these steps.
    pub fn new(steps: Vec<Arc<dyn Step>>) -> Self {
        Self {
            steps: steps.into(),
        }
    }

    /// Whether a step of that name is part of it.
    pub fn has_step(&self, name: &str) -> bool {
        self.steps.iter().any(|step| step.name() == name)
    }

    /// Digest of the steps' names in their order: a run that was halted in
    /// another pipeline is not resumed in this one.
    pub fn fingerprint(&self) -> String {
        let names: Vec<&str> = self.steps.iter().map(|step| step.name()).collect();
        one_use::hex(&one_use::digest(&names.join("\n")))
    }

    /// Runs all steps for a proven identity, until one halts.
    ///
    /// # Errors
    /// What a step refuses with; `NoUser` when they end without a user,
    /// `UserInactive` when that user may not sign in.
    pub async fn run(
        &self,
        strategy: &Strategy<'_>,
        identity: Arc<VerifiedIdentity>,
        current_user: Option<User>,
    ) -> Result<Ran, AuthError> {
        let ctx = Context::new(identity, current_user);
        match self.steps_of(strategy, ctx).await? {
            Ended::Through(ctx) => finish(strategy, *ctx),
            Ended::Halted(halted) => Ok(Ran::Halted(halted)),
        }
    }

    /// Runs all steps of a disconnection: of the association of that id, or of
    /// all that the user has at the provider.
    ///
    /// # Errors
    /// What a step refuses with.
    pub async fn disconnect(
        &self,
        strategy: &Strategy<'_>,
        provider: &str,
        (user, association_id): (User, Option<Uuid>),
    ) -> Result<Disconnected, AuthError> {
        let user_id = user.id;
        let ctx = Context::of_disconnection(provider, association_id, user);
        Ok(match self.steps_of(strategy, ctx).await? {
            Ended::Halted(halted) => Disconnected::Halted(halted),
            Ended::Through(ctx) => {
                let (mut changes, entries, revoked) = (ctx.changes, ctx.entries, ctx.revoked);
                changes.guards.push(Guard::UserActive(user_id));
                Disconnected::Done {
                    removed: gone(entries, &changes),
                    changes: Box::new(changes),
                    revoked,
                }
            }
        })
    }

    async fn steps_of(
        &self,
        strategy: &Strategy<'_>,
        mut ctx: Context,
    ) -> Result<Ended, AuthError> {
        for step in self.steps.iter() {
            let span = tracing::debug_span!("pipeline.step", step = step.name());
            ctx.input = strategy
                .inputs
                .of_step(step.name())
                .cloned()
                .unwrap_or_default();
            let began = strategy.trace.map(|trace| (trace, Instant::now()));
            let strategy = Strategy {
                http: strategy.http.of_step(step.name()),
                ..*strategy
            };
            let outcome = step.run(&strategy, &ctx).instrument(span).await;
            if let Some((trace, began)) = began {
                trace.note(step.name(), began, &outcome);
            }
            match outcome? {
                Outcome::Continue => {}
                Outcome::Merge(update) => ctx.merge(*update, strategy.now),
                Outcome::Halt(halt) => {
                    let step = step.name().to_owned();
                    return Ok(Ended::Halted(Box::new(Halted { step, halt: *halt })));
                }
            }
        }
        Ok(Ended::Through(Box::new(ctx)))
    }
}

/// Those of the entries that are to be removed.
fn gone(entries: Vec<Association>, changes: &Changes) -> Vec<Association> {
    let is_gone = |entry: &Association| changes.removed_associations.contains(&entry.id);
    entries.into_iter().filter(is_gone).collect()
}

/// How the steps ended.
enum Ended {
    Through(Box<Context>),
    Halted(Box<Halted>),
}

fn finish(strategy: &Strategy<'_>, mut ctx: Context) -> Result<Ran, AuthError> {
    let user = ctx.user.take().ok_or(AuthError::NoUser)?;
    if !user.is_active {
        return Err(AuthError::UserInactive);
    }
    let mut changes = std::mem::take(&mut ctx.changes);
    proof::note(strategy, &ctx, &mut changes);
    if !ctx.is_new {
        // Who is deactivated between this read and the commit gets nothing.
        changes.guards.push(Guard::UserActive(user.id));
    }
    Ok(Ran::Done(Box::new(Run {
        user,
        social: ctx.social,
        removed: gone(ctx.entries, &changes),
        changes,
    })))
}
