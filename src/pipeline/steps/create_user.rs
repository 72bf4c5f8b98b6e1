//! Creates a user for an identity that has none.

use async_trait::async_trait;
use serde_json::Value;

use crate::model::{Conflict, EMAIL_MAX_LENGTH, NewUser};
use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Creates a user with the fields that `USER_FIELDS` names.
pub(super) struct CreateUser;

#[async_trait]
impl Step for CreateUser {
    fn name(&self) -> &'static str {
        "create_user"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.user.is_some() {
            return Ok(Outcome::Continue);
        }
        let fields = &strategy.settings.user_fields;
        if fields.is_empty() {
            return Ok(Outcome::Continue);
        }
        let username = match &ctx.username {
            Some(username) => username.clone(),
            None => strategy.random_hex()?,
        };
        let mut user = NewUser::new(strategy.new_id(), username, strategy.now);
        for field in fields {
            set(&mut user, field, strategy, ctx)?;
        }
        Ok(Update {
            new_user: Some(user),
            ..Update::default()
        }
        .into())
    }
}

fn set(
    user: &mut NewUser,
    field: &str,
    strategy: &Strategy<'_>,
    ctx: &Context,
) -> Result<(), AuthError> {
    let details = &ctx.details;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    match field {
        "username" => {}
        "email" => {
            user.email = email(strategy, given(&details.email))?;
            user.email_verified = user.email.is_some() && proves_email(strategy, ctx);
        }
        "fullname" => user.fullname = given(&details.fullname),
        "first_name" => user.first_name = given(&details.first_name),
        "last_name" => user.last_name = given(&details.last_name),
        "picture" => user.picture = given(&details.picture),
        other => {
            let value = ctx.extra.get(other).or_else(|| details.other.get(other));
            if let Some(value) = value.filter(|value| **value != Value::Null) {
                user.extra.insert(other.to_owned(), value.clone());
            }
        }
    }
    Ok(())
}

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

/// Whether this sign-in proves the address for this user: the provider says
/// so and the credential is bound to us, or the person proved it to us; and
/// nobody proved it before.
pub(super) fn proves_email(strategy: &Strategy<'_>, ctx: &Context) -> bool {
    let is_bound = |ctx: &Context| ctx.identity().is_ok_and(|one| one.client_id().is_some());
    let email = ctx.details.email.as_deref().unwrap_or_default();
    (strategy.inputs.is_confirmed(email) || ctx.details.email_verified && is_bound(ctx))
        && !strategy.attempt.met(Conflict::VerifiedEmail)
}
