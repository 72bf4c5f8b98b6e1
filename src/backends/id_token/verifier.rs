//! From a token to its claims: form, key, signature, claims, in this order.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{IdTokenClaims, KeySets, KeySource, Latest, Policy, check};
use crate::backends::BackendError;
use crate::crypto::jose::{Jws, VerificationKey};
use crate::http::HttpClient;

/// Verifies ID tokens, of every provider. A copy shares keys and time.
#[derive(Debug, Clone)]
pub struct IdTokenVerifier {
    key_sets: KeySets,
    latest: Arc<Latest>,
}

/// What a provider's tokens are signed with.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Keys that are configured: a PEM, or a client secret for HS256. They come
    /// first; their algorithms are never looked for in the set.
    pub fixed: Vec<VerificationKey>,
    /// The provider's key set; `None` when the fixed ones are all.
    pub set: Option<KeySource>,
}

/// A token, and what its bearer says belongs to it.
#[derive(Clone, Copy)]
pub struct Presented<'p> {
    /// The token.
    pub id_token: &'p str,
    /// The nonce that it was asked for with; `None` when with none.
    pub nonce: Option<&'p str>,
    /// The access token that was issued with it; `None` when there is none.
    pub access_token: Option<&'p str>,
}

// All three are secrets.
impl std::fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presented").finish_non_exhaustive()
    }
}

impl IdTokenVerifier {
    /// A verifier that fetches key sets with this client.
    pub fn new(http: &HttpClient) -> Self {
        Self {
            key_sets: KeySets::new(http),
            latest: Arc::default(),
        }
    }

    /// The claims of a token that is good for a sign-in.
    ///
    /// That it is used once is the caller's to see to, by its digest.
    ///
    /// # Errors
    /// `CredentialRejected` when it is no JWT, `InvalidSignature`, those of
    /// [`check`](super::check); `Unavailable` when no key is to be had.
    pub async fn verify(
        &self,
        presented: &Presented<'_>,
        keys: &Keys,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<IdTokenClaims, BackendError> {
        let token = Jws::parse(presented.id_token)?;
        // A token that says itself that it is another's is worth no fetch.
        policy.issuers.check_name(token.unverified_claims())?;
        let algorithm = token.algorithm(&policy.algorithms)?;
        let mut fixed = keys.fixed.iter().filter(|key| key.fits(algorithm));
        let verified = match (fixed.next(), &keys.set) {
            (Some(key), _) => token.verify(key, &policy.algorithms)?,
            (None, Some(set)) => {
                let allowed = &policy.algorithms;
                self.key_sets.verify(set, &token, allowed, now).await?
            }
            (None, None) => return Err(BackendError::InvalidSignature),
        };
        // Only now nobody else holds the claims.
        drop(token);
        check(verified, policy, presented, self.latest.tell(now))
    }
}
