//! ID tokens as providers sign them, and the key sets that go with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use ring::{digest, hmac};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::internet::{Answer, FakeInternet};

/// A key of a provider's, by the algorithm that it signs with.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Key {
    Rs256,
    Es256,
    Es384,
}

impl Key {
    /// The name of the algorithm, and of the key.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }

    fn der(self) -> PrivatePkcs8KeyDer<'static> {
        let pem: &[u8] = match self {
            Self::Rs256 => include_bytes!("../../keys/rsa.pem"),
            Self::Es256 => include_bytes!("../../keys/p256.pem"),
            Self::Es384 => include_bytes!("../../keys/p384.pem"),
        };
        PrivatePkcs8KeyDer::from_pem_slice(pem).unwrap()
    }

    fn sign(self, message: &[u8]) -> Vec<u8> {
        let (random, der) = (SystemRandom::new(), self.der());
        let der = der.secret_pkcs8_der();
        let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm| {
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, der, &random).unwrap();
            pair.sign(&random, message).unwrap().as_ref().to_vec()
        };
        match self {
            Self::Es256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Self::Es384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Self::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(der).unwrap();
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    fn jwk(self) -> Value {
        let (random, der) = (SystemRandom::new(), self.der());
        let der = der.secret_pkcs8_der();
        let point = |algorithm, curve: &str| {
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, der, &random).unwrap();
            let point = pair.public_key().as_ref();
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
        };
        let mut jwk = match self {
            Self::Es256 => point(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            Self::Es384 => point(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            Self::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(der).unwrap();
                let public: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
                json!({"kty": "RSA", "n": encode(public.n), "e": encode(public.e)})
            }
        };
        jwk["kid"] = self.name().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token with these claims, its `kid` the key's name.
    pub(crate) fn token(self, claims: &Value) -> String {
        self.forge(&json!({"alg": self.name(), "kid": self.name()}), claims)
    }

    /// A token with any header.
    pub(crate) fn forge(self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", encode(signature))
    }
}

/// A token of HS256 by a secret.
pub(crate) fn secret_token(secret: &str, claims: &Value) -> String {
    let message = message(&json!({"alg": "HS256"}), claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", encode(tag))
}

/// The key set of all keys.
pub(crate) fn key_set() -> Value {
    let keys = [Key::Rs256, Key::Es256, Key::Es384].map(Key::jwk);
    json!({"keys": keys})
}

/// Claims of a token that was made just now and is good for five minutes.
pub(crate) fn claims(issuer: &str, audience: &str, subject: &str) -> Value {
    let now = chrono_now();
    json!({
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "exp": now + 300,
    })
}

/// Seconds since 1970.
pub(crate) fn chrono_now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// `at_hash` of an access token, for the algorithms of SHA-256.
pub(crate) fn at_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    encode(&hash.as_ref()[..16])
}

/// A text's SHA-256 in hexadecimal digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    sociable::crypto::one_use::hex(&sociable::crypto::one_use::digest(text))
}

/// From now on every host serves the key set at any path, and a discovery
/// document of this issuer at the usual one.
pub(crate) fn serve_keys(internet: &FakeInternet, issuer: &str) {
    let issuer = issuer.to_owned();
    internet.otherwise(move |received| {
        if received.path.ends_with("/openid-configuration") {
            let host = &received.host;
            let at = |path: &str| format!("https://{host}/{path}");
            return Answer::json(
                200,
                &json!({
                    "issuer": issuer,
                    "jwks_uri": at("test-keys"),
                    "authorization_endpoint": at("authorize"),
                    "token_endpoint": at("token"),
                    "userinfo_endpoint": at("userinfo"),
                    "introspection_endpoint": at("introspect"),
                }),
            );
        }
        Answer::json(200, &key_set())
    });
}

fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims.to_string())
    )
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
