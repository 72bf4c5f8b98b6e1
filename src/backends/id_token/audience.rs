//! Whom an ID token is for: `aud` and `azp`.

use serde_json::Value as Json;

use super::{Policy, invalid};
use crate::backends::BackendError;
use crate::model::JsonMap;

/// Holds `aud` and `azp` against our client ids, byte for byte.
///
/// With several audiences the token must have been issued to us (`azp`), and
/// none of the others may be a stranger: whoever it is for can replay it.
///
/// # Errors
/// `InvalidClaim` of `aud` or `azp`.
pub(super) fn check(claims: &JsonMap, policy: &Policy) -> Result<(), BackendError> {
    let is_ours = |id: &str| !id.is_empty() && policy.audiences.iter().any(|ours| ours == id);
    let is_trusted = |id: &str| policy.trusted_audiences.iter().any(|other| other == id);
    let audiences = audiences(claims).ok_or_else(|| invalid("aud"))?;
    let for_us = audiences.iter().any(|id| is_ours(id));
    if !for_us || !audiences.iter().all(|id| is_ours(id) || is_trusted(id)) {
        return Err(invalid("aud"));
    }
    match claims.get("azp") {
        Some(Json::String(party)) if is_ours(party) => Ok(()),
        None if audiences.len() == 1 => Ok(()),
        _ => Err(invalid("azp")),
    }
}

/// All audiences; `None` when the claim is missing or of another form.
fn audiences(claims: &JsonMap) -> Option<Vec<&str>> {
    match claims.get("aud")? {
        Json::String(one) => Some(vec![one]),
        Json::Array(several) => several.iter().map(Json::as_str).collect(),
        _ => None,
    }
}
