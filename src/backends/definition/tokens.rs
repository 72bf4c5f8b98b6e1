//! What a definition says of tokens beside their use: how an ID token is
//! validated, how tokens are renewed and given back.

use std::collections::BTreeMap;

use super::address::Address;
use super::call::Call;
use super::file::{self, Nonce};
use super::known::Known;
use super::user::Expected;
use super::{Path, Text, Value};

/// The algorithms that may sign an ID token.
const ALGORITHMS: [&str; 11] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256",
    "HS512",
];

/// `[id_token]`, compiled.
#[expect(
    dead_code,
    reason = "the engine that validates ID tokens is not built yet"
)]
pub(crate) struct IdToken {
    pub(super) issuers: Vec<Text>,
    pub(super) jwks: Option<Address>,
    /// PEM.
    pub(super) key: Option<String>,
    pub(super) algorithms: Vec<String>,
    pub(super) audience: Option<Text>,
    /// Seconds.
    pub(super) max_age: Option<u64>,
    pub(super) nonce: Nonce,
    pub(super) at_hash: bool,
    pub(super) require: Vec<(Path, Expected)>,
}

impl IdToken {
    /// Compiles `[id_token]`; errors name the key.
    pub(super) fn compile(table: file::IdToken, known: &Known) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("[id_token].{key}");
            move |reason: String| (key.clone(), reason)
        };
        if table.jwks.is_none() && table.key.is_none() && !known.discovers {
            return Err(at("jwks")(
                "is needed, or `key`, or [endpoints].issuer: who signs?".to_owned(),
            ));
        }
        if table.issuers.is_empty() && !known.discovers {
            return Err(at("issuers")(
                "is needed, or [endpoints].issuer: whose are they?".to_owned(),
            ));
        }
        let strange = |name: &&String| !ALGORITHMS.contains(&name.as_str());
        if table.algorithms.is_empty() || table.algorithms.iter().any(|name| strange(&name)) {
            return Err(at("algorithms")(format!(
                "expected some of {}",
                ALGORITHMS.join(", ")
            )));
        }
        let text = |key: &str, text: &String| Text::compile(text, known).map_err(at(key));
        Ok(Self {
            issuers: table
                .issuers
                .iter()
                .map(|issuer| text("issuers", issuer))
                .collect::<Result<_, _>>()?,
            jwks: table
                .jwks
                .map(|url| Address::compile(&url, &[], known))
                .transpose()
                .map_err(at("jwks"))?,
            key: table.key,
            algorithms: table.algorithms,
            audience: table
                .audience
                .map(|audience| text("audience", &audience))
                .transpose()?,
            max_age: table.max_age,
            nonce: table.nonce,
            at_hash: table.at_hash,
            require: required_claims(&table.require, known).map_err(at("require"))?,
        })
    }
}

/// Claims and what each must be.
fn required_claims(
    require: &BTreeMap<String, toml::Value>,
    known: &Known,
) -> Result<Vec<(Path, Expected)>, String> {
    require
        .iter()
        .map(|(claim, expected)| {
            Ok((
                Path::parse(claim)?,
                Expected::compile(expected, known)
                    .map_err(|reason| format!("{claim}: {reason}"))?,
            ))
        })
        .collect()
}

/// `[revoke]`, compiled.
#[expect(
    dead_code,
    reason = "the engine that gives tokens back is not built yet"
)]
pub(crate) struct Revoke {
    /// What is sent.
    pub(crate) call: Call,
    /// What must not be empty in a good answer; `None` where the status tells.
    pub(crate) ok: Option<Value>,
}

impl Revoke {
    /// Compiles `[revoke]`; errors name the key.
    pub(super) fn compile(
        mut table: file::Revoke,
        known: &Known,
    ) -> Result<Self, (String, String)> {
        let known = Known {
            has_uid: true,
            ..known.clone()
        };
        let ok = table
            .ok
            .take()
            .map(|ok| Value::compile(&ok, &known))
            .transpose()
            .map_err(|reason| ("[revoke].ok".to_owned(), reason))?;
        Ok(Self {
            call: Call::compile(table.into_call(), "[revoke]", &known)?,
            ok,
        })
    }
}

/// Compiles `[refresh]`; its URL is the token endpoint where it has none.
pub(super) fn refresh(
    table: file::Refresh,
    token_endpoint: Option<&str>,
    known: &Known,
) -> Result<Call, (String, String)> {
    let call = table.into_call(token_endpoint).ok_or_else(|| {
        (
            "[refresh].url".to_owned(),
            "is needed, or [endpoints].token".to_owned(),
        )
    })?;
    Call::compile(call, "[refresh]", known)
}
