//! A signed token in compact form (RFC 7515), as somebody handed it over.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{JoseError, MAX_TOKEN_LENGTH, SignatureAlgorithm, VerificationKey, strict_object};
use crate::crypto::one_use::sha256;
use crate::model::JsonMap;

/// A token that can be read; nobody vouches for it yet.
///
/// `jku`, `x5u`, `x5c` and `jwk` of its header are not looked at.
pub struct Jws<'t> {
    compact: Compact<'t>,
    claims: Arc<JsonMap>,
}

/// The three parts, with a payload of any kind.
pub(super) struct Compact<'t> {
    signing_input: &'t str,
    /// `None`: one that is not known here, as `none`.
    algorithm: Option<SignatureAlgorithm>,
    kid: Option<String>,
    typ: Option<String>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// A token whose signature was verified. Nothing else about it was.
#[derive(Clone)]
pub struct VerifiedJws {
    algorithm: SignatureAlgorithm,
    typ: Option<String>,
    key_issuer: Option<Arc<str>>,
    digest: [u8; 32],
    claims: Arc<JsonMap>,
}

// Tokens hold people's names, and work as credentials.
impl std::fmt::Debug for Jws<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jws").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for VerifiedJws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedJws").finish_non_exhaustive()
    }
}

impl<'t> Jws<'t> {
    /// Reads a token: its form and nothing more.
    ///
    /// Three parts in canonical base64url without padding; header and claims
    /// are JSON objects, 32 levels deep at most, in which no name stands twice.
    ///
    /// # Errors
    /// [`JoseError::TooLong`], [`JoseError::Malformed`], [`JoseError::Critical`].
    pub fn parse(token: &'t str) -> Result<Self, JoseError> {
        let compact = Compact::parse(token)?;
        let claims = strict_object(&compact.payload).ok_or(JoseError::Malformed)?;
        Ok(Self {
            compact,
            claims: Arc::new(claims),
        })
    }

    /// The id of the key that the token says it is signed with.
    pub fn kid(&self) -> Option<&str> {
        self.compact.kid.as_deref()
    }

    /// The claims as anybody may have written them: never to be acted on.
    pub fn unverified_claims(&self) -> &JsonMap {
        &self.claims
    }

    /// The header's algorithm, where it is one of those.
    ///
    /// # Errors
    /// [`JoseError::WrongAlgorithm`] where it is not.
    pub fn algorithm(
        &self,
        allowed: &[SignatureAlgorithm],
    ) -> Result<SignatureAlgorithm, JoseError> {
        self.compact.algorithm(allowed)
    }

    /// Verifies the signature with this very key; `kid` does not matter.
    ///
    /// # Errors
    /// [`JoseError::WrongAlgorithm`] when the header's is not in `allowed` or
    /// not the key's, [`JoseError::WrongSignature`].
    pub fn verify(
        &self,
        key: &VerificationKey,
        allowed: &[SignatureAlgorithm],
    ) -> Result<VerifiedJws, JoseError> {
        Ok(VerifiedJws {
            algorithm: self.compact.verify(key, allowed)?,
            typ: self.compact.typ.clone(),
            key_issuer: key.issuer.clone(),
            digest: sha256(self.compact.signing_input.as_bytes()),
            claims: Arc::clone(&self.claims),
        })
    }
}

impl<'t> Compact<'t> {
    pub(super) fn parse(token: &'t str) -> Result<Self, JoseError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(JoseError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JoseError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JoseError::Malformed)?;
        let header = strict_object(&decode(header)?).ok_or(JoseError::Malformed)?;
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(JoseError::Critical);
        }
        let algorithm = text(&header, "alg")?.ok_or(JoseError::Malformed)?;
        Ok(Self {
            signing_input,
            algorithm: algorithm.parse().ok(),
            kid: text(&header, "kid")?.map(str::to_owned),
            typ: text(&header, "typ")?.map(str::to_owned),
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    fn algorithm(&self, allowed: &[SignatureAlgorithm]) -> Result<SignatureAlgorithm, JoseError> {
        let named = self.algorithm.filter(|named| allowed.contains(named));
        named.ok_or(JoseError::WrongAlgorithm)
    }

    pub(super) fn verify(
        &self,
        key: &VerificationKey,
        allowed: &[SignatureAlgorithm],
    ) -> Result<SignatureAlgorithm, JoseError> {
        let algorithm = self.algorithm(allowed)?;
        if !key.fits(algorithm) {
            return Err(JoseError::WrongAlgorithm);
        }
        if !key.verifies(algorithm, self.signing_input.as_bytes(), &self.signature) {
            return Err(JoseError::WrongSignature);
        }
        Ok(algorithm)
    }
}

impl VerifiedJws {
    /// The algorithm that it is signed with.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The header's `typ`; `None` when there is none.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// Whose key signed it, where the JWK says so (`issuer`, Microsoft's).
    pub fn key_issuer(&self) -> Option<&str> {
        self.key_issuer.as_deref()
    }

    /// SHA-256 of header and claims as they were sent, without the signature.
    ///
    /// One token has one, though an ECDSA signature can be written in two ways.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The claims.
    pub fn claims(&self) -> &JsonMap {
        &self.claims
    }

    /// The claims, without a copy where the [`Jws`] is gone.
    pub fn into_claims(self) -> JsonMap {
        Arc::unwrap_or_clone(self.claims)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JoseError> {
    // The engine takes neither padding nor stray bits at the end.
    let bytes = URL_SAFE_NO_PAD.decode(part);
    bytes.map_err(|_not_base64url| JoseError::Malformed)
}

/// A member that is a text; `None` when it is not there.
fn text<'h>(header: &'h JsonMap, name: &str) -> Result<Option<&'h str>, JoseError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JoseError::Malformed),
    }
}
