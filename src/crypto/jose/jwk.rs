//! One key of a JWK Set (RFC 7517).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::key::Material;
use super::{JwksError, SignatureAlgorithm, VerificationKey};
use crate::model::JsonMap;

/// Members of private and symmetric keys (RFC 7518, §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The key; `None` when it is not one that verifies here: for encryption, of
/// an unknown kind, too weak, malformed.
///
/// # Errors
/// [`JwksError::PrivateKey`] when it is not public.
pub(super) fn read(jwk: &JsonMap) -> Result<Option<VerificationKey>, JwksError> {
    if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
        return Err(JwksError::PrivateKey);
    }
    Ok(public_key(jwk))
}

/// A member that had to be a text is not.
struct NotText;

fn public_key(jwk: &JsonMap) -> Option<VerificationKey> {
    if !is_for_signatures(jwk) {
        return None;
    }
    let key = VerificationKey {
        kid: optional(jwk, "kid").ok()?,
        algorithm: optional(jwk, "alg")
            .ok()?
            .map(|name: String| name.parse::<SignatureAlgorithm>())
            .transpose()
            .ok()?,
        issuer: optional::<Arc<str>>(jwk, "issuer").ok()?,
        material: material(jwk)?,
    };
    // A key that names another kind's algorithm is not understood.
    let named = key.algorithm;
    named
        .is_none_or(|algorithm| key.fits(algorithm))
        .then_some(key)
}

fn is_for_signatures(jwk: &JsonMap) -> bool {
    let by_use = match jwk.get("use") {
        None => true,
        Some(usage) => usage == "sig",
    };
    let by_operations = match jwk.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|one| one == "verify"),
        Some(_) => false,
    };
    by_use && by_operations
}

/// A member that is a text, or not there.
///
/// # Errors
/// `NotText` for any other.
fn optional<T: for<'t> From<&'t str>>(jwk: &JsonMap, name: &str) -> Result<Option<T>, NotText> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str().into())),
        Some(_) => Err(NotText),
    }
}

fn text<'k>(jwk: &'k JsonMap, name: &str) -> Option<&'k str> {
    jwk.get(name)?.as_str()
}

fn material(jwk: &JsonMap) -> Option<Material> {
    match (text(jwk, "kty")?, text(jwk, "crv")) {
        ("RSA", _) => Material::rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?),
        ("EC", Some("P-256")) => point(jwk, 32).map(Material::P256),
        ("EC", Some("P-384")) => point(jwk, 48).map(Material::P384),
        ("OKP", Some("Ed25519")) => {
            let key = bytes(jwk, "x")?;
            (key.len() == 32).then(|| Material::Ed25519(key.into()))
        }
        _ => None,
    }
}

/// The uncompressed point of coordinates that are so many bytes long each.
fn point(jwk: &JsonMap, length: usize) -> Option<Box<[u8]>> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    let fits = x.len() == length && y.len() == length;
    fits.then(|| [&[4], x.as_slice(), y.as_slice()].concat().into())
}

fn bytes(jwk: &JsonMap, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok()
}
