//! The key sets of providers, kept, and the tokens that are verified by them.
//!
//! A set is good for an hour without a look; then the next token that needs it
//! has it fetched in the background, and nobody waits. A key that a set lacks
//! has it fetched at most once a minute, whatever number of tokens name keys
//! that nobody has; tokens of known keys are verified meanwhile. While the
//! provider is down its last set serves, for a day.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, HeaderValue};

use super::BackendError;
use super::documents::DocumentCache;
use crate::crypto::jose::{JoseError, Jwks, JwksError, Jws, SignatureAlgorithm, VerifiedJws};
use crate::http::{Body, HttpClient, HttpError, MAX_BODY_LENGTH, Method, Request, Url};

/// Where a provider's key set stands, and how it may be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySource {
    /// The URL of the JWK Set: from a definition, or from discovery.
    pub url: Url,
    /// Time that a fetch may take.
    pub timeout: Duration,
    /// It may stand at a private address.
    pub allow_private: bool,
}

/// Key sets by their URLs. A copy shares them.
#[derive(Clone)]
pub struct KeySets {
    http: HttpClient,
    sets: Arc<DocumentCache<Jwks>>,
}

/// Why a set cannot be used. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
enum SetFault {
    #[error(transparent)]
    NotFetched(#[from] HttpError),
    #[error("the provider answered with status {0}")]
    Status(u16),
    #[error(transparent)]
    Unusable(#[from] JwksError),
}

impl std::fmt::Debug for KeySets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySets").finish_non_exhaustive()
    }
}

impl KeySets {
    /// No set yet: each is fetched when a token first needs it.
    pub fn new(http: &HttpClient) -> Self {
        Self {
            http: http.clone(),
            sets: Arc::default(),
        }
    }

    /// Verifies a token's signature by the provider's keys.
    ///
    /// # Errors
    /// `Unavailable` when the set may have the key and cannot be fetched;
    /// `InvalidSignature` when the token is none of the provider's.
    pub async fn verify(
        &self,
        source: &KeySource,
        token: &Jws<'_>,
        allowed: &[SignatureAlgorithm],
        now: DateTime<Utc>,
    ) -> Result<VerifiedJws, BackendError> {
        // What no set could make good is not worth a fetch.
        token.algorithm(allowed)?;
        let url = source.url.as_str();
        let set = self.sets.get(url, now, self.fetch(source)).await?;
        let fault = match set.verify(token, allowed) {
            Ok(verified) => return Ok(verified),
            Err(fault) => fault,
        };
        // A token without `kid` cannot say that its key is a new one.
        let nameless = fault == JoseError::WrongSignature && token.kid().is_none();
        if fault != JoseError::UnknownKey && !nameless {
            return Err(fault.into());
        }
        let newer = self.sets.newer(url, now, &set, self.fetch(source)).await?;
        Ok(newer.verify(token, allowed)?)
    }

    /// Fetches a set that is not there yet, before any token needs it.
    ///
    /// # Errors
    /// `Unavailable` when it is not to be had; that is not remembered.
    pub async fn prefetch(
        &self,
        source: &KeySource,
        now: DateTime<Utc>,
    ) -> Result<(), BackendError> {
        let (url, fetch) = (source.url.as_str(), self.fetch(source));
        let fetched = self.sets.prefetch(url, now, fetch).await;
        fetched.map(|_set| ())
    }

    fn fetch(
        &self,
        source: &KeySource,
    ) -> impl Future<Output = Result<Jwks, BackendError>> + Send + 'static {
        let (http, source) = (self.http.clone(), source.clone());
        async move {
            fetch(&http, &source).await.map_err(|fault| {
                let host = source.url.host_str().unwrap_or_default();
                tracing::warn!(host, reason = %fault, "a key set cannot be used");
                // Nothing here is about the credential.
                BackendError::Unavailable
            })
        }
    }
}

async fn fetch(http: &HttpClient, source: &KeySource) -> Result<Jwks, SetFault> {
    let accept = HeaderValue::from_static("application/json, application/jwk-set+json");
    let request = Request {
        method: Method::GET,
        url: source.url.clone(),
        headers: vec![(ACCEPT, accept)],
        body: Body::Empty,
        timeout: source.timeout,
        allow_private: source.allow_private,
        longest_answer: MAX_BODY_LENGTH,
    };
    let answer = http.send(request).await?;
    if answer.status != 200 {
        return Err(SetFault::Status(answer.status));
    }
    Ok(Jwks::parse(&answer.body)?)
}

#[cfg(test)]
mod tests;
