//! Signs a new identity in to the account that has its address.

use async_trait::async_trait;

use super::address::sign_in_with;
use crate::model::{Association, email_key};
use crate::pipeline::proof::vouches;
use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Finds the one user whose proven address this person has proven as well.
///
/// Both sides must be proven: the provider is trusted for addresses
/// (`TRUST_EMAIL`) and calls this one verified, or the person confirmed it by
/// mail; and the account's own address is verified. Older sessions of the
/// account end, and those of its associations go by which the address was never
/// proven: whoever made them may have had the account before the person came.
/// Where an address is proven and the account cannot be told to be the same
/// person's, nobody is signed in.
pub(super) struct AssociateByEmail;

#[async_trait]
impl Step for AssociateByEmail {
    fn name(&self) -> &'static str {
        "associate_by_email"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let email = ctx.details.email.as_deref().unwrap_or_default();
        if ctx.user.is_some() || email.is_empty() || !vouches(strategy, ctx) {
            return Ok(Outcome::Continue);
        }
        let mut holders = strategy.storage.get_users_by_email(email).await?;
        let Some(user) = holders.pop() else {
            return Ok(Outcome::Continue);
        };
        let known = (strategy.storage).get_social_auth_for_user(user.id, None, None);
        let known = known.await?;
        // An address changed hands there, or was given to somebody else.
        let has_another = known.iter().any(|one| one.provider == ctx.provider);
        if !holders.is_empty() || !user.email_verified || has_another {
            holders.push(user);
            let sign_in_with = sign_in_with(strategy, &holders).await?;
            return Err(AuthError::EmailInUse { sign_in_with });
        }
        let proven = email_key(email);
        let vouches = |one: &Association| one.proven_email_key.as_ref() == Some(&proven);
        let strangers: Vec<_> = known.into_iter().filter(|one| !vouches(one)).collect();
        Ok(Update {
            user: Some(user),
            ends_sessions: true,
            disconnects: !strangers.is_empty(),
            entries: (!strangers.is_empty()).then_some(strangers),
            ..Update::default()
        }
        .into())
    }
}
