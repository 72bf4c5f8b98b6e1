//! What a definition says of ID tokens: `[id_token]`, compiled.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Path;
use super::file::{self, Nonce, OneOrMany};
use super::known::Known;
use super::scope::Scope;
use super::signed::{Signed, SignedKeys, Words};
use super::user::Expected;
use crate::backends::BackendError;

/// `[id_token]`, compiled.
pub(crate) struct IdToken {
    pub(crate) signed: Signed,
    /// Which tenants of an issuer with `{tenantid}` are taken; `None`: all.
    pub(crate) tenants: Option<Words>,
    /// Whom it must be for; none: our client ids.
    pub(crate) audience: Vec<Words>,
    /// Values of the header's `typ` beside `JWT`.
    pub(crate) types: Vec<String>,
    /// Seconds; `None` where the provider needs no time of its own.
    pub(crate) max_age: Option<u64>,
    nonce: Nonce,
    /// The provider writes it whenever it hands out an access token.
    pub(crate) at_hash: bool,
    /// Its SDK hands it over as an access token at times.
    pub(crate) as_access_token: bool,
    require: Vec<(String, Path, Expected)>,
}

impl IdToken {
    /// Compiles `[id_token]`; errors name the key.
    pub(super) fn compile(table: file::IdToken, known: &Known) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("[id_token].{key}");
            move |reason: String| (key.clone(), reason)
        };
        let keys = SignedKeys {
            issuers: table.issuers,
            jwks: table.jwks,
            key: table.key,
            algorithms: table.algorithms,
        };
        let signed = Signed::compile(keys, known).map_err(|(key, reason)| at(key)(reason))?;
        let words = |key: &str, text: &String| Words::compile(text, known).map_err(at(key));
        let audience = match table.audience {
            None => Vec::new(),
            Some(OneOrMany::One(one)) => vec![one],
            Some(OneOrMany::Many(several)) => several,
        };
        let audience = audience.iter().map(|text| words("audience", text));
        Ok(Self {
            signed,
            tenants: table
                .tenants
                .map(|text| words("tenants", &text))
                .transpose()?,
            audience: audience.collect::<Result<_, _>>()?,
            types: table.types,
            max_age: table.max_age,
            nonce: table.nonce,
            at_hash: table.at_hash,
            as_access_token: table.as_access_token,
            require: required_claims(&table.require, known).map_err(at("require"))?,
        })
    }

    /// What is expected where a file says nothing but who the provider is.
    pub(super) fn of_discovery(known: &Known) -> Result<Self, (String, String)> {
        Self::compile(file::IdToken::default(), known)
    }

    /// Whether a token without a nonce is refused.
    pub(crate) fn needs_nonce(&self) -> bool {
        self.nonce != Nonce::Optional
    }

    /// Whether the claim may be the nonce's SHA-256.
    pub(crate) fn hashes_nonce(&self) -> bool {
        self.nonce == Nonce::Sha256
    }

    /// Refuses claims that are not as they must be.
    ///
    /// # Errors
    /// `InvalidClaim` names the first.
    pub(crate) fn check_required(
        &self,
        claims: &Json,
        scope: &Scope<'_>,
    ) -> Result<(), BackendError> {
        let wrong = |(_, path, expected): &&(String, Path, Expected)| {
            !expected.holds(path.find(claims), scope)
        };
        match self.require.iter().find(wrong) {
            None => Ok(()),
            Some((claim, ..)) => Err(BackendError::InvalidClaim {
                claim: claim.clone(),
            }),
        }
    }
}

/// Claims and what each must be.
fn required_claims(
    require: &BTreeMap<String, toml::Value>,
    known: &Known,
) -> Result<Vec<(String, Path, Expected)>, String> {
    require
        .iter()
        .map(|(claim, expected)| {
            Ok((
                claim.clone(),
                Path::parse(claim)?,
                Expected::compile(expected, known)
                    .map_err(|reason| format!("{claim}: {reason}"))?,
            ))
        })
        .collect()
}
