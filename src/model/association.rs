//! A social account of a user: python-social-auth's `UserMixin`.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::JsonMap;

/// What is kept of a provider's answer beside the uid. May hold tokens.
pub type ExtraData = JsonMap;

/// A token that dies within this many seconds counts as expired.
const ACCESS_TOKEN_EXPIRED_THRESHOLD: i64 = 5;
/// `expires` above this many seconds (two years) is a point in time.
const LONGEST_RELATIVE_EXPIRY: i64 = 63_072_000;

/// A social account that belongs to a user, as stored.
#[derive(Clone, PartialEq)]
pub struct Association {
    /// Our id of the association.
    pub id: Uuid,
    /// The user that it belongs to.
    pub user_id: Uuid,
    /// The backend's name.
    pub provider: String,
    /// The provider's id of the person: opaque, compared by bytes.
    pub uid: String,
    /// Tokens and profile values, opened.
    pub extra_data: ExtraData,
    /// The address that the person proved by it the last time, folded by
    /// [`email_key`](super::email_key); `None` when they never did.
    pub proven_email_key: Option<String>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was last written.
    pub modified: DateTime<Utc>,
}

impl fmt::Debug for Association {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Association")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// `expires`, `expires_in` or `expires_on` is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` of the stored provider data is not a number of seconds")]
pub struct InvalidExpiry {
    /// The key at fault.
    pub field: &'static str,
}

impl Association {
    /// The provider's access token: text, or an object for OAuth 1.
    ///
    /// `None` when none is stored.
    pub fn access_token(&self) -> Option<&Value> {
        self.extra_data
            .get("access_token")
            .filter(|token| !token.is_null())
    }

    /// Time left until the provider's token expires; negative once it has.
    ///
    /// `None` when the provider said nothing of it. `expires_on` is a point in
    /// time, `expires_in` counts from `auth_time`, `expires` is either, by size.
    pub fn expiration_timedelta(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Option<TimeDelta>, InvalidExpiry> {
        if let Some(seconds) = self.seconds("expires_on")? {
            return until(seconds, now, "expires_on").map(Some);
        }
        if let Some(seconds) = self.seconds("expires_in")? {
            return self.relative(seconds, now, "expires_in").map(Some);
        }
        match self.seconds("expires")? {
            Some(seconds) if seconds > LONGEST_RELATIVE_EXPIRY => {
                until(seconds, now, "expires").map(Some)
            }
            Some(seconds) => self.relative(seconds, now, "expires").map(Some),
            None => Ok(None),
        }
    }

    /// The moment at which the provider's token expires; `None` when unknown.
    pub fn expiration_datetime(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, InvalidExpiry> {
        let left = self.expiration_timedelta(now)?;
        Ok(left.and_then(|left| now.checked_add_signed(left)))
    }

    /// Whether the provider's token has expired, or will within 5 seconds.
    pub fn access_token_expired(&self, now: DateTime<Utc>) -> Result<bool, InvalidExpiry> {
        let left = self.expiration_timedelta(now)?;
        Ok(left.is_some_and(|left| left.num_seconds() <= ACCESS_TOKEN_EXPIRED_THRESHOLD))
    }

    /// Merges `extra_data` into what is there: new keys win, others stay.
    ///
    /// Tells whether anything changed.
    pub fn set_extra_data(&mut self, extra_data: ExtraData) -> bool {
        let before = self.extra_data.clone();
        self.extra_data.extend(extra_data);
        before != self.extra_data
    }

    fn relative(
        &self,
        seconds: i64,
        now: DateTime<Utc>,
        field: &'static str,
    ) -> Result<TimeDelta, InvalidExpiry> {
        let span = TimeDelta::try_seconds(seconds).ok_or(InvalidExpiry { field })?;
        let start = self
            .seconds("auth_time")
            .unwrap_or_default()
            .and_then(|auth_time| DateTime::from_timestamp(auth_time, 0));
        let Some(start) = start else { return Ok(span) };
        let end = start
            .checked_add_signed(span)
            .ok_or(InvalidExpiry { field })?;
        Ok(end - now)
    }

    fn seconds(&self, field: &'static str) -> Result<Option<i64>, InvalidExpiry> {
        let invalid = InvalidExpiry { field };
        match self.extra_data.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number
                .as_i64()
                .or_else(|| number.as_f64().and_then(whole_seconds))
                .map(Some)
                .ok_or(invalid),
            Some(Value::String(text)) => {
                text.trim().parse().map(Some).map_err(|_unparsable| invalid)
            }
            Some(_) => Err(invalid),
        }
    }
}

/// Drops the fraction of a number of seconds; `None` when out of range.
fn whole_seconds(seconds: f64) -> Option<i64> {
    let text = format!("{:.0}", seconds.trunc());
    text.parse().ok()
}

fn until(
    seconds: i64,
    now: DateTime<Utc>,
    field: &'static str,
) -> Result<TimeDelta, InvalidExpiry> {
    let end = DateTime::from_timestamp(seconds, 0).ok_or(InvalidExpiry { field })?;
    Ok(end - now)
}

/// An association that does not exist yet.
///
/// Only a verified identity makes one: its constructor is called in
/// `backends::verified` and nowhere else (a test of the house holds that).
#[derive(Clone, PartialEq)]
pub struct NewAssociation {
    id: Uuid,
    user_id: Uuid,
    provider: String,
    uid: String,
    extra_data: ExtraData,
    proven_email_key: Option<String>,
    created: DateTime<Utc>,
}

impl fmt::Debug for NewAssociation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAssociation")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl NewAssociation {
    /// An association of a verified `(provider, uid)` with a user.
    pub(crate) fn of_verified(
        id: Uuid,
        user_id: Uuid,
        (provider, uid): (String, String),
        created: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            user_id,
            provider,
            uid,
            extra_data: ExtraData::new(),
            proven_email_key: None,
            created,
        }
    }

    /// Our id of the association.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The user that it will belong to.
    pub fn user_id(&self) -> Uuid {
        self.user_id
    }

    /// The backend's name.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The provider's id of the person.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Tokens and profile values.
    pub fn extra_data(&self) -> &ExtraData {
        &self.extra_data
    }

    /// Tokens and profile values, to fill or to seal.
    pub fn extra_data_mut(&mut self) -> &mut ExtraData {
        &mut self.extra_data
    }

    /// The folded address that is proven with it; `None` when none is.
    pub fn proven_email_key(&self) -> Option<&str> {
        self.proven_email_key.as_deref()
    }

    /// Says which address is proven with it, folded.
    pub fn prove_email(&mut self, key: String) {
        self.proven_email_key = Some(key);
    }

    /// When it is made.
    pub fn created(&self) -> DateTime<Utc> {
        self.created
    }

    /// The association as it will be once committed.
    pub fn as_association(&self) -> Association {
        Association {
            id: self.id,
            user_id: self.user_id,
            provider: self.provider.clone(),
            uid: self.uid.clone(),
            extra_data: self.extra_data.clone(),
            proven_email_key: self.proven_email_key.clone(),
            created: self.created,
            modified: self.created,
        }
    }
}
