//! Has a new person prove by a mail that the address is theirs.

use async_trait::async_trait;

use crate::model::{Conflict, Details, UserChanges, email_key};
use crate::pipeline::fields::is_email;
use crate::pipeline::{AuthError, Context, Halt, Outcome, Step, Strategy, Update};

/// Halts until the address was proven by the code of a mail.
///
/// With `FORCE_EMAIL_VALIDATION` new people have to, whatever the provider
/// says of their address; with `PASSWORDLESS` known ones too, each time.
pub(super) struct MailValidation;

#[async_trait]
impl Step for MailValidation {
    fn name(&self) -> &'static str {
        "mail_validation"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let settings = strategy.settings;
        let is_new = ctx.user.is_none() || ctx.is_new;
        let email = ctx.details.email.as_deref().unwrap_or_default();
        if !settings.validates_email || email.is_empty() || !(is_new || settings.passwordless) {
            return Ok(Outcome::Continue);
        }
        // Who mails to it must not be made to mail to others as well.
        if !is_email(email) {
            return Err(AuthError::InvalidClaim {
                claim: "email".to_owned(),
            });
        }
        if strategy.inputs.is_confirmed(email) {
            return Ok(proven(strategy, ctx, email).into());
        }
        let halt = Halt {
            open: settings.email_validation_url.clone(),
            ..Halt::until_proven(email.to_owned())?
        };
        Ok(halt.into())
    }
}

/// The address is the person's. A user who has it unproven has it proven now;
/// who held the account before may be another, so its older sessions end.
fn proven(strategy: &Strategy<'_>, ctx: &Context, email: &str) -> Update {
    let details = Details {
        email_verified: true,
        ..ctx.details.clone()
    };
    let is_theirs = |of_user: &Option<String>| {
        let key = of_user.as_deref().map(email_key);
        key == Some(email_key(email))
    };
    let taken = strategy.attempt.met(Conflict::VerifiedEmail);
    let user = ctx.user.as_ref().filter(|user| !user.email_verified);
    let user = user.filter(|user| is_theirs(&user.email) && !taken);
    Update {
        details: Some(details),
        user_changes: user.map(|user| UserChanges {
            email: Some(user.email.clone()),
            email_verified: true,
            ..UserChanges::default()
        }),
        ends_sessions: user.is_some() && !ctx.is_new && !strategy.associating,
        ..Update::default()
    }
}
