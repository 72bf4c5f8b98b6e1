//! Looks whether the identity is associated already.

use async_trait::async_trait;

use crate::pipeline::legacy::pick;
use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Finds the association and its user; another user's is refused. One that
/// stands under an older uid of the person moves to today's.
pub(super) struct SocialUser;

#[async_trait]
impl Step for SocialUser {
    fn name(&self) -> &'static str {
        "social_user"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let identity = ctx.identity()?;
        let older = identity.legacy_uids().map(str::to_owned);
        let uids: Vec<String> = [ctx.uid.clone()].into_iter().chain(older).collect();
        let found = strategy.storage.get_social_auths(&ctx.provider, &uids);
        let Some((social, user)) = pick(found.await?, strategy, ctx)? else {
            return Ok(Outcome::Continue);
        };
        // Nothing when it stands under today's uid.
        let moved = identity.moved(&social, strategy.now);
        Ok(Update {
            user: ctx.user.is_none().then_some(user),
            social: Some(social),
            moved,
            ..Update::default()
        }
        .into())
    }
}
