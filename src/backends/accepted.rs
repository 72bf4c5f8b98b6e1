//! Which kinds of credentials a definition's backend takes.

use super::AcceptUnbound;
use super::definition::{Definition, Protocol};
use crate::model::CredentialKind;

/// All kinds, in the order in which a client should prefer them.
pub(super) fn accepted(definition: &Definition, policy: AcceptUnbound) -> Vec<CredentialKind> {
    let raw = raw_token(definition).filter(|_kind| is_bound(definition, policy));
    let payload = definition.payload.as_ref().map(|_| CredentialKind::Payload);
    let openid = (definition.protocol == Protocol::OpenId2).then_some(CredentialKind::OpenId);
    raw.into_iter().chain(openid).chain(payload).collect()
}

/// The kind of raw token that the definition's calls are made with; `None`
/// when none is.
pub(super) fn raw_token(definition: &Definition) -> Option<CredentialKind> {
    if definition.calls.is_empty() {
        return None;
    }
    match definition.protocol {
        Protocol::OAuth1 => Some(CredentialKind::OAuth1),
        Protocol::OAuth2 | Protocol::Oidc => Some(CredentialKind::AccessToken),
        Protocol::OpenId2 | Protocol::Payload => None,
    }
}

/// Whether a raw token is bound to an app of ours, or taken without.
pub(super) fn is_bound(definition: &Definition, policy: AcceptUnbound) -> bool {
    let binding = &definition.binding;
    binding.binds() || policy.takes_unbound(binding.kind)
}
