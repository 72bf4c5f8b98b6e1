//! On which terms tokens are issued: how long they live, and for whom.

use std::time::Duration;

use chrono::TimeDelta;

use super::SessionError;

/// How long what we issue lives. Whole seconds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Of an access token: 10 minutes, unless there is a reason.
    pub access: Duration,
    /// Of a refresh token that is not used: 30 days, unless there is a reason.
    pub refresh: Duration,
    /// Of a session, however much it is used: a year, unless there is a reason.
    pub session: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access: Duration::from_mins(10),
            refresh: Duration::from_hours(30 * 24),
            session: Duration::from_hours(365 * 24),
        }
    }
}

/// What an access token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFormat {
    /// A JWT that whoever has our keys can check.
    Jwt,
    /// Random; only we can tell what it is.
    Opaque,
}

/// The terms of a session.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The registered client; `None` for no client.
    pub client: Option<String>,
    /// Who access tokens are for; `None` for ourselves.
    pub audience: Option<String>,
    pub(super) access: TimeDelta,
    pub(super) refresh: TimeDelta,
    pub(super) session: TimeDelta,
}

impl Terms {
    /// Terms of no client, for ourselves.
    ///
    /// # Errors
    /// [`SessionError::Lifetime`] when one is shorter than a second, or beyond
    /// the calendar.
    pub fn new(lifetimes: Lifetimes) -> Result<Self, SessionError> {
        Ok(Self {
            client: None,
            audience: None,
            access: whole_seconds(lifetimes.access)?,
            refresh: whole_seconds(lifetimes.refresh)?,
            session: whole_seconds(lifetimes.session)?,
        })
    }
}

pub(super) fn whole_seconds(lifetime: Duration) -> Result<TimeDelta, SessionError> {
    i64::try_from(lifetime.as_secs())
        .ok()
        .filter(|seconds| *seconds > 0)
        .and_then(TimeDelta::try_seconds)
        .ok_or(SessionError::Lifetime)
}
