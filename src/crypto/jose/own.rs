//! Signs and verifies our own tokens, with keys that are known beforehand.
//!
//! The algorithm belongs to the key and is never read from a token; of a
//! token's header only `kid` is used, to pick a key among ours. Times are the
//! caller's to check: nothing here reads a clock.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use secrecy::SecretString;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::{JoseError, MAX_TOKEN_LENGTH};
use crate::crypto::one_use::sha256;
use crate::crypto::ring_provider;

/// Installs `ring` as the cryptography of JOSE; harmless when done before.
///
/// # Errors
/// [`JoseError::ForeignProvider`] when another was installed.
pub fn install() -> Result<(), JoseError> {
    if ring_provider::install() {
        Ok(())
    } else {
        Err(JoseError::ForeignProvider)
    }
}

/// A key that verifies, with the one algorithm that it is for.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: String,
    jwk: Value,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl VerifyingKey {
    /// An Ed25519 public key, for `EdDSA`; its id is its thumbprint (RFC 7638).
    pub fn ed25519(public_key: &[u8; 32]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(public_key);
        // RFC 7638: the required members in this order, without white space.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes()));
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig",
        });
        Self {
            kid,
            jwk,
            algorithm: Algorithm::EdDSA,
            decoding: DecodingKey::from_ed_der(public_key),
        }
    }

    /// The key's id, which tokens name as `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key as a JWK: public members only.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }
}

/// A private key that signs, and its public half.
pub struct SigningKey {
    encoding: EncodingKey,
    verifying: VerifyingKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.verifying.kid)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// The Ed25519 key of a seed. Installs the provider, see [`install`].
    ///
    /// # Errors
    /// [`JoseError::ForeignProvider`], [`JoseError::KeyRejected`].
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, JoseError> {
        install()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_rejected| JoseError::KeyRejected)?;
        let public_key = <&[u8; 32]>::try_from(pair.public_key().as_ref())
            .map_err(|_other_length| JoseError::KeyRejected)?;
        Ok(Self {
            encoding: EncodingKey::from_ed_der(seed),
            verifying: VerifyingKey::ed25519(public_key),
        })
    }

    /// The key's id, which tokens name as `kid`.
    pub fn kid(&self) -> &str {
        self.verifying.kid()
    }

    /// The public half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The public half as a JWK.
    pub fn public_jwk(&self) -> &Value {
        self.verifying.jwk()
    }

    /// Signs `claims` as a token of type `typ`.
    ///
    /// # Errors
    /// [`JoseError::NotSigned`] when the claims are not a JSON value.
    pub fn sign<T: Serialize>(&self, typ: &str, claims: &T) -> Result<SecretString, JoseError> {
        let mut header = Header::new(self.verifying.algorithm);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.verifying.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.encoding)
            .map(SecretString::from)
            .map_err(|_fault| JoseError::NotSigned)
    }
}

/// What is read of a header. Whatever else it holds is ignored.
#[derive(Deserialize)]
struct TokenHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|IgnoredAny| true)
}

/// Verifies a token of type `typ` by the key it names, and reads its claims.
///
/// Checks neither times nor any other claim.
///
/// # Errors
/// Any [`JoseError`] but those of signing.
pub fn verify<'k, T: DeserializeOwned>(
    token: &str,
    typ: &str,
    keys: impl IntoIterator<Item = &'k VerifyingKey>,
) -> Result<T, JoseError> {
    if token.len() > MAX_TOKEN_LENGTH {
        return Err(JoseError::TooLong);
    }
    let header = read_header(token)?;
    if header.crit {
        return Err(JoseError::Critical);
    }
    if header.typ.as_deref() != Some(typ) {
        return Err(JoseError::WrongType);
    }
    let key = keys
        .into_iter()
        .find(|key| header.kid.as_deref() == Some(key.kid.as_str()))
        .ok_or(JoseError::UnknownKey)?;
    if header.alg.parse() != Ok(key.algorithm) {
        return Err(JoseError::WrongAlgorithm);
    }
    install()?;
    jsonwebtoken::decode(token, &key.decoding, &signature_only(key.algorithm))
        .map(|token| token.claims)
        .map_err(|fault| kind(&fault))
}

fn read_header(token: &str) -> Result<TokenHeader, JoseError> {
    let (header, _) = token.split_once('.').ok_or(JoseError::Malformed)?;
    let header = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_not_base64url| JoseError::Malformed)?;
    // A struct would also be read from a JSON list.
    if header.first() != Some(&b'{') {
        return Err(JoseError::Malformed);
    }
    serde_json::from_slice(&header).map_err(|_not_a_header| JoseError::Malformed)
}

/// Leaves the claims alone: the library would compare them with its own clock.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn kind(fault: &jsonwebtoken::errors::Error) -> JoseError {
    use jsonwebtoken::errors::ErrorKind;
    match fault.kind() {
        ErrorKind::InvalidSignature => JoseError::WrongSignature,
        ErrorKind::Json(_) | ErrorKind::Utf8(_) => JoseError::WrongClaims,
        _ => JoseError::Malformed,
    }
}

#[cfg(test)]
#[path = "own_tests.rs"]
mod tests;
