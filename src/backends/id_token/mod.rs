//! ID tokens: whether one was made by the provider, for our app, just now.
//!
//! [`IdTokenVerifier`] is the one way from a token to its claims, for every
//! provider; what differs between providers stands in a [`Policy`]. Anything
//! that is missing, of another type or unclear is a refusal.

mod audience;
mod issuers;
mod latest;
mod policy;
mod proofs;
mod times;
mod verifier;

use serde_json::Value as Json;

pub use super::jwks::{KeySets, KeySource};
pub(in crate::backends) use issuers::TENANT;
pub use issuers::{Issuers, Tenants};
pub use latest::Latest;
pub use policy::{AtHash, DEFAULT_MAX_AGE, NonceRule, Policy};
pub use verifier::{IdTokenVerifier, Keys, Presented};

use chrono::{DateTime, Utc};

use super::BackendError;
use crate::crypto::jose::VerifiedJws;
use crate::model::JsonMap;

/// Longest subject, in characters; OpenID Connect allows no longer one.
const MAX_SUBJECT_LENGTH: usize = 255;

/// The claims of an ID token that is good for a sign-in.
#[derive(Clone)]
pub struct IdTokenClaims {
    /// All claims as the provider wrote them.
    pub claims: JsonMap,
    /// The same for each copy of this token: SHA-256 of what is signed.
    pub digest: [u8; 32],
    /// When no clock accepts the token any more: its `exp` and the leeway.
    pub expires: DateTime<Utc>,
}

// Claims hold people's names.
impl std::fmt::Debug for IdTokenClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdTokenClaims").finish_non_exhaustive()
    }
}

/// Holds a verified token against what we expect of it.
///
/// `now` is in seconds since 1970. Checks whom it is for before what it is
/// worth, so that a stranger's token never says more than that.
///
/// # Errors
/// `InvalidClaim` names the claim; `Expired`, `NotYetValid`, `NonceMismatch`.
pub fn check(
    token: VerifiedJws,
    policy: &Policy,
    presented: &Presented<'_>,
    now: i64,
) -> Result<IdTokenClaims, BackendError> {
    let claims = token.claims();
    policy.check_type(&token)?;
    policy.issuers.check(claims, token.key_issuer())?;
    audience::check(claims, policy)?;
    policy.check_required(claims)?;
    let expires = times::check(claims, policy.max_age, now)?;
    check_subject(claims)?;
    policy.nonce.check(claims, presented.nonce)?;
    proofs::check_at_hash(&token, policy.at_hash, presented.access_token)?;
    Ok(IdTokenClaims {
        digest: token.digest(),
        claims: token.into_claims(),
        expires,
    })
}

fn check_subject(claims: &JsonMap) -> Result<(), BackendError> {
    let subject = claims.get("sub").and_then(Json::as_str);
    let good = subject.is_some_and(|subject| {
        !subject.is_empty()
            && subject.chars().count() <= MAX_SUBJECT_LENGTH
            && !subject.chars().any(char::is_control)
    });
    if good { Ok(()) } else { Err(invalid("sub")) }
}

fn invalid(claim: &str) -> BackendError {
    BackendError::InvalidClaim {
        claim: claim.to_owned(),
    }
}

#[cfg(test)]
mod tests;
