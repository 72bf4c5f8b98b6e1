//! Associates the identity with the user.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Makes the association, when there is a user and none yet.
pub(super) struct AssociateUser;

#[async_trait]
impl Step for AssociateUser {
    fn name(&self) -> &'static str {
        "associate_user"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let (Some(user), None) = (&ctx.user, &ctx.social) else {
            return Ok(Outcome::Continue);
        };
        let identity = ctx.identity()?;
        let association = identity.association(strategy.new_id(), user.id, strategy.now);
        Ok(Update {
            new_association: Some(association),
            ..Update::default()
        }
        .into())
    }
}
