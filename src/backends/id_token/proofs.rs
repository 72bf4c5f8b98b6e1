//! What ties an ID token to what came with it: nonce and access token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use super::{AtHash, NonceRule, invalid};
use crate::backends::BackendError;
use crate::crypto::jose::VerifiedJws;
use crate::crypto::one_use::{digest, hex, same};
use crate::model::JsonMap;

impl NonceRule {
    /// In both or in neither, and the same.
    pub(super) fn check(
        self,
        claims: &JsonMap,
        expected: Option<&str>,
    ) -> Result<(), BackendError> {
        if self.skipped {
            return Ok(());
        }
        let good = match (claims.get("nonce"), expected) {
            (None, None) => !self.required,
            (Some(Json::String(given)), Some(expected)) => {
                !expected.is_empty() && self.is_of(given, expected)
            }
            _ => false,
        };
        if good {
            Ok(())
        } else {
            Err(BackendError::NonceMismatch)
        }
    }

    fn is_of(self, given: &str, expected: &str) -> bool {
        let equal = |other: &str| same(given.as_bytes(), other.as_bytes());
        if equal(expected) {
            return true;
        }
        let digest = digest(expected);
        self.hashed && (equal(&hex(&digest)) || equal(&URL_SAFE_NO_PAD.encode(digest)))
    }
}

/// Whether the access token is the one that was issued with the ID token.
pub(super) fn check_at_hash(
    token: &VerifiedJws,
    rule: AtHash,
    access_token: Option<&str>,
) -> Result<(), BackendError> {
    let Some(access_token) = access_token else {
        return Ok(());
    };
    let good = match token.claims().get("at_hash") {
        None => rule == AtHash::IfPresent,
        Some(Json::String(given)) => {
            let expected = token.algorithm().half_hash(access_token);
            same(given.as_bytes(), expected.as_bytes())
        }
        Some(_) => false,
    };
    if good {
        Ok(())
    } else {
        Err(invalid("at_hash"))
    }
}
