//! Access tokens: JWTs as RFC 9068 has them (`typ: at+jwt`), signed by EdDSA.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{SessionError, SessionIssuer};
use crate::crypto::jose;
use crate::model::Ids;

const TYP: &str = "at+jwt";
/// How far another instance's clock may be ahead of ours.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(5);
/// What stands for a client where there is none: RFC 9068 wants one.
pub(crate) const UNREGISTERED: &str = "unregistered";

/// What a valid access token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whose it is.
    pub user_id: Uuid,
    /// The session that it belongs to; it may have ended since.
    pub session_id: Uuid,
    /// When the person signed in, whatever was refreshed since; `None` in a token
    /// that does not say.
    pub authenticated: Option<DateTime<Utc>>,
    /// The token's own id.
    pub token_id: Uuid,
    /// Who it is for.
    pub audience: String,
    /// When it was issued.
    pub issued: DateTime<Utc>,
    /// When it stops being valid.
    pub expires: DateTime<Utc>,
}

/// Of whom a token speaks.
pub(super) struct Subject<'a> {
    pub(super) user_id: Uuid,
    pub(super) session_id: Uuid,
    pub(super) authenticated: DateTime<Utc>,
    pub(super) client: Option<&'a str>,
    pub(super) audience: Option<&'a str>,
}

/// The claims as they are written. Times are unix seconds.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    exp: i64,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    /// RFC 9068, section 2.2.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    jti: Uuid,
    sid: Uuid,
}

impl SessionIssuer {
    /// Checks an access token that is for ourselves, and tells what it says.
    ///
    /// It needs no database: a session that ended, or a user who was
    /// deactivated, shows only to those who look.
    ///
    /// # Errors
    /// [`SessionError::InvalidToken`], whatever is wrong with it.
    pub fn verify(&self, bearer: &str, now: DateTime<Utc>) -> Result<AccessClaims, SessionError> {
        let claims = self.verify_for_anyone(bearer, now)?;
        let ours = claims.audience == self.issuer;
        ours.then_some(claims).ok_or(SessionError::InvalidToken)
    }

    /// Checks an access token of ours, whoever it is for.
    ///
    /// # Errors
    /// [`SessionError::InvalidToken`], whatever is wrong with it.
    pub fn verify_for_anyone(
        &self,
        bearer: &str,
        now: DateTime<Utc>,
    ) -> Result<AccessClaims, SessionError> {
        let claims: Claims = jose::verify(bearer, TYP, self.keys.verifying())
            .map_err(|_whatever| SessionError::InvalidToken)?;
        self.accept(claims, now).ok_or(SessionError::InvalidToken)
    }

    fn accept(&self, claims: Claims, now: DateTime<Utc>) -> Option<AccessClaims> {
        let issued = DateTime::from_timestamp(claims.iat, 0)?;
        let expires = DateTime::from_timestamp(claims.exp, 0)?;
        let not_before = DateTime::from_timestamp(claims.nbf.unwrap_or(claims.iat), 0)?;
        let latest_start = now.checked_add_signed(CLOCK_SKEW)?;
        let valid = claims.iss == self.issuer
            && now < expires
            && issued <= latest_start
            && not_before <= latest_start;
        let claims = AccessClaims {
            user_id: claims.sub.parse().ok()?,
            session_id: claims.sid,
            authenticated: (claims.auth_time)
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            token_id: claims.jti,
            audience: claims.aud,
            issued,
            expires,
        };
        valid.then_some(claims)
    }

    pub(super) fn sign_access_token(
        &self,
        subject: &Subject<'_>,
        lifetime: TimeDelta,
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<SecretString, SessionError> {
        let expires = now
            .checked_add_signed(lifetime)
            .ok_or(SessionError::Lifetime)?;
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: subject.user_id.to_string(),
            aud: subject.audience.unwrap_or(&self.issuer).to_owned(),
            client_id: Some(subject.client.unwrap_or(UNREGISTERED).to_owned()),
            exp: expires.timestamp(),
            iat: now.timestamp(),
            nbf: None,
            auth_time: Some(subject.authenticated.timestamp()),
            jti: ids.new_id(),
            sid: subject.session_id,
        };
        let key = self.keys.signing(now).ok_or(SessionError::NoKey)?;
        key.sign(TYP, &claims).map_err(SessionError::Signing)
    }
}
