//! The issuer's keys: RSA and P-256, current ones, older ones, a stranger's.
//!
//! ring makes no RSA keys, so that three fixed ones take turns: two as the
//! issuer's, one that never is. They are in every copy of this program and
//! guard nothing. The P-256 keys are made at the start and at each rotation.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::error::Unspecified;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

const FIRST: &[u8] = include_bytes!("keys/rsa-1.der");
const SECOND: &[u8] = include_bytes!("keys/rsa-2.der");
const OTHER: &[u8] = include_bytes!("keys/rsa-3.der");

/// How many older keys stay in the set.
const OLDER: usize = 3;
/// What stands before an RSA key of 2048 bits in a `SubjectPublicKeyInfo`.
const SPKI: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

/// Whose key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// The newest key of the set.
    Current,
    /// The one before the last rotation, in the set or not.
    Previous,
    /// A key that never was in the set.
    Other,
}

/// A key of each kind, made at the same time.
pub(super) struct Pair {
    generation: u64,
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p256_der: EcdsaKeyPair,
}

/// All keys of the issuer.
pub(super) struct Keys {
    random: SystemRandom,
    other: Arc<Pair>,
    own: Mutex<Own>,
}

struct Own {
    current: Arc<Pair>,
    previous: Option<Arc<Pair>>,
    older: VecDeque<Arc<Pair>>,
}

impl Keys {
    /// Fresh keys of the first generation.
    pub(super) fn generate() -> Result<Self, Unspecified> {
        let random = SystemRandom::new();
        Ok(Self {
            other: Arc::new(Pair::generate(0, OTHER, &random)?),
            own: Mutex::new(Own {
                current: Arc::new(Pair::generate(1, FIRST, &random)?),
                previous: None,
                older: VecDeque::new(),
            }),
            random,
        })
    }

    /// Signs with new keys from now on; the old ones stay in the set or not.
    pub(super) fn rotate(&self, keep: bool) -> Result<Arc<Pair>, Unspecified> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = own.current.generation.saturating_add(1);
        let rsa = if generation.is_multiple_of(2) {
            SECOND
        } else {
            FIRST
        };
        let next = Arc::new(Pair::generate(generation, rsa, &self.random)?);
        let previous = std::mem::replace(&mut own.current, Arc::clone(&next));
        if keep {
            own.older.push_front(Arc::clone(&previous));
            own.older.truncate(OLDER);
        } else {
            own.older.clear();
        }
        own.previous = Some(previous);
        Ok(next)
    }

    /// The keys of a signer; `None` for those before a rotation that was not.
    pub(super) fn of(&self, signer: Signer) -> Option<Arc<Pair>> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        match signer {
            Signer::Current => Some(Arc::clone(&own.current)),
            Signer::Previous => own.previous.clone(),
            Signer::Other => Some(Arc::clone(&self.other)),
        }
    }

    /// The `keys` of the JWK set.
    pub(super) fn published(&self) -> Vec<Value> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&own.current)
            .chain(&own.older)
            .flat_map(|pair| [pair.rsa_jwk(), pair.p256_jwk()])
            .collect()
    }

    /// The signature by that `alg`; `None` when it is not one of a key pair.
    pub(super) fn sign(&self, pair: &Pair, alg: &str, message: &[u8]) -> Option<Vec<u8>> {
        let padding: &dyn RsaEncoding = match alg {
            "RS256" => &RSA_PKCS1_SHA256,
            "RS384" => &RSA_PKCS1_SHA384,
            "RS512" => &RSA_PKCS1_SHA512,
            "PS256" => &RSA_PSS_SHA256,
            "PS384" => &RSA_PSS_SHA384,
            "PS512" => &RSA_PSS_SHA512,
            "ES256" => return Some(pair.p256.sign(&self.random, message).ok()?.as_ref().into()),
            _ => return None,
        };
        let mut signature = vec![0; pair.rsa.public().modulus_len()];
        pair.rsa
            .sign(padding, &self.random, message, &mut signature)
            .ok()?;
        Some(signature)
    }

    /// An ES256 signature as DER, which no JWS may hold.
    pub(super) fn sign_der(&self, pair: &Pair, message: &[u8]) -> Option<Vec<u8>> {
        let signature = pair.p256_der.sign(&self.random, message).ok()?;
        Some(signature.as_ref().into())
    }
}

impl Pair {
    fn generate(generation: u64, rsa: &[u8], random: &SystemRandom) -> Result<Self, Unspecified> {
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let secret = EcdsaKeyPair::generate_pkcs8(kind, random)?;
        let p256 = |kind| EcdsaKeyPair::from_pkcs8(kind, secret.as_ref(), random);
        Ok(Self {
            generation,
            rsa: RsaKeyPair::from_pkcs8(rsa).map_err(Unspecified::from)?,
            p256: p256(kind)?,
            p256_der: p256(&ECDSA_P256_SHA256_ASN1_SIGNING)?,
        })
    }

    /// The `kid` of the key that signs by that `alg`.
    pub(super) fn kid(&self, alg: &str) -> String {
        let kind = if alg == "ES256" { "p256" } else { "rsa" };
        format!("{kind}-{}", self.generation)
    }

    /// The RSA key as a JWK.
    pub(super) fn rsa_jwk(&self) -> Value {
        let (n, e) = self.modulus_and_exponent();
        let [n, e] = [n, e].map(|number| URL_SAFE_NO_PAD.encode(number));
        let kid = self.kid("RS256");
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e})
    }

    fn p256_jwk(&self) -> Value {
        let point = self.p256.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(32).unwrap_or_default();
        let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.kid("ES256"), "x": x, "y": y,
        })
    }

    /// The RSA key's numbers, big-endian.
    pub(super) fn modulus_and_exponent(&self) -> (Vec<u8>, Vec<u8>) {
        let numbers = PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        (numbers.n, numbers.e)
    }

    /// The RSA key as `SubjectPublicKeyInfo`, in DER.
    pub(super) fn rsa_der(&self) -> Vec<u8> {
        [&SPKI[..], self.rsa.public().as_ref()].concat()
    }
}
