//! Whose an association under an older uid is: the rule, and nothing else.
//!
//! `docs/providers.md` tells it under "Moving to a stable uid".

use serde_json::Value;
use uuid::Uuid;

use super::{AuthError, Context, Strategy};
use crate::model::Association;
use crate::storage::SocialUser;

/// What the provider's answers as they are stored tell of a row's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// The row holds today's uid.
    Agrees,
    /// The row holds another uid.
    Contradicts,
    /// The row holds none.
    Missing,
}

/// Picks the association that is the person's out of all that stand under
/// today's uid and the older ones; `None` when there is none.
///
/// # Errors
/// `IdentityInUse` when the caller is another user,
/// `IdentifierMigrationConflict` when it cannot be told whose a row is.
pub(super) fn pick(
    found: Vec<SocialUser>,
    strategy: &Strategy<'_>,
    ctx: &Context,
) -> Result<Option<SocialUser>, AuthError> {
    let caller = ctx.user.as_ref().map(|user| user.id);
    let is_of_another = |user_id: Uuid| caller.is_some_and(|caller| caller != user_id);
    let (mut stable, older): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|(social, _)| social.uid == ctx.uid);
    if let Some((social, user)) = stable.pop() {
        if is_of_another(user.id) {
            return Err(AuthError::IdentityInUse);
        }
        let contested = older.iter().any(|(one, owner)| {
            owner.id != user.id && evidence(one, strategy, ctx) != Evidence::Contradicts
        });
        if contested {
            return Err(AuthError::IdentifierMigrationConflict);
        }
        return Ok(Some((social, user)));
    }
    if older.iter().any(|(_, owner)| is_of_another(owner.id)) {
        return Err(AuthError::IdentityInUse);
    }
    let mut older = older.into_iter();
    match (older.next(), older.next()) {
        (None, _) => Ok(None),
        (Some(row), None) if may_move(&row, strategy, ctx) => Ok(Some(row)),
        _ => Err(AuthError::IdentifierMigrationConflict),
    }
}

/// Whether a row under an older uid is the person's beyond doubt.
fn may_move((social, owner): &SocialUser, strategy: &Strategy<'_>, ctx: &Context) -> bool {
    match evidence(social, strategy, ctx) {
        Evidence::Agrees => true,
        Evidence::Contradicts => false,
        // Its owner is signed in and asks for it.
        Evidence::Missing if ctx.user.as_ref().is_some_and(|user| user.id == owner.id) => true,
        Evidence::Missing => strategy.settings.moves_unverified.unwrap_or_else(|| {
            ctx.identity()
                .is_ok_and(|identity| identity.is_verified_address(&social.uid))
        }),
    }
}

/// All that is there must agree: one that does not is another person's.
fn evidence(social: &Association, strategy: &Strategy<'_>, ctx: &Context) -> Evidence {
    let backend = strategy.configured_backend;
    let keys = backend.map_or(&[][..], |backend| backend.stored_uid_keys());
    let keys = keys.iter();
    let mut stored = keys.filter_map(|key| social.extra_data.get(key)).peekable();
    if stored.peek().is_none() {
        Evidence::Missing
    } else if stored.all(|value| is_uid(value, &ctx.uid)) {
        Evidence::Agrees
    } else {
        Evidence::Contradicts
    }
}

fn is_uid(stored: &Value, uid: &str) -> bool {
    match stored {
        Value::String(text) => text == uid,
        Value::Number(number) => number.to_string() == uid,
        _ => false,
    }
}
