//! When an ID token is good: `exp`, `nbf`, `iat`, and its age.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::invalid;
use crate::backends::BackendError;
use crate::model::JsonMap;

/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// The longest life that a token may claim, in seconds: a year of 366 days.
/// The longest that a provider is known to give is a week.
const MAX_LIFE: i64 = 366 * 24 * 60 * 60;

/// The last second that is read: the end of the year 9999.
const END_OF_TIME: i64 = 253_402_300_799;

/// When the token is good no more, leeway included.
///
/// `now` is in seconds since 1970. The leeway is for clocks, so `max_age` has
/// none: it is ours to choose.
///
/// # Errors
/// `InvalidClaim`, `Expired`, `NotYetValid`.
pub(super) fn check(
    claims: &JsonMap,
    max_age: TimeDelta,
    now: i64,
) -> Result<DateTime<Utc>, BackendError> {
    let expires = seconds(claims, "exp")?.ok_or_else(|| invalid("exp"))?;
    let issued = seconds(claims, "iat")?.ok_or_else(|| invalid("iat"))?;
    let not_before = seconds(claims, "nbf")?;
    if !(0..=MAX_LIFE).contains(&(expires - issued)) {
        return Err(invalid("exp"));
    }
    let expires = expires + LEEWAY;
    if expires <= now || now - issued > max_age.num_seconds() {
        return Err(BackendError::Expired);
    }
    if issued.max(not_before.unwrap_or(issued)) > now + LEEWAY {
        return Err(BackendError::NotYetValid);
    }
    DateTime::from_timestamp(expires, 0).ok_or_else(|| invalid("exp"))
}

/// A time in whole seconds since 1970; `None` when it is not there.
///
/// # Errors
/// `InvalidClaim` when it is no integer, before 1970, or beyond all calendars.
fn seconds(claims: &JsonMap, name: &str) -> Result<Option<i64>, BackendError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let time = match value {
        Json::Number(number) => number.as_i64(),
        _ => None,
    };
    let time = time.filter(|time| (0..=END_OF_TIME).contains(time));
    time.map(Some).ok_or_else(|| invalid(name))
}
