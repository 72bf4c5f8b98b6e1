//! Tokens of every kind for the tests, good ones and forged ones.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents,
};
use ring::{hmac, rand};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

/// A private key of the tests: its `kid`, and its PEM.
#[derive(Clone, Copy)]
pub(crate) struct TestKey {
    pub(crate) kid: &'static str,
    pem: &'static str,
    pub(crate) public_pem: &'static str,
}

macro_rules! key {
    ($name:ident, $kid:literal, $file:literal, $public:literal) => {
        pub(crate) const $name: TestKey = TestKey {
            kid: $kid,
            pem: include_str!(concat!("../../../tests/keys/", $file)),
            public_pem: include_str!(concat!("../../../tests/keys/", $public)),
        };
    };
}

key!(RSA, "rsa", "rsa.pem", "rsa.pub.pem");
key!(OTHER_RSA, "other-rsa", "rsa2.pem", "rsa.pub.pem");
key!(P256, "p256", "p256.pem", "p256.pub.pem");
key!(P384, "p384", "p384.pem", "p384.pub.pem");
key!(ED25519, "ed", "ed.pem", "ed.pub.pem");

/// A public RSA key of 1024 bit, in PEM.
pub(crate) const SHORT_RSA_PEM: &str = include_str!("../../../tests/keys/rsa1024.pub.pem");

impl TestKey {
    fn der(self) -> PrivatePkcs8KeyDer<'static> {
        PrivatePkcs8KeyDer::from_pem_slice(self.pem.as_bytes()).unwrap()
    }

    /// The algorithm that the key signs with where nothing else is said.
    pub(crate) fn algorithm(self) -> &'static str {
        match self.kid {
            "p256" => "ES256",
            "p384" => "ES384",
            "ed" => "EdDSA",
            _ => "RS256",
        }
    }

    /// Signs by any algorithm that the key can do.
    pub(crate) fn sign(self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let der = self.der();
        let der = der.secret_pkcs8_der();
        match algorithm {
            "ES256" => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, der, message, &random),
            "ES384" => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, der, message, &random),
            "EdDSA" => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).unwrap();
                pair.sign(message).as_ref().to_vec()
            }
            _ => {
                let padding: &dyn signature::RsaEncoding = match algorithm {
                    "RS256" => &signature::RSA_PKCS1_SHA256,
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    other => panic!("nothing signs by {other}"),
                };
                let pair = RsaKeyPair::from_pkcs8(der).unwrap();
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    /// Modulus and exponent of an RSA key.
    pub(crate) fn rsa_numbers(self) -> (Vec<u8>, Vec<u8>) {
        let pair = RsaKeyPair::from_pkcs8(self.der().secret_pkcs8_der()).unwrap();
        let public: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
        (public.n, public.e)
    }

    /// The public half as a JWK with the key's `kid`, `use` and `alg`.
    pub(crate) fn jwk(self) -> Value {
        let random = SystemRandom::new();
        let point = |algorithm| {
            let der = self.der();
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der(), &random);
            pair.unwrap().public_key().as_ref().to_vec()
        };
        let mut jwk = match self.kid {
            "p256" => ec_jwk("P-256", &point(&ECDSA_P256_SHA256_FIXED_SIGNING)),
            "p384" => ec_jwk("P-384", &point(&ECDSA_P384_SHA384_FIXED_SIGNING)),
            "ed" => {
                let der = self.der();
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der());
                let x = encode(pair.unwrap().public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "x": x})
            }
            _ => {
                let (n, e) = self.rsa_numbers();
                json!({"kty": "RSA", "n": encode(n), "e": encode(e)})
            }
        };
        jwk["kid"] = self.kid.into();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm().into();
        jwk
    }

    /// The header of a good token.
    pub(crate) fn header(self) -> Value {
        json!({"alg": self.algorithm(), "kid": self.kid, "typ": "JWT"})
    }

    /// A good token with these claims.
    pub(crate) fn token(self, claims: &Value) -> String {
        self.forge(&self.header(), claims)
    }

    /// A token with any header, signed by the algorithm that it names, or by
    /// the key's own where it names none of its.
    pub(crate) fn forge(self, header: &Value, claims: &Value) -> String {
        self.forge_text(&header.to_string(), &claims.to_string())
    }

    /// A token with any texts for header and claims.
    pub(crate) fn forge_text(self, header: &str, claims: &str) -> String {
        let named: Value = serde_json::from_str(header).unwrap_or_default();
        let named = named["alg"].as_str().unwrap_or_default();
        let rsa =
            self.algorithm() == "RS256" && (named.starts_with("RS") || named.starts_with("PS"));
        let algorithm = if rsa { named } else { self.algorithm() };
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = self.sign(algorithm, message.as_bytes());
        format!("{message}.{}", encode(signature))
    }
}

fn ecdsa(
    algorithm: &'static signature::EcdsaSigningAlgorithm,
    der: &[u8],
    message: &[u8],
    random: &dyn rand::SecureRandom,
) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der, random).unwrap();
    pair.sign(random, message).unwrap().as_ref().to_vec()
}

fn ec_jwk(curve: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at(point.len() / 2);
    json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
}

/// Base64url without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of HS256 or HS512 with any secret.
pub(crate) fn hmac_token(secret: &[u8], header: &Value, claims: &Value) -> String {
    let hash = match header["alg"].as_str() {
        Some("HS512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let message = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims.to_string())
    );
    let tag = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
    format!("{message}.{}", encode(tag))
}

/// A JWK Set.
pub(crate) fn key_set(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}
