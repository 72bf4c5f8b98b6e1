//! Reads and verifies what the issuer signs, by its published keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Value, json};

use super::client::{get, send};
use crate::sandbox::Sandbox;

/// A token's parts, decoded.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signature: Vec<u8>,
}

pub(super) fn decode(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

impl Token {
    pub(super) fn read(text: &str) -> Self {
        let mut parts = text.split('.');
        let mut next = || decode(parts.next().unwrap().trim_end_matches('='));
        let [header, claims] = [next(), next()].map(|json| serde_json::from_slice(&json).unwrap());
        Self {
            text: text.to_owned(),
            header,
            claims,
            signature: text.split('.').nth(2).map(|_| next()).unwrap_or_default(),
        }
    }

    /// What is signed.
    pub(super) fn input(&self) -> &str {
        let parts: Vec<_> = self.text.match_indices('.').collect();
        &self.text[..parts.get(1).map_or(self.text.len(), |(at, _)| *at)]
    }

    /// The text of the header or the claims.
    pub(super) fn part(&self, number: usize) -> String {
        String::from_utf8(decode(self.text.split('.').nth(number).unwrap())).unwrap()
    }

    /// Whether the key of that `kid` in the set, and no other, signed it.
    pub(super) fn is_signed_by(&self, keys: &[Value]) -> bool {
        let Some(key) = keys.iter().find(|key| key["kid"] == self.header["kid"]) else {
            return false;
        };
        let number = |name: &str| decode(key[name].as_str().unwrap());
        let (input, signature) = (self.input().as_bytes(), &self.signature);
        let rsa = |padding| {
            let components = RsaPublicKeyComponents {
                n: number("n"),
                e: number("e"),
            };
            components.verify(padding, input, signature).is_ok()
        };
        match self.header["alg"].as_str() {
            Some("RS256") => rsa(&RSA_PKCS1_2048_8192_SHA256),
            Some("PS256") => rsa(&RSA_PSS_2048_8192_SHA256),
            Some("ES256") => {
                let point = [vec![4], number("x"), number("y")].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(input, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// The keys that the issuer publishes.
pub(super) async fn keys(sandbox: &Sandbox) -> Vec<Value> {
    let set = get(sandbox, "/oidc/jwks", &[]).await.json();
    set["keys"].as_array().unwrap().clone()
}

/// An id token to order.
pub(super) async fn ordered(sandbox: &Sandbox, order: Value) -> Token {
    let json = ("Content-Type", "application/json");
    let body = order.to_string();
    let answer = send(sandbox, "POST", "/oidc/id_token", &[json], &body).await;
    assert_eq!(answer.status, 200, "{order}: {}", answer.text());
    Token::read(answer.json()["id_token"].as_str().unwrap())
}

/// One with that fault, of alice, with a nonce and an `at_hash`.
pub(super) async fn faulty(sandbox: &Sandbox, fault: &str) -> Token {
    let order = json!({"fault": fault, "nonce": "n", "access_token": "alice"});
    ordered(sandbox, order).await
}
