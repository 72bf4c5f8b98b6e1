//! A client secret that is a JWT of our own making, signed by ES256 (RFC 7518).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// The private key cannot sign. Says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a private key of P-256 in PEM (PKCS#8)")]
pub struct BadKey;

/// Whether a text is a key that [`sign`] takes.
///
/// # Errors
/// [`BadKey`] when it is none.
pub fn check(pem: &SecretString) -> Result<(), BadKey> {
    key(pem).map(|_key| ())
}

/// A JWT of these claims, signed by ES256 under the key's id.
///
/// # Errors
/// [`BadKey`] when the PEM is no private key of P-256.
pub fn sign(pem: &SecretString, key_id: &str, claims: &Value) -> Result<SecretString, BadKey> {
    let header = json!({"alg": "ES256", "kid": key_id});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    // A signature's own randomness: none of it is seen by anybody.
    let signature = key(pem)?
        .sign(&SystemRandom::new(), signed.as_bytes())
        .map_err(|ring::error::Unspecified| BadKey)?;
    let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
    Ok(format!("{signed}.{signature}").into())
}

fn key(pem: &SecretString) -> Result<EcdsaKeyPair, BadKey> {
    // A variable often holds the lines of a PEM file in one.
    let pem = SecretString::from(pem.expose_secret().replace("\\n", "\n"));
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.expose_secret().as_bytes())
        .map_err(|_not_pem| BadKey)?;
    let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
    EcdsaKeyPair::from_pkcs8(curve, der.secret_pkcs8_der(), &SystemRandom::new())
        .map_err(|_rejected| BadKey)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey};

    use super::*;

    fn pem() -> SecretString {
        rcgen::KeyPair::generate().unwrap().serialize_pem().into()
    }

    #[test]
    fn the_signature_is_of_the_keys_public_half_and_of_this_text_alone() {
        let pem = pem();
        let jwt = sign(&pem, "key-1", &json!({"iss": "team"})).unwrap();
        let (signed, signature) = jwt.expose_secret().rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public = key(&pem).unwrap().public_key().as_ref().to_vec();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        assert!(public.verify(signed.as_bytes(), &signature).is_ok());
        assert!(public.verify(b"another", &signature).is_err());
        let (header, claims) = signed.split_once('.').unwrap();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(read(header), json!({"alg": "ES256", "kid": "key-1"}));
        assert_eq!(read(claims), json!({"iss": "team"}));
    }

    #[test]
    fn a_key_in_one_line_is_a_key_and_nothing_else_is() {
        let one_line = pem().expose_secret().replace('\n', "\\n");
        assert_eq!(check(&one_line.into()), Ok(()));
        let ed25519 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        for text in ["", "secret", &ed25519.serialize_pem()] {
            assert_eq!(check(&text.to_owned().into()), Err(BadKey));
        }
    }
}
