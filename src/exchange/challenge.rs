//! A nonce and a `state` of ours, for the sign-in that an app is about to begin.
//!
//! Both are sealed texts that carry what they are held to, so nothing is stored
//! until one is used, and any instance takes what another gave. What proves
//! that the sign-in was begun by who ends it is the PKCE verifier: it never
//! leaves the app, and the `state` holds its digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Exchange, ExchangeError};
use crate::backends::{Backend, BackendError};
use crate::crypto::one_use;
use crate::model::{Credential, UsedMark};

/// Seconds for which a challenge can be used.
const LIFETIME: i64 = 600;
/// Seconds for which a used one is remembered longer: clocks differ.
const CLOCK_SKEW: i64 = 60;
/// What all of them are bound to, beside their kind and provider.
const CHALLENGE: &str = "challenge";
const NONCE: &str = "nonce";
const STATE: &str = "state";
/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// What an app puts into the request that it sends a person off with.
pub struct Challenge {
    /// For `nonce`, where the provider takes it as it is.
    pub nonce: SecretString,
    /// The same for those that want its SHA-256, in hexadecimal digits.
    pub nonce_sha256: String,
    /// For `state`.
    pub state: SecretString,
    /// The PKCE verifier: the app keeps it until it posts the code.
    pub code_verifier: SecretString,
    /// For `code_challenge`, of the method S256.
    pub code_challenge: String,
    /// Seconds until it can no longer be used.
    pub expires_in: i64,
}

impl std::fmt::Debug for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Challenge").finish_non_exhaustive()
    }
}

impl Exchange {
    /// A new challenge for a sign-in at a provider; writes nothing.
    ///
    /// # Errors
    /// [`ExchangeError::BackendMissing`], or [`ExchangeError::Sealing`] when
    /// the operating system gives no randomness.
    pub fn challenge(&self, provider: &str) -> Result<Challenge, ExchangeError> {
        let backend = self.registry.get(provider);
        let provider = backend.ok_or(ExchangeError::BackendMissing)?.name();
        let expires = self.clock.now().timestamp().saturating_add(LIFETIME);
        let ids = self.ids.as_ref();
        let code_verifier = one_use::new_token(ids).map_err(|_none| ExchangeError::Sealing)?;
        let seal = |kind: &str, parts: &[&[u8]]| {
            let plain = [&[&expires.to_be_bytes()[..]], parts].concat().concat();
            let sealed = self.sealer.seal(&plain, &[CHALLENGE, kind, provider], ids);
            sealed.map_err(|_none| ExchangeError::Sealing)
        };
        let nonce = seal(NONCE, &[])?;
        let nonce_digest = one_use::digest(&nonce);
        let verifier_digest = one_use::digest(code_verifier.expose_secret());
        let state = seal(STATE, &[&nonce_digest, &verifier_digest])?;
        Ok(Challenge {
            nonce_sha256: one_use::hex(&nonce_digest),
            nonce: nonce.into(),
            state: state.into(),
            code_challenge: URL_SAFE_NO_PAD.encode(verifier_digest),
            code_verifier,
            expires_in: LIFETIME,
        })
    }

    /// Holds what came with a credential to the challenge that it is of.
    ///
    /// Returns the marks that keep it from being used again. A nonce that is
    /// not of ours is the provider's token's affair alone.
    ///
    /// # Errors
    /// When it is of another sign-in, provider or time, or was used; and when
    /// the operator requires one and there is none.
    pub(super) async fn check_challenge(
        &self,
        backend: &dyn Backend,
        credential: &Credential,
    ) -> Result<Vec<UsedMark>, ExchangeError> {
        let required = backend.info().requires_challenge;
        match credential {
            Credential::IdToken(given) => {
                let nonce = given.nonce.as_ref();
                let mark = self.nonce_mark(backend, nonce)?;
                if required && mark.is_none() {
                    return Err(ExchangeError::ChallengeRequired { field: NONCE });
                }
                Ok(mark.into_iter().collect())
            }
            Credential::Code(given) => {
                let Some(state) = &given.state else {
                    if required {
                        return Err(ExchangeError::ChallengeRequired { field: STATE });
                    }
                    let mark = self.nonce_mark(backend, given.nonce.as_ref())?;
                    return Ok(mark.into_iter().collect());
                };
                let beside = (given.code_verifier.as_ref(), given.nonce.as_ref());
                let mark = self.state_mark(backend, state, beside).await?;
                let more = self.nonce_mark(backend, given.nonce.as_ref())?;
                Ok(std::iter::once(mark).chain(more).collect())
            }
            Credential::AccessToken(_)
            | Credential::OAuth1 { .. }
            | Credential::OAuth1Verifier { .. }
            | Credential::OpenId(_)
            | Credential::Payload(_) => Ok(Vec::new()),
        }
    }

