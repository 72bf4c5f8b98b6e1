//! Keeps people from locking themselves out.

use async_trait::async_trait;

use crate::model::Guard;
use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Refuses to take away the last way to sign in.
///
/// Only backends that are configured count, and a usable password, also one
/// that a step before set. The same is asked
/// again under the commit's lock: of two that go at once, one stays.
pub(super) struct AllowedToDisconnect;

#[async_trait]
impl Step for AllowedToDisconnect {
    fn name(&self) -> &'static str {
        "allowed_to_disconnect"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(user) = &ctx.user else {
            return Err(AuthError::NoUser);
        };
        let usable = strategy.sign_in_backends;
        let left = strategy.storage.allowed_to_disconnect(
            user.id,
            &ctx.provider,
            ctx.association_id,
            usable,
        );
        // A step before may have given the user a password.
        if !user.has_usable_password() && !left.await? {
            return Err(AuthError::DisconnectDisallowed);
        }
        Ok(Update {
            guard: Some(Guard::KeepsALogin {
                user_id: user.id,
                providers: usable.to_vec(),
            }),
            ..Update::default()
        }
        .into())
    }
}
