//! Brings the user up to date with what the provider says.

use async_trait::async_trait;
use serde_json::Value;

use super::address::{email, proves_email};
use crate::model::{Conflict, Details, USERNAME_MAX_LENGTH, User, UserChanges};
use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Writes the details into the user's fields, protected ones aside.
pub(super) struct UserDetails;

#[async_trait]
impl Step for UserDetails {
    fn name(&self) -> &'static str {
        "user_details"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(user) = &ctx.user else {
            return Ok(Outcome::Continue);
        };
        if strategy.backend()?.info().association_only {
            return Ok(Outcome::Continue);
        }
        let mut changes = UserChanges::default();
        for (detail, value) in known(&ctx.details) {
            let settings = strategy.settings;
            let field = settings.field_mapping.get(&detail).unwrap_or(&detail);
            if value.is_null() || settings.protected.contains(field) {
                continue;
            }
            let current = current(user, field);
            // A further account of somebody signed in adds what is unknown; it
            // does not rename them.
            let keeps = settings.immutable.contains(field) || strategy.associating;
            if current == value || (keeps && is_set(&current)) {
                continue;
            }
            set(&mut changes, field, value, strategy, ctx)?;
        }
        if !changes.touches_profile() {
            return Ok(Outcome::Continue);
        }
        // Who held the account before its address was proven may be another.
        let first_proof = changes.email_verified && !user.email_verified;
        let ends_sessions = first_proof && !ctx.is_new && !strategy.associating;
        Ok(Update {
            user_changes: Some(changes),
            ends_sessions,
            ..Update::default()
        }
        .into())
    }
}

/// The details by their names; null where the provider said nothing.
fn known(details: &Details) -> Vec<(String, Value)> {
    let named = [
        ("username", &details.username),
        ("email", &details.email),
        ("fullname", &details.fullname),
        ("first_name", &details.first_name),
        ("last_name", &details.last_name),
        ("picture", &details.picture),
    ];
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
    named
        .into_iter()
        .map(|(name, value)| (name.to_owned(), text(value)))
        .chain(details.other.clone())
        .collect()
}

fn current(user: &User, field: &str) -> Value {
    let text = match field {
        "username" => &Some(user.username.clone()),
        "email" => &user.email,
        "fullname" => &user.fullname,
        "first_name" => &user.first_name,
        "last_name" => &user.last_name,
        "picture" => &user.picture,
        other => return user.extra.get(other).cloned().unwrap_or(Value::Null),
    };
    // Nothing known and nothing given are the same.
    Value::String(text.clone().unwrap_or_default())
}

fn is_set(value: &Value) -> bool {
    !matches!(value, Value::Null) && value.as_str() != Some("")
}

fn set(
    changes: &mut UserChanges,
    field: &str,
    value: Value,
    strategy: &Strategy<'_>,
    ctx: &Context,
) -> Result<(), AuthError> {
    let text = || {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    match field {
        "username" => changes.username = text().and_then(|name| free_name(strategy, name)),
        "email" => {
            changes.email = Some(email(strategy, text())?);
            changes.email_verified = proves_email(strategy, ctx);
        }
        "fullname" => changes.fullname = Some(text()),
        "first_name" => changes.first_name = Some(text()),
        "last_name" => changes.last_name = Some(text()),
        "picture" => changes.picture = Some(text()),
        other if strategy.settings.is_extra_field(other) => {
            changes.extra.insert(other.to_owned(), value);
        }
        _ => {}
    }
    Ok(())
}

/// A provider's new name for a user, unless it is taken here.
fn free_name(strategy: &Strategy<'_>, name: String) -> Option<String> {
    let taken = strategy.attempt.met(Conflict::Username);
    let fits = name.chars().count() <= USERNAME_MAX_LENGTH;
    (fits && !taken).then_some(name)
}
