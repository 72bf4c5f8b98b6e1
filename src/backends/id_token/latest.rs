//! A clock that does not go back.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// A clock set back by more than this many seconds, a day, ran ahead before.
const MAX_SET_BACK: i64 = 24 * 60 * 60;

/// The latest time that anybody has told.
///
/// A token that was refused as expired must not be good again because the
/// machine's clock is set back, nor may a used one be forgotten first and
/// good afterwards. So time stands still here until the clock has caught up:
/// for so long new tokens may be refused as too old, and none is taken twice.
/// A clock that comes back from more than a day ahead was wrong before, and
/// is believed: else one wrong second would refuse everybody until a restart.
#[derive(Debug)]
pub struct Latest(AtomicI64);

impl Default for Latest {
    /// Nobody has told a time yet.
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Latest {
    /// The time to go by, in seconds since 1970: `now`, or the latest before.
    pub fn tell(&self, now: DateTime<Utc>) -> i64 {
        let now = now.timestamp();
        let before = self.0.fetch_max(now, Ordering::Relaxed);
        if before.saturating_sub(now) > MAX_SET_BACK {
            self.0.store(now, Ordering::Relaxed);
            return now;
        }
        before.max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// JWT-24.
    #[test]
    fn time_stands_still_while_the_clock_is_set_back_and_goes_on_after_it() {
        let latest = Latest::default();
        for (now, told) in [
            (1_000_000, 1_000_000),
            (1_000_060, 1_000_060),
            (1_000_059, 1_000_060),
            (996_460, 1_000_060),
            (1_000_060 - MAX_SET_BACK, 1_000_060),
            (1_000_061, 1_000_061),
        ] {
            assert_eq!(latest.tell(at(now)), told, "{now}");
        }
    }

    #[test]
    fn a_clock_that_was_more_than_a_day_ahead_is_believed_when_it_is_right_again() {
        let latest = Latest::default();
        let (right, wrong) = (1_000_000, 1_000_000 + MAX_SET_BACK + 1);
        assert_eq!(latest.tell(at(wrong)), wrong);
        assert_eq!(latest.tell(at(right)), right);
        assert_eq!(latest.tell(at(right - 1)), right);
        assert_eq!(latest.tell(at(right + 1)), right + 1);
    }

    #[test]
    fn the_first_time_may_be_any() {
        assert_eq!(Latest::default().tell(at(-5)), -5);
    }
}
