//! Proposes a username.

use async_trait::async_trait;

use crate::model::Conflict;
use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Proposes the provider's name, and one with random digits once that name
/// turned out to be taken: the database decides, so nothing is asked first.
pub(super) struct GetUsername;

#[async_trait]
impl Step for GetUsername {
    fn name(&self) -> &'static str {
        "get_username"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let settings = strategy.settings;
        if !settings.user_fields.iter().any(|field| field == "username") {
            return Ok(Outcome::Continue);
        }
        let username = match &ctx.user {
            Some(user) => user.username.clone(),
            None => propose(strategy, ctx)?,
        };
        Ok(Update {
            username: Some(username),
            ..Update::default()
        }
        .into())
    }
}

fn propose(strategy: &Strategy<'_>, ctx: &Context) -> Result<String, AuthError> {
    let rules = &strategy.settings.username;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let email = given(&ctx.details.email).filter(|_| rules.is_full_email);
    let proposed = match email.or_else(|| given(&ctx.details.username)) {
        Some(proposed) => proposed,
        None => strategy.random_hex()?,
    };
    let plain = rules.plain(&proposed);
    match plain.filter(|_| !strategy.attempt.met(Conflict::Username)) {
        Some(plain) => Ok(plain),
        None => Ok(rules.with_suffix(&proposed, &strategy.random_hex()?)),
    }
}
