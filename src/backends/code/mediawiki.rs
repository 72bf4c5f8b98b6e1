//! `MediaWiki`: who somebody is comes as a JWT that our consumer secret signs.
//!
//! It answers one question and no other: it names our consumer key, the wiki
//! that was asked, the nonce of the request's signature, and when it ends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::Value as Json;
use url::Url;

use super::{Asked, Code};
use crate::backends::BackendError;
use crate::model::JsonMap;

/// Longest JWT that is looked at, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// How far the wiki's clock and ours may be apart, in seconds.
const LEEWAY: i64 = 10;

/// Reads and verifies the answer of `Special:OAuth/identify`.
#[derive(Debug)]
pub(super) struct MediaWiki;

impl Code for MediaWiki {
    fn name(&self) -> &'static str {
        "mediawiki"
    }

    fn read(&self, body: &[u8], asked: &Asked<'_>) -> Option<Result<Json, BackendError>> {
        Some(identity(body, asked))
    }
}

/// The claims, when all of it holds.
fn identity(body: &[u8], asked: &Asked<'_>) -> Result<Json, BackendError> {
    let malformed = BackendError::MalformedResponse;
    let jwt = std::str::from_utf8(body)
        .map(str::trim)
        .ok()
        .filter(|text| text.len() <= MAX_LENGTH)
        .ok_or(malformed.clone())?;
    // Refusals come with status 200, as a JSON object or a sentence.
    if jwt.starts_with('{') || jwt.starts_with("Error") {
        return Err(BackendError::CredentialRejected);
    }
    let (signed, signature) = jwt.rsplit_once('.').ok_or(malformed.clone())?;
    let (header, payload) = signed.split_once('.').ok_or(malformed.clone())?;
    let header = object(header).ok_or(malformed.clone())?;
    if header.get("alg") != Some(&"HS256".into()) || header.contains_key("crit") {
        return Err(invalid("alg"));
    }
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_not_base64| malformed.clone())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, asked.client.1.as_bytes());
    hmac::verify(&key, signed.as_bytes(), &signature).map_err(|_other| invalid("signature"))?;
    let claims = object(payload).ok_or(malformed)?;
    check(&claims, asked)?;
    Ok(Json::Object(claims))
}

fn object(part: &str) -> Option<JsonMap> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Holds the claims to what was asked, of whom, and when.
fn check(claims: &JsonMap, asked: &Asked<'_>) -> Result<(), BackendError> {
    let issuer = Url::parse(text(claims, "iss")?).map_err(|_no_url| invalid("iss"))?;
    // Some wikis name themselves by http: the host is who they are.
    let host = (issuer.host_str(), issuer.port());
    if host.0.is_none() || host != (asked.url.host_str(), asked.url.port()) {
        return Err(invalid("iss"));
    }
    let is_ours = |audience: &Json| audience.as_str() == Some(asked.client.0);
    let for_us = match required(claims, "aud")? {
        Json::Array(audiences) => audiences.iter().any(is_ours),
        audience => is_ours(audience),
    };
    if !for_us {
        return Err(invalid("aud"));
    }
    if asked.nonce != Some(text(claims, "nonce")?) {
        return Err(invalid("nonce"));
    }
    let now = asked.now.timestamp();
    if time(claims, "exp")?.saturating_add(LEEWAY) <= now {
        return Err(invalid("exp"));
    }
    if time(claims, "iat")?.saturating_sub(LEEWAY) > now {
        return Err(invalid("iat"));
    }
    Ok(())
}

fn required<'c>(claims: &'c JsonMap, claim: &str) -> Result<&'c Json, BackendError> {
    claims.get(claim).ok_or_else(|| BackendError::MissingClaim {
        claim: claim.to_owned(),
    })
}

fn text<'c>(claims: &'c JsonMap, claim: &str) -> Result<&'c str, BackendError> {
    let given = required(claims, claim)?.as_str();
    given.ok_or_else(|| invalid(claim))
}

/// Seconds since 1970.
fn time(claims: &JsonMap, claim: &str) -> Result<i64, BackendError> {
    let given = required(claims, claim)?.as_i64();
    given.ok_or_else(|| invalid(claim))
}

fn invalid(claim: &str) -> BackendError {
    BackendError::InvalidClaim {
        claim: claim.to_owned(),
    }
}

#[cfg(test)]
mod tests;
