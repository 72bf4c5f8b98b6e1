//! Creates a user for an identity that has none.

use async_trait::async_trait;
use serde_json::Value;

use super::address::{email, proves_email, sign_in_with};
use crate::model::NewUser;
use crate::pipeline::proof::has_proven;
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
        refuse_conflict(strategy, ctx).await?;
        let username = match &ctx.username {
            Some(username) => username.clone(),
            None => strategy.random_hex()?,
        };
        let id = strategy.inputs.new_user_id(strategy.ids);
        let mut user = NewUser::new(id, username, strategy.now);
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

/// Where the operator wants one user an address, a new person with a known one
/// is told to sign in to that account; whose it is, only if they proved it.
async fn refuse_conflict(strategy: &Strategy<'_>, ctx: &Context) -> Result<(), AuthError> {
    let email = ctx.details.email.as_deref().unwrap_or_default();
    if !strategy.settings.refuses_email_conflict || email.is_empty() {
        return Ok(());
    }
    let holders = strategy.storage.get_users_by_email(email).await?;
    if holders.is_empty() {
        return Ok(());
    }
    let sign_in_with = if has_proven(strategy, ctx) {
        sign_in_with(strategy, &holders).await?
    } else {
        Vec::new()
    };
    Err(AuthError::EmailInUse { sign_in_with })
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
