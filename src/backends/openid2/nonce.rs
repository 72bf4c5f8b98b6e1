//! The response nonce: fresh, and of the form that §10.1 gives it.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::message::invalid;
use crate::backends::BackendError;
use crate::model::Nonce;

/// How far a provider's clock may be from ours, and an assertion under way.
const WINDOW: TimeDelta = TimeDelta::minutes(5);
/// Longest nonce, in characters.
const MAX_LENGTH: usize = 255;
/// The time at its start, to the second.
const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";
/// Its length in characters.
const TIME_LENGTH: usize = 20;

/// The nonce of an endpoint's assertion, to be used up.
///
/// # Errors
/// `Expired` when it is too old, `InvalidClaim` when it is not of that form
/// or of a time to come.
pub(super) fn fresh(endpoint: &str, text: &str, now: DateTime<Utc>) -> Result<Nonce, BackendError> {
    let (time, salt) = parse(text).ok_or_else(|| invalid("response_nonce"))?;
    if time > now + WINDOW {
        return Err(invalid("response_nonce"));
    }
    if time < now - WINDOW {
        return Err(BackendError::Expired);
    }
    Ok(Nonce {
        server_url: endpoint.to_owned(),
        timestamp: time.timestamp(),
        salt: salt.to_owned(),
    })
}

fn parse(text: &str) -> Option<(DateTime<Utc>, &str)> {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !printable || text.len() > MAX_LENGTH {
        return None;
    }
    let (time, salt) = text.split_at_checked(TIME_LENGTH)?;
    let parsed = NaiveDateTime::parse_from_str(time, TIME).ok()?.and_utc();
    // One time has one text: else one nonce would be two.
    let one_text = parsed.format(TIME).to_string() == time;
    // A leap second would be the second before it once more.
    (one_text && parsed.timestamp_subsec_nanos() == 0).then_some((parsed, salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Result<Nonce, BackendError> {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        fresh("https://openid.example/", text, now)
    }

    #[test]
    fn oid2_5_a_nonce_is_five_minutes_around_now() {
        for good in ["2026-11-21T11:55:00Z", "2026-11-21T12:05:00Zabc+/="] {
            let nonce = at(good).unwrap();
            assert_eq!(nonce.salt, &good[20..]);
        }
        assert_eq!(at("2026-11-21T11:54:59Zx"), Err(BackendError::Expired));
        assert_eq!(at("2026-11-21T12:05:01Zx"), Err(invalid("response_nonce")));
    }

    #[test]
    fn oid2_5_a_nonce_has_a_time_with_z_and_is_printable() {
        let long = format!("2026-11-21T12:00:00Z{}", "x".repeat(236));
        for bad in [
            "",
            "x",
            "2026-11-21T12:00:00",
            "2026-11-21T12:00:00x",
            "2026-11-21T12:00:00+00:00",
            "2026-11-21t12:00:00z",
            "2026-11-21 12:00:00Z",
            "2026-11-21T12:00:60Zx",
            "2026-11-21T12:00: 0Zx",
            "2026-11-21T12:00:00Z a",
            "2026-11-21T12:00:00Zé",
            "2026-11-21T12:00:0éZ",
            "2026-13-21T12:00:00Z",
            &long,
        ] {
            assert_eq!(at(bad), Err(invalid("response_nonce")), "{bad}");
        }
        assert!(at(&long[..255]).is_ok());
    }
}
