//! Asks the person for an e-mail address when the provider gave none.

use async_trait::async_trait;

use crate::model::{Details, UserChanges};
use crate::pipeline::{AuthError, Context, Fields, Halt, Outcome, Step, Strategy, Update};

/// Halts until `email` arrives through `POST /complete/{backend}`.
///
/// What the person types is nobody's proof: it goes on as unverified.
pub(super) struct RequireEmail;

#[async_trait]
impl Step for RequireEmail {
    fn name(&self) -> &'static str {
        "require_email"
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let is_known = |email: &Option<String>| email.as_ref().is_some_and(|it| !it.is_empty());
        let of_user = ctx.user.as_ref().is_some_and(|user| is_known(&user.email));
        if of_user || is_known(&ctx.details.email) {
            return Ok(Outcome::Continue);
        }
        let Some(email) = ctx.input.get("email").and_then(|value| value.as_str()) else {
            return Ok(Halt::for_fields(Fields::email("email")).into());
        };
        // A user who has none keeps it: else each sign-in would ask again.
        let user_changes = ctx.user.as_ref().map(|_user| UserChanges {
            email: Some(Some(email.to_owned())),
            ..UserChanges::default()
        });
        Ok(Update {
            details: Some(Details {
                email: Some(email.to_owned()),
                email_verified: false,
                ..ctx.details.clone()
            }),
            user_changes,
            ..Update::default()
        }
        .into())
    }
}
