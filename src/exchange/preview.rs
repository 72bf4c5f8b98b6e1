//! What a sign-up would come to, and nothing of it is written.

use std::sync::Arc;

use super::{Exchange, ExchangeError, SignUp};
use crate::backends::{Mapping, VerifiedIdentity};
use crate::model::{Association, Changes, ClientInput, JsonMap, User};
use crate::pipeline::{CurrentPartial, Ran};

/// What a sign-up would come to.
#[derive(Debug)]
pub struct Preview {
    /// The identity that the provider vouched for.
    pub identity: Arc<VerifiedIdentity>,
    /// The user, as it would be once committed; `None` when a step halts.
    pub user: Option<User>,
    /// The association; `None` when the pipeline makes none.
    pub association: Option<Association>,
    /// What would be written; nothing when a step halts.
    pub changes: Changes,
    /// The step that would wait for the client; `None` when all are through.
    pub halted: Option<String>,
}

impl Exchange {
    /// Checks the credential at its provider and runs the pipeline, once.
    ///
    /// Commits nothing: a name or an address may turn out to be taken later.
    ///
    /// # Errors
    /// As [`Exchange::sign_up`], but for those of a commit.
    pub async fn preview(&self, request: SignUp) -> Result<Preview, ExchangeError> {
        let proven = self.prove(&request).await?;
        let running = proven.running((request.caller, None));
        let (identity, current) = (Arc::clone(&running.identity), running.current.clone());
        let partial = CurrentPartial::new(running.backend.name(), self.ids.as_ref());
        let (pipeline, strategy) = self.strategy(&running, &[], &partial)?;
        let ran = pipeline
            .run(&strategy, Arc::clone(&identity), current)
            .await?;
        Ok(match ran {
            Ran::Done(run) => Preview {
                identity,
                user: Some(run.user),
                association: run.social,
                changes: run.changes,
                halted: None,
            },
            Ran::Halted(halted) => Preview {
                identity,
                user: None,
                association: None,
                changes: Changes::default(),
                halted: Some(halted.step),
            },
        })
    }

    /// What claims come to by a provider's definition, names completed and
    /// cleaned; `identity` is the URL that OpenID 2.0 asserts beside them.
    ///
    /// Nobody vouches for it: it signs nobody in.
    ///
    /// # Errors
    /// [`ExchangeError::BackendMissing`], or a [`BackendError`] when the
    /// claims name nobody.
    ///
    /// [`BackendError`]: crate::backends::BackendError
    pub fn draft(
        &self,
        provider: &str,
        claims: (&JsonMap, Option<&str>),
        input: &ClientInput,
    ) -> Result<Mapping, ExchangeError> {
        let missing = ExchangeError::BackendMissing;
        let backend = self.registry.get(provider).ok_or(missing.clone())?;
        let (_, settings) = self.pipelines.get(provider).ok_or(missing)?;
        let mut draft = backend.map_claims(claims, input, self.clock.now())?;
        draft.details = settings.refined(draft.details, backend.completes_names());
        Ok(draft)
    }
}
