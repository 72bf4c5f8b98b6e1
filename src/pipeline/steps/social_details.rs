//! Takes the person's details from the verified identity.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Sets `details` to what the provider says of the person.
pub(super) struct SocialDetails;

#[async_trait]
impl Step for SocialDetails {
    fn name(&self) -> &'static str {
        "social_details"
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        Ok(Update {
            details: Some(ctx.identity()?.details().clone()),
            ..Update::default()
        }
        .into())
    }
}
