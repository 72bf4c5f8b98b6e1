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

/// What a valid access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// When it was issued.
    pub issued: DateTime<Utc>,
    /// When it stops being valid.
    pub expires: DateTime<Utc>,
}

/// The claims as they are written. Times are unix seconds.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
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
    /// Checks an access token of ours and tells what it says.
    ///
    /// It needs no database: a session that ended, or a user who was
    /// deactivated, shows only to those who look.
    ///
    /// # Errors
    /// [`SessionError::InvalidToken`], whatever is wrong with it.
    pub fn verify(&self, bearer: &str, now: DateTime<Utc>) -> Result<AccessClaims, SessionError> {
        let claims: Claims = jose::verify(bearer, TYP, &self.verifying)
            .map_err(|_whatever| SessionError::InvalidToken)?;
        self.accept(&claims, now).ok_or(SessionError::InvalidToken)
    }

    fn accept(&self, claims: &Claims, now: DateTime<Utc>) -> Option<AccessClaims> {
        let issued = DateTime::from_timestamp(claims.iat, 0)?;
        let expires = DateTime::from_timestamp(claims.exp, 0)?;
        let not_before = DateTime::from_timestamp(claims.nbf.unwrap_or(claims.iat), 0)?;
        let latest_start = now.checked_add_signed(CLOCK_SKEW)?;
        let valid = claims.iss == self.issuer
            && claims.aud == self.issuer
            && now < expires
            && issued <= latest_start
            && not_before <= latest_start;
        let claims = AccessClaims {
            user_id: claims.sub.parse().ok()?,
            session_id: claims.sid,
            authenticated: (claims.auth_time)
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            token_id: claims.jti,
            issued,
            expires,
        };
        valid.then_some(claims)
    }

    pub(super) fn sign_access_token(
        &self,
        (user_id, session_id, authenticated): (Uuid, Uuid, DateTime<Utc>),
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<SecretString, SessionError> {
        let expires = now
            .checked_add_signed(self.access)
            .ok_or(SessionError::Lifetime)?;
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: user_id.to_string(),
            aud: self.issuer.clone(),
            exp: expires.timestamp(),
            iat: now.timestamp(),
            nbf: None,
            auth_time: Some(authenticated.timestamp()),
            jti: ids.new_id(),
            sid: session_id,
        };
        self.signing
            .sign(TYP, &claims)
            .map_err(SessionError::Signing)
    }
}
