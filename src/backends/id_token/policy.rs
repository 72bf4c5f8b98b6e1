//! What is expected of a provider's ID tokens.

use chrono::TimeDelta;
use serde_json::Value as Json;

use super::{Issuers, invalid};
use crate::backends::BackendError;
use crate::crypto::jose::{SignatureAlgorithm, VerifiedJws};
use crate::model::JsonMap;

/// How old a token may be that a provider says nothing else about.
pub const DEFAULT_MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// Values of a claim `typ` that are no ID token's: Keycloak signs its other
/// tokens with the same keys and for the same audience.
const OTHER_KINDS: [&str; 4] = ["Bearer", "Refresh", "Offline", "Logout"];

/// What ID tokens of one provider must be, for one operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Whose tokens are taken.
    pub issuers: Issuers,
    /// Our client ids there. Nobody's token is taken while it is empty.
    pub audiences: Vec<String>,
    /// Others that may stand in `aud` beside us.
    pub trusted_audiences: Vec<String>,
    /// The algorithms that the provider signs with.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// How old a token may be, from its `iat`.
    pub max_age: TimeDelta,
    /// What must be of its nonce.
    pub nonce: NonceRule,
    /// What must be of its `at_hash`, when an access token comes along.
    pub at_hash: AtHash,
    /// Values of the header's `typ` beside `JWT`, and beside none at all.
    pub types: Vec<String>,
    /// Claims that must have exactly these values.
    pub require: Vec<(String, Json)>,
}

/// What must be of a token's nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonceRule {
    /// A token without one is refused, even when none is expected.
    pub required: bool,
    /// The claim may be the nonce's SHA-256, in lower-case hexadecimal digits
    /// or base64url, as Apple's SDKs have it.
    pub hashed: bool,
    /// Nonces are not compared at all: the operator's own risk.
    pub skipped: bool,
}

impl NonceRule {
    /// In both or in neither, and the same.
    pub const OPTIONAL: Self = Self {
        required: false,
        hashed: false,
        skipped: false,
    };
}

/// What must be of `at_hash`, when an access token comes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtHash {
    /// It must be there and match.
    Required,
    /// It must match if it is there.
    IfPresent,
}

impl Policy {
    /// A policy of these issuers, our client ids and algorithms; as strict as
    /// OpenID Connect is in all else.
    pub fn new(
        issuers: Issuers,
        audiences: Vec<String>,
        algorithms: Vec<SignatureAlgorithm>,
    ) -> Self {
        Self {
            issuers,
            audiences,
            trusted_audiences: Vec::new(),
            algorithms,
            max_age: DEFAULT_MAX_AGE,
            nonce: NonceRule::OPTIONAL,
            at_hash: AtHash::Required,
            types: Vec::new(),
            require: Vec::new(),
        }
    }

    /// Whether the token is an ID token at all, by whatever it says of itself.
    pub(super) fn check_type(&self, token: &VerifiedJws) -> Result<(), BackendError> {
        let by_header = match token.typ() {
            None => true,
            Some(typ) => {
                typ.eq_ignore_ascii_case("JWT") || self.types.iter().any(|other| other == typ)
            }
        };
        let of_another_kind = |typ: &str| {
            let mut kinds = OTHER_KINDS.iter();
            kinds.any(|kind| kind.eq_ignore_ascii_case(typ))
        };
        let claimed = token.claims().get("typ").and_then(Json::as_str);
        if !by_header || claimed.is_some_and(of_another_kind) {
            return Err(invalid("typ"));
        }
        // Logout tokens and security events (RFC 8417) have our audience too.
        if token.claims().contains_key("events") {
            return Err(invalid("events"));
        }
        Ok(())
    }

    pub(super) fn check_required(&self, claims: &JsonMap) -> Result<(), BackendError> {
        for (claim, expected) in &self.require {
            if claims.get(claim) != Some(expected) {
                return Err(invalid(claim));
            }
        }
        Ok(())
    }
}
