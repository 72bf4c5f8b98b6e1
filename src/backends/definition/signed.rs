//! Who signs the JWTs of a provider, and with what.

use super::Value;
use super::address::Address;
use super::known::Known;
use super::scalar::as_text;
use super::scope::Scope;
use super::text::Text;
use crate::crypto::jose::SignatureAlgorithm;
use serde_json::Value as Json;

/// The algorithms that a file may name.
const ALGORITHMS: [&str; 11] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256",
    "HS512",
];

/// Who signs, and with what.
pub(crate) struct Signed {
    /// None of them: what discovery says.
    pub(crate) issuers: Vec<Words>,
    /// `None`: where discovery says, or the configured key alone.
    pub(crate) jwks: Option<Address>,
    /// A public key in PEM, or in base64 alone.
    pub(crate) key: Option<Words>,
    pub(crate) algorithms: Vec<SignatureAlgorithm>,
}

/// The keys of a file that say so.
pub(super) struct SignedKeys {
    pub(super) issuers: Vec<String>,
    pub(super) jwks: Option<String>,
    pub(super) key: Option<String>,
    pub(super) algorithms: Vec<String>,
}

/// Texts that are written in the file, or come from the operator's settings.
pub(crate) enum Words {
    /// This very text.
    Written(String),
    /// What a template gives: a text or a list.
    Set(Value),
}

impl Signed {
    /// Compiles the keys; errors name the key.
    pub(super) fn compile(keys: SignedKeys, known: &Known) -> Result<Self, (&'static str, String)> {
        if keys.jwks.is_none() && keys.key.is_none() && !known.discovers {
            return Err((
                "jwks",
                "is needed, or `key`, or [endpoints].issuer: who signs?".to_owned(),
            ));
        }
        if keys.issuers.is_empty() && !known.discovers {
            return Err((
                "issuers",
                "is needed, or [endpoints].issuer: whose are they?".to_owned(),
            ));
        }
        let words =
            |key, text: &String| Words::compile(text, known).map_err(|reason| (key, reason));
        let issuers = keys.issuers.iter().map(|issuer| words("issuers", issuer));
        Ok(Self {
            issuers: issuers.collect::<Result<_, _>>()?,
            jwks: keys
                .jwks
                .map(|url| Address::compile(&url, &[], known))
                .transpose()
                .map_err(|reason| ("jwks", reason))?,
            key: keys.key.map(|key| words("key", &key)).transpose()?,
            algorithms: algorithms(&keys.algorithms).ok_or_else(|| {
                let known = ALGORITHMS.join(", ");
                ("algorithms", format!("expected some of {known}"))
            })?,
        })
    }
}

/// RS256 where none is named; `None` when one is not known.
fn algorithms(names: &[String]) -> Option<Vec<SignatureAlgorithm>> {
    if names.is_empty() {
        return Some(vec![SignatureAlgorithm::Rs256]);
    }
    names.iter().map(|name| name.parse().ok()).collect()
}

impl Words {
    /// Reads a text; its templates may look at settings and our client id.
    pub(super) fn compile(text: &str, known: &Known) -> Result<Self, String> {
        if !Text::is_template(text) {
            return Ok(Self::Written(text.to_owned()));
        }
        let value = Value::compile(&toml::Value::String(text.to_owned()), known)?;
        if value.only_of(&["setting", "client.key"]) {
            Ok(Self::Set(value))
        } else {
            Err("only settings can be asked for here".to_owned())
        }
    }

    /// The texts; none where nothing is set.
    pub(crate) fn texts(&self, scope: &Scope<'_>) -> Vec<String> {
        let value = match self {
            Self::Written(text) => return vec![text.clone()],
            Self::Set(value) => value.eval(scope),
        };
        let several = match value {
            Json::Array(several) => several,
            one => vec![one],
        };
        let texts = several.iter().map(as_text);
        texts.filter(|text| !text.is_empty()).collect()
    }
}
