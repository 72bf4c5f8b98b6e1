//! From a token to its claims: form, key, signature, claims, in this order.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{IdTokenClaims, Issuers, KeySets, KeySource, Latest, Policy, check};
use crate::backends::BackendError;
use crate::crypto::jose::{Jws, SignatureAlgorithm, VerificationKey, VerifiedJws};
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
    /// [`check`]; `Unavailable` when no key is to be had.
    pub async fn verify(
        &self,
        presented: &Presented<'_>,
        keys: &Keys,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<IdTokenClaims, BackendError> {
        let by = (&policy.issuers, policy.algorithms.as_slice());
        let verified = self.signed(presented.id_token, keys, by, now).await?;
        check(verified, policy, presented, self.latest.tell(now))
    }

    /// Fetches a provider's key set before any token needs it, where it has one.
    ///
    /// # Errors
    /// `Unavailable` when the set is not to be had.
    pub async fn prefetch(&self, keys: &Keys, now: DateTime<Utc>) -> Result<(), BackendError> {
        match &keys.set {
            Some(source) => self.key_sets.prefetch(source, now).await,
            None => Ok(()),
        }
    }

    /// A token that one of these issuers signed, of whatever kind: nothing of
    /// it but signature and issuer is checked.
    ///
    /// # Errors
    /// `CredentialRejected` when it is no JWT, `InvalidSignature`,
    /// `InvalidClaim` of `iss` or `tid`; `Unavailable` when no key is to be had.
    pub async fn signed(
        &self,
        token: &str,
        keys: &Keys,
        (issuers, allowed): (&Issuers, &[SignatureAlgorithm]),
        now: DateTime<Utc>,
    ) -> Result<VerifiedJws, BackendError> {
        let token = Jws::parse(token)?;
        // A token that says itself that it is another's is worth no fetch.
        issuers.check_name(token.unverified_claims())?;
        let algorithm = token.algorithm(allowed)?;
        let mut fixed = keys.fixed.iter().filter(|key| key.fits(algorithm));
        let verified = match (fixed.next(), &keys.set) {
            (Some(key), _) => token.verify(key, allowed)?,
            (None, Some(set)) => self.key_sets.verify(set, &token, allowed, now).await?,
            (None, None) => return Err(BackendError::InvalidSignature),
        };
        issuers.check(verified.claims(), verified.key_issuer())?;
        Ok(verified)
    }
}