    /// The mark of a nonce of ours; `None` of any other, and without one.
    fn nonce_mark(
        &self,
        backend: &dyn Backend,
        nonce: Option<&SecretString>,
    ) -> Result<Option<UsedMark>, ExchangeError> {
        let Some(nonce) = nonce.filter(|nonce| is_sealed(nonce.expose_secret())) else {
            return Ok(None);
        };
        let opened = self.open_challenge::<0>(NONCE, backend, nonce);
        let (mark, []) = opened.ok_or(BackendError::NonceMismatch)?;
        Ok(Some(mark))
    }

    /// The mark of a `state`, which must be that of what came beside it.
    async fn state_mark(
        &self,
        backend: &dyn Backend,
        state: &SecretString,
        (verifier, nonce): (Option<&SecretString>, Option<&SecretString>),
    ) -> Result<UsedMark, ExchangeError> {
        let opened = self.open_challenge::<2>(STATE, backend, state);
        let (mark, [of_nonce, of_verifier]) = opened.ok_or(BackendError::StateMismatch)?;
        let is_of = |given: &SecretString, digest: &[u8; DIGEST]| {
            one_use::same(&one_use::digest(given.expose_secret()), digest)
        };
        let begun_here = verifier.is_some_and(|verifier| is_of(verifier, &of_verifier))
            && nonce.is_none_or(|nonce| is_of(nonce, &of_nonce));
        // A used one is refused before its code is spent at the provider.
        let now = self.clock.now();
        if !begun_here || self.storage.is_marked(STATE, &mark.digest, now).await? {
            return Err(BackendError::StateMismatch.into());
        }
        Ok(mark)
    }

    /// The mark of a sealed text, and the digests in it; `None` when it is
    /// none of ours, of another kind or provider, or its time is over.
    fn open_challenge<const DIGESTS: usize>(
        &self,
        kind: &str,
        backend: &dyn Backend,
        given: &SecretString,
    ) -> Option<(UsedMark, [[u8; DIGEST]; DIGESTS])> {
        let bound_to = [CHALLENGE, kind, backend.name()];
        let plain = self.sealer.open(given.expose_secret(), &bound_to).ok()?;
        let (expires, digests) = plain.split_first_chunk::<8>()?;
        let (digests, []) = digests.as_chunks::<DIGEST>() else {
            return None;
        };
        let digests = <[[u8; DIGEST]; DIGESTS]>::try_from(digests).ok()?;
        let expires = DateTime::from_timestamp(i64::from_be_bytes(*expires), 0)?;
        if expires <= self.clock.now() {
            return None;
        }
        let mark = UsedMark {
            kind: kind.to_owned(),
            digest: one_use::digest(given.expose_secret()).into(),
            expires: expires.checked_add_signed(TimeDelta::seconds(CLOCK_SKEW))?,
        };
        Some((mark, digests))
    }
}

/// Whether a text has the form of a sealed one: `v1.<16 digits>.…`.
fn is_sealed(text: &str) -> bool {
    let mut parts = text.splitn(3, '.');
    let (version, key) = (parts.next(), parts.next());
    version == Some("v1")
        && key
            .is_some_and(|key| key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit()))
        && parts.next().is_some()
}
