//! A provider's key set: which of its keys a token is to be checked with.

use serde_json::Value;

use super::{
    JoseError, JwksError, Jws, SignatureAlgorithm, VerificationKey, VerifiedJws, jwk, strict_object,
};

/// Longest key set that is read, in bytes.
pub const MAX_JWKS_LENGTH: usize = 256 * 1024;
/// Most keys that a set may hold, of whatever kind.
pub const MAX_KEYS: usize = 100;

/// The keys of a JWK Set (RFC 7517) that verify signatures.
#[derive(Debug, Clone)]
pub struct Jwks {
    keys: Vec<VerificationKey>,
}

impl Jwks {
    /// Reads a key set. Keys of no use here are left out.
    ///
    /// Those are keys for encryption, of unknown kinds, RSA below 2048 bit and
    /// malformed ones. Symmetric keys are never read from a set.
    ///
    /// # Errors
    /// [`JwksError`] when the whole set is not to be trusted.
    pub fn parse(json: &[u8]) -> Result<Self, JwksError> {
        if json.len() > MAX_JWKS_LENGTH {
            return Err(JwksError::TooLong);
        }
        let set = strict_object(json).ok_or(JwksError::Malformed)?;
        let Some(Value::Array(all)) = set.get("keys") else {
            return Err(JwksError::Malformed);
        };
        if all.len() > MAX_KEYS {
            return Err(JwksError::TooManyKeys);
        }
        let mut keys = Vec::new();
        for one in all {
            let one = one.as_object().ok_or(JwksError::Malformed)?;
            keys.extend(jwk::read(one)?);
        }
        Ok(Self { keys })
    }

    /// How many keys there are to verify with.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key to verify with.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Verifies a token with the key that its `kid` names.
    ///
    /// Without a `kid` the one key that its algorithm fits. Never tries keys.
    ///
    /// # Errors
    /// [`JoseError::UnknownKey`] when a newer set may have the key; else
    /// `WrongAlgorithm`, `AmbiguousKey`, `WrongSignature`.
    pub fn verify(
        &self,
        token: &Jws<'_>,
        allowed: &[SignatureAlgorithm],
    ) -> Result<VerifiedJws, JoseError> {
        token.verify(self.key_of(token, allowed)?, allowed)
    }

    fn key_of(
        &self,
        token: &Jws<'_>,
        allowed: &[SignatureAlgorithm],
    ) -> Result<&VerificationKey, JoseError> {
        let algorithm = token.algorithm(allowed)?;
        let named = || {
            let all = self.keys.iter();
            all.filter(|key| {
                token
                    .kid()
                    .is_none_or(|kid| key.kid.as_deref() == Some(kid))
            })
        };
        let mut fitting = named().filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(JoseError::AmbiguousKey),
            (None, _) if token.kid().is_some() && named().next().is_some() => {
                Err(JoseError::WrongAlgorithm)
            }
            (None, _) => Err(JoseError::UnknownKey),
        }
    }
}
