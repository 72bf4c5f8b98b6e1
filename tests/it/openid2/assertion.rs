//! Assertions as a provider makes them, and as others would like them to be.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use ring::hmac;
use serde_json::{Map, Value, json};
use sociable::model::{Clock as _, SystemClock};

use super::salt;

pub(crate) const NS: &str = "http://specs.openid.net/auth/2.0";
pub(crate) const CALLBACK: &str = "https://app.example/callback";
pub(crate) const STEAM_ID: &str = "76561197960287930";

/// The parameters of a callback.
#[derive(Clone)]
pub(crate) struct Assertion {
    parameters: BTreeMap<String, String>,
    signed: Vec<String>,
}

impl Assertion {
    /// A good one of a provider's person, whose endpoint is `/openid`.
    pub(crate) fn of(provider: &str, person: &str) -> Self {
        let identity = format!("{provider}/id/{person}");
        Self::at(&format!("{provider}/openid"), &identity)
    }

    /// A good one of Steam.
    pub(crate) fn of_steam() -> Self {
        let identity = format!("https://steamcommunity.com/openid/id/{STEAM_ID}");
        Self::at("https://steamcommunity.com/openid/login", &identity)
    }

    /// A good one of that endpoint and identity.
    pub(crate) fn at(endpoint: &str, identity: &str) -> Self {
        let mut assertion = Self {
            parameters: BTreeMap::new(),
            signed: Vec::new(),
        };
        for (name, value) in [("ns", NS), ("mode", "id_res"), ("sig", "c2lnbmF0dXJl")] {
            assertion.set(name, value);
        }
        for (name, value) in [
            ("op_endpoint", endpoint),
            ("claimed_id", identity),
            ("identity", identity),
            ("return_to", CALLBACK),
            ("response_nonce", &nonce(TimeDelta::zero())),
            ("assoc_handle", "a-handle"),
        ] {
            assertion.sign(name, value);
        }
        assertion
    }

    /// Sets a parameter, named without `openid.`.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.parameters
            .insert(format!("openid.{name}"), value.to_owned());
    }

    /// Sets a parameter that the provider signs.
    pub(crate) fn sign(&mut self, name: &str, value: &str) {
        self.set(name, value);
        self.signed.push(name.to_owned());
    }

    /// A parameter that is not OpenID's own.
    pub(crate) fn beside(&mut self, name: &str, value: &str) {
        self.parameters.insert(name.to_owned(), value.to_owned());
    }

    /// Leaves a parameter out, but not of what is said to be signed.
    pub(crate) fn remove(&mut self, name: &str) {
        self.parameters.remove(&format!("openid.{name}"));
    }

    /// Leaves a parameter out of what is signed.
    pub(crate) fn unsign(&mut self, name: &str) {
        self.signed.retain(|signed| signed != name);
    }

    /// Signs it with a shared secret.
    pub(crate) fn sign_with(&mut self, handle: &str, secret: &[u8]) {
        self.set("assoc_handle", handle);
        let mut text = String::new();
        for name in &self.signed {
            let value = &self.parameters[&format!("openid.{name}")];
            text.extend([name, ":", value, "\n"]);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let signature = hmac::sign(&key, text.as_bytes());
        self.set("sig", &STANDARD.encode(signature));
    }

    pub(crate) fn parameters(&self) -> Map<String, Value> {
        let mut parameters: Map<String, Value> = self
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        parameters.insert("openid.signed".to_owned(), self.signed.join(",").into());
        parameters
    }

    /// The body of the sign-up.
    pub(crate) fn body(&self, provider: &str) -> Value {
        json!({"provider": provider, "openid": self.parameters()})
    }
}

/// A nonce of so long after now.
pub(crate) fn nonce(later: TimeDelta) -> String {
    let time = (SystemClock.now() + later).format("%Y-%m-%dT%H:%M:%SZ");
    format!("{time}{}", salt())
}
