//! Id tokens: of a sign-in, and to order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::forgery::{self, at_hash};
use super::keys::{Keys, Signer};
use crate::sandbox::now;
use crate::sandbox::token::Grant;
use crate::sandbox::unique::unique;

/// How long an id token is valid. In seconds.
const LIFETIME: i64 = 600;
/// How long ago the token of an `expired:` person expired. In seconds.
const HOUR: i64 = 3600;

/// What an id token shall be like.
pub(super) struct Order {
    pub(super) nonce: Option<String>,
    /// The token that `at_hash` goes with; `None` leaves it out.
    pub(super) access_token: Option<String>,
    /// In seconds; may be negative.
    pub(super) ttl: i64,
    pub(super) alg: String,
    pub(super) signer: Signer,
    /// Faults of `forgery.rs`.
    pub(super) faults: Vec<&'static str>,
    /// These stand in place of those of the person.
    pub(super) claims: Map<String, Value>,
    pub(super) header: Map<String, Value>,
    /// Members that are left out of the claims and the header.
    pub(super) without: Vec<String>,
    /// The text of the claims, to the letter.
    pub(super) raw_claims: Option<String>,
    /// The text of the header, to the letter.
    pub(super) raw_header: Option<String>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            nonce: None,
            access_token: None,
            ttl: LIFETIME,
            alg: "RS256".to_owned(),
            signer: Signer::Current,
            faults: Vec::new(),
            claims: Map::new(),
            header: Map::new(),
            without: Vec::new(),
            raw_claims: None,
            raw_header: None,
        }
    }
}

impl Order {
    /// The token; `None` when there is no such `alg` or key.
    pub(super) fn fill(&self, issuer: &str, grant: &Grant, keys: &Keys) -> Option<String> {
        let other = self.faults.contains(&"other-key");
        let named = keys.of(self.signer)?;
        let pair = if other {
            keys.of(Signer::Other)?
        } else {
            named.clone()
        };
        let mut header = Map::from_iter([
            ("alg".to_owned(), json!(self.alg)),
            ("typ".to_owned(), json!("JWT")),
            ("kid".to_owned(), json!(named.kid(&self.alg))),
        ]);
        let mut claims = self.claims_of(issuer, grant);
        for fault in &self.faults {
            forgery::header(fault, &mut header, &pair);
            forgery::claims(fault, &mut claims);
        }
        for (members, overrides) in [(&mut header, &self.header), (&mut claims, &self.claims)] {
            members.extend(overrides.clone());
            members.retain(|name, _| !self.without.contains(name));
        }
        let text = |raw: &Option<String>, members| {
            let text = raw.clone();
            URL_SAFE_NO_PAD.encode(text.unwrap_or_else(|| forgery::text(members, &self.faults)))
        };
        let header = text(&self.raw_header, &header);
        let claims = text(&self.raw_claims, &claims);
        let input = format!("{header}.{claims}");
        let signature = forgery::sign((keys, &pair), &self.alg, &input, &self.faults)?;
        Some(forgery::compact(&input, &signature, &self.faults))
    }

    /// What the token says; a token's name rules here as it does elsewhere.
    fn claims_of(&self, issuer: &str, grant: &Grant) -> Map<String, Value> {
        let mut claims = grant.person.userinfo();
        claims.remove("sub");
        let mut say = |claim: &str, value: Option<Value>| {
            if let Some(value) = value {
                claims.insert(claim.to_owned(), value);
            }
        };
        let now = i64::try_from(now()).unwrap_or(i64::MAX);
        let begin = if grant.expired {
            now.saturating_sub(HOUR).saturating_sub(self.ttl)
        } else {
            now
        };
        say("iss", Some(json!(issuer)));
        say("sub", grant.binding_subject.clone());
        say("aud", grant.app.clone());
        say("iat", Some(json!(begin)));
        say("exp", Some(json!(begin.saturating_add(self.ttl))));
        say("nonce", self.nonce.as_deref().map(Value::from));
        let hash = self.access_token.as_deref();
        say(
            "at_hash",
            hash.map(|token| at_hash(&self.alg, token).into()),
        );
        // Two tokens of one second are two.
        say("jti", Some(json!(unique())));
        claims
    }
}
