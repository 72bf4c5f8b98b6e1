//! Looks whether the identity is associated already.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Finds the association and its user; another user's is refused.
pub(super) struct SocialUser;

#[async_trait]
impl Step for SocialUser {
    fn name(&self) -> &'static str {
        "social_user"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let found = strategy
            .storage
            .get_social_auth(&ctx.provider, &ctx.uid)
            .await?;
        let Some((social, user)) = found else {
            return Ok(Outcome::Continue);
        };
        if ctx
            .user
            .as_ref()
            .is_some_and(|current| current.id != user.id)
        {
            return Err(AuthError::IdentityInUse);
        }
        Ok(Update {
            user: ctx.user.is_none().then_some(user),
            social: Some(social),
            ..Update::default()
        }
        .into())
    }
}
