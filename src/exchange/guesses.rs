//! Wrong tokens, counted for each sender, so that nobody goes on guessing.
//!
//! Only wrong ones are refused: a right token works from any address. What
//! protects it is its 256 bits; were its sender locked out, one guest would lock
//! out all that share an office's address. The count is this instance's own.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Wrong tokens of one sender that are told what they are, in [`WINDOW`].
const TOLD: usize = 20;
/// Time for which a wrong token counts.
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// Senders that are counted at most; beyond it wrong tokens of others are
/// refused as if theirs had been too many.
const SENDERS: usize = 10_000;

/// A sender: of IPv6 the network, since a customer has all of it. Those that
/// are not known are one.
type Network = Option<IpAddr>;

/// Wrong tokens of late, by sender.
#[derive(Debug, Default)]
pub struct Guesses {
    senders: Mutex<HashMap<Network, VecDeque<DateTime<Utc>>>>,
}

impl Guesses {
    /// Counts a wrong token. The whole seconds to wait, when there were too many
    /// of this sender's in a minute; `None` when it may be told what it is.
    pub fn wrong(&self, sender: Option<IpAddr>, now: DateTime<Utc>) -> Option<u64> {
        // A clock that was set back must lock nobody out until it has caught up.
        let counts = |at: &DateTime<Utc>| now.signed_duration_since(at).abs() < WINDOW;
        let sender = sender.map(network);
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if senders.len() >= SENDERS && !senders.contains_key(&sender) {
            senders.retain(|_, wrong| wrong.back().is_some_and(counts));
            if senders.len() >= SENDERS {
                return Some(seconds_until(now, now));
            }
        }
        let wrong = senders.entry(sender).or_default();
        wrong.retain(counts);
        match wrong.front() {
            Some(oldest) if wrong.len() >= TOLD => Some(seconds_until(*oldest, now)),
            _ => {
                wrong.push_back(now);
                None
            }
        }
    }
}

/// Seconds until one of that moment counts no more; at least one.
fn seconds_until(at: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    let left = WINDOW - now.signed_duration_since(at);
    u64::try_from(left.num_seconds()).unwrap_or_default() + 1
}

fn network(sender: IpAddr) -> IpAddr {
    match sender.to_canonical() {
        address @ IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn of(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn twenty_wrong_tokens_a_minute_are_told_and_then_none() {
        let guesses = Guesses::default();
        for second in 0..20 {
            assert_eq!(guesses.wrong(Some(of("192.0.2.1")), at(second)), None);
        }
        assert_eq!(guesses.wrong(Some(of("192.0.2.1")), at(20)), Some(41));
        assert_eq!(guesses.wrong(Some(of("192.0.2.1")), at(59)), Some(2));
        assert_eq!(
            guesses.wrong(Some(of("192.0.2.2")), at(59)),
            None,
            "of another"
        );
        assert_eq!(
            guesses.wrong(Some(of("192.0.2.1")), at(60)),
            None,
            "one is over"
        );
        assert_eq!(guesses.wrong(Some(of("192.0.2.1")), at(60)), Some(2));
        assert_eq!(
            guesses.wrong(Some(of("192.0.2.1")), at(-3600)),
            None,
            "set back"
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_sender_and_ipv4_is_the_same_in_either_form() {
        let guesses = Guesses::default();
        for number in 0..20 {
            let inside = format!("2001:db8:0:1::{number:x}");
            assert_eq!(guesses.wrong(Some(of(&inside)), at(0)), None);
            let mapped = ["192.0.2.1", "::ffff:192.0.2.1"][number % 2];
            assert_eq!(guesses.wrong(Some(of(mapped)), at(0)), None);
            assert_eq!(guesses.wrong(None, at(0)), None);
        }
        for limited in [
            Some(of("2001:db8:0:1:ffff::1")),
            Some(of("192.0.2.1")),
            None,
        ] {
            assert!(guesses.wrong(limited, at(0)).is_some(), "{limited:?}");
        }
        assert_eq!(guesses.wrong(Some(of("2001:db8:0:2::1")), at(0)), None);
    }

    #[test]
    fn no_more_senders_are_kept_than_a_bound() {
        let guesses = Guesses::default();
        let sender = |number: u32| Some(IpAddr::from(number.to_be_bytes()));
        let kept = u32::try_from(SENDERS).unwrap();
        for number in 0..kept {
            assert_eq!(guesses.wrong(sender(number), at(0)), None);
        }
        assert!(guesses.wrong(sender(kept), at(1)).is_some(), "full");
        assert_eq!(guesses.wrong(sender(0), at(1)), None, "a known one");
        assert_eq!(guesses.wrong(sender(kept), at(60)), None, "room again");
        let senders = guesses.senders.lock().unwrap().len();
        assert_eq!(senders, 2);
    }
}
