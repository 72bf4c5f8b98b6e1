//! The signature algorithms of JWA that a provider may use.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{self, SHA256, SHA384, SHA512};

/// A signature algorithm of RFC 7518 or RFC 8037. `none` is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSA, PKCS #1 v1.5, with SHA-256.
    Rs256,
    /// RSA, PKCS #1 v1.5, with SHA-384.
    Rs384,
    /// RSA, PKCS #1 v1.5, with SHA-512.
    Rs512,
    /// RSA, PSS, with SHA-256.
    Ps256,
    /// RSA, PSS, with SHA-384.
    Ps384,
    /// RSA, PSS, with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
    /// HMAC with SHA-256, by a secret that the operator configured.
    Hs256,
    /// HMAC with SHA-512, by a secret that the operator configured.
    Hs512,
}

/// All of them, by their names in a header.
const NAMES: [(&str, SignatureAlgorithm); 11] = [
    ("RS256", SignatureAlgorithm::Rs256),
    ("RS384", SignatureAlgorithm::Rs384),
    ("RS512", SignatureAlgorithm::Rs512),
    ("PS256", SignatureAlgorithm::Ps256),
    ("PS384", SignatureAlgorithm::Ps384),
    ("PS512", SignatureAlgorithm::Ps512),
    ("ES256", SignatureAlgorithm::Es256),
    ("ES384", SignatureAlgorithm::Es384),
    ("EdDSA", SignatureAlgorithm::EdDsa),
    ("HS256", SignatureAlgorithm::Hs256),
    ("HS512", SignatureAlgorithm::Hs512),
];

/// A name that is none of a [`SignatureAlgorithm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no signature algorithm has this name")]
pub struct UnknownAlgorithm;

impl FromStr for SignatureAlgorithm {
    type Err = UnknownAlgorithm;

    /// Reads the name of a header, in its exact case.
    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        let mut all = NAMES.iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, algorithm)| *algorithm)
            .ok_or(UnknownAlgorithm)
    }
}

impl SignatureAlgorithm {
    /// The left half of a text's hash in base64url, as `at_hash` has it.
    ///
    /// The hash is the algorithm's own (OpenID Connect Core §3.1.3.6); Ed25519
    /// hashes with SHA-512.
    pub fn half_hash(self, text: &str) -> String {
        let hash = match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 | Self::Hs256 => &SHA256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => &SHA384,
            Self::Rs512 | Self::Ps512 | Self::EdDsa | Self::Hs512 => &SHA512,
        };
        let whole = digest::digest(hash, text.as_bytes());
        let half = whole.as_ref().len() / 2;
        URL_SAFE_NO_PAD.encode(whole.as_ref().get(..half).unwrap_or_default())
    }
}
