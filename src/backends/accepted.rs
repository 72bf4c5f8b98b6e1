//! Which kinds of credentials a definition's backend takes.

use super::definition::{Definition, Protocol};
use super::redirect_uris::RedirectUris;
use super::{AcceptUnbound, oauth1_legs};
use crate::model::CredentialKind;

/// All kinds, in the order in which a client should prefer them.
///
/// `checked` says whether the settings tell who signs ID tokens, and access
/// tokens that bind themselves.
pub(super) fn accepted(
    definition: &Definition,
    policy: AcceptUnbound,
    checked: (bool, bool),
) -> Vec<CredentialKind> {
    let known = definition.id_token.is_some() && checked.0;
    let id_token = known.then_some(CredentialKind::IdToken);
    let raw = raw_token(definition).filter(|_kind| is_bound(definition, policy, checked.1));
    let payload = definition.payload.as_ref().map(|_| CredentialKind::Payload);
    let openid = (definition.protocol == Protocol::OpenId2).then_some(CredentialKind::OpenId);
    let given = id_token.into_iter().chain(raw);
    given.chain(openid).chain(payload).collect()
}

/// The kind of raw token that the definition's calls are made with; `None`
/// when none is.
pub(super) fn raw_token(definition: &Definition) -> Option<CredentialKind> {
    if !definition.asks() {
        return None;
    }
    match definition.protocol {
        Protocol::OAuth1 => Some(CredentialKind::OAuth1),
        Protocol::OAuth2 | Protocol::Oidc => Some(CredentialKind::AccessToken),
        Protocol::OpenId2 | Protocol::Payload => None,
    }
}

/// Whether a raw token is bound to an app of ours, or taken without; `signed`
/// says whether it is known who signs those that bind themselves.
pub(super) fn is_bound(definition: &Definition, policy: AcceptUnbound, signed: bool) -> bool {
    let binding = &definition.binding;
    let binds = binding.binds() && (signed || binding.signed.is_none());
    binds || policy.takes_unbound(binding.kind)
}

/// What is taken with these settings.
pub(super) fn accepts(
    definition: &Definition,
    policy: AcceptUnbound,
    (checked, redirect_uris): ((bool, bool), &RedirectUris),
) -> Vec<CredentialKind> {
    let mut kinds = accepted(definition, policy, checked);
    if definition.exchange.is_some() && !redirect_uris.is_empty() {
        kinds.push(CredentialKind::Code);
    }
    if oauth1_legs::are_known(definition) && !redirect_uris.is_empty() {
        kinds.push(CredentialKind::OAuth1Verifier);
    }
    kinds
}
