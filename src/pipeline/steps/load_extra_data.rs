//! Keeps tokens and profile values with the association.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Fills the association's extra data from the provider's answer.
pub(super) struct LoadExtraData;

#[async_trait]
impl Step for LoadExtraData {
    fn name(&self) -> &'static str {
        "load_extra_data"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.social.is_none() {
            return Ok(Outcome::Continue);
        }
        let extra_data =
            strategy
                .backend()?
                .extra_data(ctx.identity()?, &ctx.details, strategy.now);
        Ok(Update {
            extra_data: Some(extra_data),
            ..Update::default()
        }
        .into())
    }
}
