//! Collects the associations that are to be disconnected.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Finds the user's associations at the provider, or the one that was named.
/// Another user's is as if it did not exist.
pub(super) struct GetEntries;

#[async_trait]
impl Step for GetEntries {
    fn name(&self) -> &'static str {
        "get_entries"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(user) = &ctx.user else {
            return Err(AuthError::NoUser);
        };
        let provider = Some(ctx.provider.as_str());
        let entries =
            strategy
                .storage
                .get_social_auth_for_user(user.id, provider, ctx.association_id);
        let entries = entries.await?;
        if entries.is_empty() {
            return Err(AuthError::NotAssociated);
        }
        Ok(Update {
            entries: Some(entries),
            ..Update::default()
        }
        .into())
    }
}
