//! Shows what is known at a point of the pipeline.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy};

/// Writes what is known to the log, at level debug: names, and no token.
pub(super) struct Debug;

#[async_trait]
impl Step for Debug {
    fn name(&self) -> &'static str {
        "debug"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let known = ctx.details.known_names();
        tracing::debug!(
            provider = ctx.provider,
            user = ?ctx.user.as_ref().map(|user| user.id),
            social = ?ctx.social.as_ref().map(|social| social.id),
            is_new = ctx.is_new,
            new_association = ctx.new_association,
            details = ?known,
            input = ?ctx.input.keys().collect::<Vec<_>>(),
            extra = ?ctx.extra.keys().collect::<Vec<_>>(),
            conflicts = ?strategy.attempt.conflicts,
            "the pipeline so far"
        );
        Ok(Outcome::Continue)
    }
}
