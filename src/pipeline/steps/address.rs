//! An address: taken as it is, proven, and whose it is already.

use crate::model::{Conflict, EMAIL_MAX_LENGTH, User};
use crate::pipeline::proof::has_proven;
use crate::pipeline::{AuthError, Context, Strategy};

/// An address that is too long is refused, never cut.
pub(super) fn email(
    strategy: &Strategy<'_>,
    email: Option<String>,
) -> Result<Option<String>, AuthError> {
    let Some(email) = email else { return Ok(None) };
    if email.chars().count() > EMAIL_MAX_LENGTH {
        return Err(AuthError::InvalidClaim {
            claim: "email".to_owned(),
        });
    }
    if strategy.settings.force_email_lowercase {
        return Ok(Some(email.to_lowercase()));
    }
    Ok(Some(email))
}

/// Whether this sign-in proves the address for this user: the person has
/// proven it, and nobody did before.
pub(super) fn proves_email(strategy: &Strategy<'_>, ctx: &Context) -> bool {
    has_proven(strategy, ctx) && !strategy.attempt.met(Conflict::VerifiedEmail)
}

/// The backends that these users sign in with, each once; of users alone whose
/// address is proven: of others it may be a stranger's word.
pub(super) async fn sign_in_with(
    strategy: &Strategy<'_>,
    users: &[User],
) -> Result<Vec<String>, AuthError> {
    let mut backends = Vec::new();
    for user in users.iter().filter(|user| user.email_verified) {
        let accounts = strategy
            .storage
            .get_social_auth_for_user(user.id, None, None);
        backends.extend(accounts.await?.into_iter().map(|account| account.provider));
    }
    backends.sort_unstable();
    backends.dedup();
    Ok(backends)
}
