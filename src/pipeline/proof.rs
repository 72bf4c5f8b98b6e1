//! Whose an address is: what a run proves of it, and what is kept of that.

use super::{Context, Strategy};
use crate::model::{AssociationChanges, Changes, EMAIL_MAX_LENGTH, ExtraData, email_key};

/// Whether the address is the person's: the provider says so and the
/// credential is bound to us, or they proved it to us.
pub(super) fn has_proven(strategy: &Strategy<'_>, ctx: &Context) -> bool {
    let is_bound = |ctx: &Context| ctx.identity().is_ok_and(|one| one.client_id().is_some());
    let email = ctx.details.email.as_deref().unwrap_or_default();
    strategy.inputs.is_confirmed(email) || ctx.details.email_verified && is_bound(ctx)
}

/// Whether that leads to an account which has the address, and is kept for when
/// another does: the provider is trusted for addresses as well.
pub(super) fn vouches(strategy: &Strategy<'_>, ctx: &Context) -> bool {
    let email = ctx.details.email.as_deref().unwrap_or_default();
    let trusted = strategy.settings.trusts_email && has_proven(strategy, ctx);
    trusted || strategy.inputs.is_confirmed(email)
}

/// Keeps with the association of this run which address was proven by it. One
/// that proves none keeps the address of before.
pub(super) fn note(strategy: &Strategy<'_>, ctx: &Context, changes: &mut Changes) {
    let email = ctx.details.email.as_deref().unwrap_or_default();
    let can_be_kept = email.chars().count() <= EMAIL_MAX_LENGTH && !email.contains('\0');
    if email.is_empty() || !can_be_kept || !vouches(strategy, ctx) {
        return;
    }
    let key = email_key(email);
    if let Some(new_association) = &mut changes.new_association {
        new_association.prove_email(key);
        return;
    }
    let Some(social) = &ctx.social else { return };
    if social.proven_email_key.as_ref() != Some(&key) {
        let nothing_else = || AssociationChanges::of(social, ExtraData::new(), strategy.now);
        let association = changes.association.get_or_insert_with(nothing_else);
        association.proven_email_key = Some(key);
    }
}
