//! How dear the check of an ID token is beside the bare check of its
//! signature, as a ratio: `cargo bench --bench id_token`.
//!
//! Ours is the whole way from the text to the claims, with the key set at hand:
//! base64url, JSON without repeated names, the key by its id, the signature,
//! every claim, the digest. Theirs is `ring` over bytes that are ready.

use std::hint::black_box;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use futures_util::FutureExt as _;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use sociable::backends::id_token::{IdTokenVerifier, Issuers, KeySource, Keys, Policy, Presented};
use sociable::crypto::jose::SignatureAlgorithm;
use sociable::http::{Answer, HeaderMap, HttpClient, Method, Recording, Url};

use compare::{Failed, Rounds};

mod compare;

/// Verification may take this many times as long as the bare signature.
const AIM: f64 = 2.0;

const NOW: i64 = 1_800_000_000;
const KEYS: &str = "https://accounts.example/keys";
const ROUNDS: Rounds = Rounds {
    rounds: 101,
    runs: 100,
};

fn main() -> Result<(), Failed> {
    let signed = [rs256()?, es256()?];
    let verifier = verifier(&signed)?;
    for signed in &signed {
        let compared = ROUNDS.compare(
            || verifier.verify(black_box(&signed.token)),
            || (signed.bare)(black_box(&signed.message), black_box(&signed.signature)),
        )?;
        let what = format!("verifying an {} ID token / its signature", signed.algorithm);
        compared.say(&what, AIM)?;
    }
    Ok(())
}

/// Verifies a signature of a message, and nothing else.
type Bare = Box<dyn Fn(&[u8], &[u8]) -> Result<(), Failed>>;

/// A token, its parts as bytes, and how `ring` verifies them.
struct Signed {
    algorithm: &'static str,
    token: String,
    jwk: serde_json::Value,
    message: Vec<u8>,
    signature: Vec<u8>,
    bare: Bare,
}

/// The claims that Google writes, with invented values.
fn message(algorithm: &str) -> String {
    let header = json!({"alg": algorithm, "kid": algorithm, "typ": "JWT"});
    let claims = json!({
        "iss": "https://accounts.example",
        "azp": "407408718192.apps.accounts.example",
        "aud": "407408718192.apps.accounts.example",
        "sub": "110169484474386276334",
        "email": "somebody@example.com", "email_verified": true,
        "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q", "nonce": "d3v5JZ0zVw4bTfXlGZ9w1Q",
        "name": "Some Body", "given_name": "Some", "family_name": "Body",
        "picture": "https://photos.example/a/ACg8ocJw0Nq7sYbQzQ4m2yT5=s96-c",
        "iat": NOW - 5, "exp": NOW + 3595, "jti": "5f1c9a0e7f3b4a0c8d2e6b1a9c7d3e5f",
    });
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims.to_string())
    )
}

fn rs256() -> Result<Signed, Failed> {
    let pem = include_bytes!("../tests/keys/rsa.pem");
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_malformed| "no key")?;
    let pair =
        RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|rejected| rejected.to_string())?;
    let message = message("RS256");
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = SystemRandom::new();
    pair.sign(
        &RSA_PKCS1_SHA256,
        &random,
        message.as_bytes(),
        &mut signature,
    )
    .map_err(|_unspecified| "not signed")?;
    let key: RsaPublicKeyComponents<Vec<u8>> = pair.public().into();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({"kty": "RSA", "kid": "RS256", "n": encode(&key.n), "e": encode(&key.e)});
    Ok(Signed {
        algorithm: "RS256",
        token: format!("{message}.{}", encode(&signature)),
        jwk,
        message: message.into_bytes(),
        signature,
        bare: Box::new(move |message, signature| {
            let verified = key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature);
            verified.map_err(|_unspecified| "not verified".into())
        }),
    })
}

fn es256() -> Result<Signed, Failed> {
    let pem = include_bytes!("../tests/keys/p256.pem");
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_malformed| "no key")?;
    let random = SystemRandom::new();
    let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = EcdsaKeyPair::from_pkcs8(signing, der.secret_pkcs8_der(), &random)
        .map_err(|rejected| rejected.to_string())?;
    let message = message("ES256");
    let signature = pair
        .sign(&random, message.as_bytes())
        .map_err(|_unspecified| "not signed")?;
    let signature = signature.as_ref().to_vec();
    let point = pair.public_key().as_ref().to_vec();
    let encode = |bytes: Option<&[u8]>| URL_SAFE_NO_PAD.encode(bytes.unwrap_or_default());
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "kid": "ES256",
        "x": encode(point.get(1..33)), "y": encode(point.get(33..)),
    });
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    Ok(Signed {
        algorithm: "ES256",
        token: format!("{message}.{}", encode(Some(&signature))),
        jwk,
        message: message.into_bytes(),
        signature,
        bare: Box::new(move |message, signature| {
            let verified = key.verify(message, signature);
            verified.map_err(|_unspecified| "not verified".into())
        }),
    })
}

/// The verifier with its key set at hand, and what it expects.
struct Warm {
    verifier: IdTokenVerifier,
    keys: Keys,
    policy: Policy,
}

fn verifier(signed: &[Signed]) -> Result<Warm, Failed> {
    let url: Url = KEYS.parse()?;
    let jwks: Vec<_> = signed.iter().map(|signed| &signed.jwk).collect();
    let recording = Recording::default();
    let answer = Answer {
        status: 200,
        headers: HeaderMap::new(),
        body: json!({"keys": jwks}).to_string().into_bytes(),
    };
    recording.record(Method::GET, url.clone(), answer);
    let source = KeySource {
        url,
        timeout: Duration::from_secs(1),
        allow_private: false,
    };
    let warm = Warm {
        verifier: IdTokenVerifier::new(&HttpClient::replaying(&recording)),
        keys: Keys {
            fixed: Vec::new(),
            set: Some(source),
        },
        policy: Policy::new(
            Issuers::exact(["https://accounts.example".to_owned()]),
            vec!["407408718192.apps.accounts.example".to_owned()],
            vec![SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256],
        ),
    };
    // The first one has the set fetched.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for signed in signed {
        runtime.block_on(warm.claims(&signed.token))?;
    }
    Ok(warm)
}

impl Warm {
    async fn claims(&self, token: &str) -> Result<(), Failed> {
        let presented = Presented {
            id_token: token,
            nonce: Some("d3v5JZ0zVw4bTfXlGZ9w1Q"),
            access_token: None,
        };
        let now = DateTime::from_timestamp(NOW, 0).ok_or("no time")?;
        let verified = self
            .verifier
            .verify(&presented, &self.keys, &self.policy, now);
        black_box(verified.await?);
        Ok(())
    }

    /// With the set at hand nothing waits, so no runtime is timed.
    fn verify(&self, token: &str) -> Result<(), Failed> {
        self.claims(token).now_or_never().ok_or("it waits")?
    }
}
