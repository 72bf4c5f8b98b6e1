//! The shape of what is about signed tokens: by whom, for whom, how old.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::OneOrMany;

/// How an ID token is validated.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct IdToken {
    #[serde(default)]
    pub(in crate::backends::definition) issuers: Vec<String>,
    pub(in crate::backends::definition) tenants: Option<String>,
    pub(in crate::backends::definition) jwks: Option<String>,
    pub(in crate::backends::definition) key: Option<String>,
    #[serde(default)]
    pub(in crate::backends::definition) algorithms: Vec<String>,
    pub(in crate::backends::definition) audience: Option<OneOrMany>,
    #[serde(default)]
    pub(in crate::backends::definition) types: Vec<String>,
    pub(in crate::backends::definition) max_age: Option<u64>,
    #[serde(default)]
    pub(in crate::backends::definition) nonce: Nonce,
    #[serde(default)]
    pub(in crate::backends::definition) at_hash: bool,
    #[serde(default)]
    pub(in crate::backends::definition) require: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub(in crate::backends::definition) as_access_token: bool,
}

/// What is asked of an ID token's nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::backends::definition) enum Nonce {
    /// Compared where one was given.
    #[default]
    Optional,
    /// Must be there and equal.
    Required,
    /// As required; its SHA-256 counts as well.
    Sha256,
}

/// How credentials begin, where the provider's begin alike.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct Begins {
    #[serde(default)]
    pub(in crate::backends::definition) access_token: Vec<String>,
    #[serde(default)]
    pub(in crate::backends::definition) code: Vec<String>,
}
