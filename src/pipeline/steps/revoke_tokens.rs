//! Gives a provider's tokens back when an account is disconnected.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Has the entries' tokens given back, where `REVOKE_TOKENS_ON_DISCONNECT`
/// says so. It is done after the commit, so that a provider that is down keeps
/// nobody from disconnecting.
pub(super) struct RevokeTokens;

#[async_trait]
impl Step for RevokeTokens {
    fn name(&self) -> &'static str {
        "revoke_tokens"
    }

    async fn run(&self, strategy: &Strategy<'_>, _: &Context) -> Result<Outcome, AuthError> {
        Ok(Update {
            revokes: strategy.settings.revokes_tokens,
            ..Update::default()
        }
        .into())
    }
}
