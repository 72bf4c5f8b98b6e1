//! What a sign-up would come to, and nothing of it is written.

use std::sync::Arc;

use super::sign_up::Proven;
use super::{Exchange, ExchangeError, SignUp};
use crate::backends::VerifiedIdentity;
use crate::model::{Association, Changes, User};
use crate::pipeline::Run;

/// What a sign-up would come to.
#[derive(Debug)]
pub struct Preview {
    /// The identity that the provider vouched for.
    pub identity: Arc<VerifiedIdentity>,
    /// The user, as it would be once committed.
    pub user: User,
    /// The association; `None` when the pipeline makes none.
    pub association: Option<Association>,
    /// What would be written.
    pub changes: Changes,
}

impl Exchange {
    /// Checks the credential at its provider and runs the pipeline, once.
    ///
    /// Commits nothing: a name or an address may turn out to be taken later.
    ///
    /// # Errors
    /// As [`Exchange::sign_up`], but for those of a commit.
    pub async fn preview(&self, request: SignUp) -> Result<Preview, ExchangeError> {
        let Proven {
            backend,
            identity,
            current,
        } = self.prove(&request).await?;
        let (pipeline, strategy) = self.strategy(backend, &request, &[])?;
        let Run {
            user,
            social,
            changes,
        } = pipeline
            .run(&strategy, Arc::clone(&identity), current)
            .await?;
        Ok(Preview {
            identity,
            user,
            association: social,
            changes,
        })
    }
}
