//! `[session]`: our own tokens.

use std::time::Duration;

use chrono::TimeDelta;

use super::ours::Ours;
use super::sections::time;

/// `[session]`: lifetimes of our own tokens.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// 60 seconds to an hour.
    pub access_token_lifetime: Duration,
    /// An hour or more.
    pub refresh_token_lifetime: Duration,
    /// How old a sign-in may be that adds or removes social accounts: a second to
    /// a year; `None` for any age.
    pub association_max_auth_age: Option<TimeDelta>,
    /// However much a session is used: an hour or more.
    pub lifetime: Duration,
    /// Whether access tokens are random, and say nothing by themselves.
    pub opaque_access_tokens: bool,
}

impl SessionSettings {
    /// `None` when a fault was noted.
    pub(super) fn read(ours: &mut Ours) -> Option<Self> {
        let hour = Duration::from_hours(1);
        let access = ours.required("session.access_token_lifetime", |found| {
            time(found, Duration::from_mins(1)..=hour, "60 to 3600")
        });
        // Ten years at most: later sums of times must not overflow.
        let longest = Duration::from_hours(24 * 3650);
        let refresh = ours.required("session.refresh_token_lifetime", |found| {
            time(found, hour..=longest, "3600 to 315360000")
        });
        let year = Duration::from_hours(24 * 365);
        let association_max_auth_age = ours.optional("session.association_max_auth_age", |found| {
            let age = time(found, Duration::from_secs(1)..=year, "1 to 31536000")?;
            TimeDelta::from_std(age).map_err(|_too_long| found.wrong("seconds, 1 to 31536000"))
        });
        let lifetime = ours.required("session.lifetime", |found| {
            time(found, hour..=longest, "3600 to 315360000")
        });
        let opaque = ours.required("session.access_token_format", |found| {
            match found.text()?.as_str() {
                "jwt" => Ok(false),
                "opaque" => Ok(true),
                _ => Err(found.wrong("`jwt` or `opaque`")),
            }
        });
        Some(Self {
            lifetime: lifetime?,
            opaque_access_tokens: opaque?,
            access_token_lifetime: access?,
            refresh_token_lifetime: refresh?,
            association_max_auth_age,
        })
    }
}
