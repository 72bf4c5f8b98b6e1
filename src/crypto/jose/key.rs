//! A key that verifies what a provider signed, ready to use.

use std::fmt;
use std::sync::Arc;

use ring::hmac::{self, HMAC_SHA256, HMAC_SHA512};
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{KeyError, SignatureAlgorithm, spki};

/// The shortest RSA modulus, in bits.
const MIN_RSA_BITS: usize = 2048;
/// The longest RSA modulus, in bits: `ring` takes no longer one.
const MAX_RSA_BITS: usize = 8192;
/// The longest RSA exponent, in bytes. Usual ones have three.
const MAX_EXPONENT_LENGTH: usize = 4;

/// A key that verifies, in the form that verification wants.
///
/// A secret is another material than any public key, and only
/// [`VerificationKey::secret`] makes it: a public key is never one.
#[derive(Clone)]
pub struct VerificationKey {
    pub(super) kid: Option<String>,
    /// The one algorithm, where the key names it.
    pub(super) algorithm: Option<SignatureAlgorithm>,
    pub(super) issuer: Option<Arc<str>>,
    pub(super) material: Material,
}

/// The numbers of a key.
#[derive(Clone)]
pub(super) enum Material {
    Rsa(RsaPublicKeyComponents<Box<[u8]>>),
    /// The uncompressed point.
    P256(Box<[u8]>),
    /// The uncompressed point.
    P384(Box<[u8]>),
    Ed25519(Box<[u8]>),
    /// With the one algorithm that it was made for.
    Secret(SignatureAlgorithm, hmac::Key),
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl VerificationKey {
    /// A public key in PEM (`PUBLIC KEY`), or its bare base64 without the frame.
    ///
    /// # Errors
    /// [`KeyError::NotAPublicKey`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        spki::read(text)
            .map(Self::of)
            .ok_or(KeyError::NotAPublicKey)
    }

    /// A secret that the operator configured, for HS256 or HS512.
    ///
    /// # Errors
    /// [`KeyError::EmptySecret`], [`KeyError::NotSymmetric`].
    pub fn secret(algorithm: SignatureAlgorithm, secret: &SecretString) -> Result<Self, KeyError> {
        let hash = match algorithm {
            SignatureAlgorithm::Hs256 => HMAC_SHA256,
            SignatureAlgorithm::Hs512 => HMAC_SHA512,
            _ => return Err(KeyError::NotSymmetric),
        };
        let secret = secret.expose_secret();
        if secret.is_empty() {
            return Err(KeyError::EmptySecret);
        }
        let key = hmac::Key::new(hash, secret.as_bytes());
        Ok(Self::of(Material::Secret(algorithm, key)))
    }

    pub(super) fn of(material: Material) -> Self {
        Self {
            kid: None,
            algorithm: None,
            issuer: None,
            material,
        }
    }

    /// Whether the key is for this algorithm.
    pub fn fits(&self, algorithm: SignatureAlgorithm) -> bool {
        use SignatureAlgorithm::{
            EdDsa, Es256, Es384, Hs256, Hs512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512,
        };
        let by_material = match algorithm {
            Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512 => {
                matches!(self.material, Material::Rsa(_))
            }
            Es256 => matches!(self.material, Material::P256(_)),
            Es384 => matches!(self.material, Material::P384(_)),
            EdDsa => matches!(self.material, Material::Ed25519(_)),
            Hs256 | Hs512 => {
                matches!(&self.material, Material::Secret(of, _) if *of == algorithm)
            }
        };
        by_material && self.algorithm.is_none_or(|named| named == algorithm)
    }

    /// Whether `signature` is this key's for `message`.
    pub(super) fn verifies(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let by_point = |of: &'static dyn VerificationAlgorithm, point: &[u8]| {
            UnparsedPublicKey::new(of, point).verify(message, signature)
        };
        match &self.material {
            Material::Rsa(components) => rsa_parameters(algorithm)
                .is_some_and(|of| components.verify(of, message, signature).is_ok()),
            Material::P256(point) => by_point(&ECDSA_P256_SHA256_FIXED, point).is_ok(),
            Material::P384(point) => by_point(&ECDSA_P384_SHA384_FIXED, point).is_ok(),
            Material::Ed25519(point) => by_point(&ED25519, point).is_ok(),
            Material::Secret(_, key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
}

fn rsa_parameters(algorithm: SignatureAlgorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        SignatureAlgorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        SignatureAlgorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        SignatureAlgorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        SignatureAlgorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        SignatureAlgorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        SignatureAlgorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

impl Material {
    /// An RSA key of big-endian numbers: 2048 to 8192 bit, e odd and at least 3.
    ///
    /// `None` for any other.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        // Some write a leading zero, as ASN.1 does.
        let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
        let unused = modulus.first()?.leading_zeros();
        let bits = (modulus.len() * 8).checked_sub(usize::try_from(unused).ok()?)?;
        let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        let sound = (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits)
            && odd(modulus)
            && exponent.len() <= MAX_EXPONENT_LENGTH
            && odd(exponent)
            && exponent != [1];
        sound.then(|| {
            Self::Rsa(RsaPublicKeyComponents {
                n: modulus.into(),
                e: exponent.into(),
            })
        })
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
