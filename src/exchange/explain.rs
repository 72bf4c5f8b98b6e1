//! A sign-up played through for people who look on: nothing is committed.

use std::sync::Arc;

use super::{Exchange, ExchangeError, SignUp};
use crate::model::{Changes, CredentialKind, User};
use crate::pipeline::{AuthError, CurrentPartial, Ran, StepTrace, Trace, TracedReads};

/// What a sign-up would come to, step by step.
#[derive(Debug)]
pub struct Explained {
    /// The provider's id of the person.
    pub uid: String,
    /// What each step did, in order; the last one may have halted or refused.
    pub steps: Vec<StepTrace>,
    /// How it would end.
    pub end: ExplainedEnd,
}

/// How an explained sign-up would end.
#[derive(Debug)]
pub enum ExplainedEnd {
    /// The person would be in; this would be written.
    SignedUp {
        /// The user, as it would be.
        user: Box<User>,
        /// What would be written, session aside.
        changes: Box<Changes>,
    },
    /// A step would wait for the client.
    Halted,
    /// A step refuses.
    Refused(AuthError),
}

impl Exchange {
    /// Checks a credential at its provider and runs the pipeline once, noting
    /// what each step reads and adds. Commits nothing.
    ///
    /// # Errors
    /// As [`Exchange::sign_up`] before the pipeline runs;
    /// [`ExchangeError::NotExplained`] for a credential that is used up by
    /// being looked at.
    pub async fn explain(&self, request: SignUp) -> Result<Explained, ExchangeError> {
        let kind = request.credential.kind();
        if matches!(
            kind,
            CredentialKind::Code | CredentialKind::OAuth1Verifier | CredentialKind::OpenId
        ) {
            return Err(ExchangeError::NotExplained);
        }
        let proven = self.prove(&request).await?;
        let running = proven.running((request.caller, None));
        let (identity, current) = (Arc::clone(&running.identity), running.current.clone());
        let partial = CurrentPartial::new(running.backend.name(), self.ids.as_ref());
        let trace = Trace::default();
        let storage = TracedReads {
            storage: self.storage.as_ref(),
            trace: &trace,
        };
        let (pipeline, mut strategy) = self.strategy(&running, &[], &partial)?;
        strategy.storage = &storage;
        strategy.trace = Some(&trace);
        let uid = identity.uid().to_owned();
        let end = match pipeline.run(&strategy, identity, current).await {
            Ok(Ran::Done(run)) => ExplainedEnd::SignedUp {
                user: Box::new(run.user),
                changes: Box::new(run.changes),
            },
            Ok(Ran::Halted(_)) => ExplainedEnd::Halted,
            Err(error) => ExplainedEnd::Refused(error),
        };
        Ok(Explained {
            uid,
            steps: trace.steps(),
            end,
        })
    }
}
