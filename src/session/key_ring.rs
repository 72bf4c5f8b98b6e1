//! Our signing keys: which one signs now, and which only verify.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretBox};
use serde_json::{Value, json};

use super::SessionError;
use crate::crypto::jose::{SigningKey, VerifyingKey};

/// How long a key is published before it signs: twice the time for which our
/// key set may be cached.
pub const PUBLISHED_AHEAD: TimeDelta = TimeDelta::minutes(10);

/// Keys, the one that is to sign first.
#[derive(Debug)]
pub(super) struct KeyRing {
    keys: Vec<RingKey>,
    /// Their public halves, in the same order.
    verifying: Vec<VerifyingKey>,
}

#[derive(Debug)]
struct RingKey {
    signing: SigningKey,
    since: DateTime<Utc>,
}

/// What a signing key does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// Its thumbprint (RFC 7638), the `kid` of tokens.
    pub kid: String,
    /// What it does.
    pub state: KeyState,
}

/// What a signing key does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It is published, and signs from that moment on.
    Published {
        /// From when it signs.
        signs_from: DateTime<Utc>,
    },
    /// It signs.
    Signs,
    /// Tokens that it signed are still accepted.
    Verifies,
}

impl KeyRing {
    pub(super) fn new(seeds: &[SecretBox<[u8; 32]>]) -> Result<Self, SessionError> {
        let mut ring = Self {
            keys: Vec::new(),
            verifying: Vec::new(),
        };
        for seed in seeds {
            let signing =
                SigningKey::from_seed(seed.expose_secret()).map_err(SessionError::Signing)?;
            if ring
                .verifying
                .iter()
                .any(|known| known.kid() == signing.kid())
            {
                return Err(SessionError::SameKeyTwice);
            }
            ring.verifying.push(signing.verifying().clone());
            ring.keys.push(RingKey {
                signing,
                since: DateTime::<Utc>::MIN_UTC,
            });
        }
        if ring.keys.is_empty() {
            return Err(SessionError::NoKey);
        }
        Ok(ring)
    }

    pub(super) fn seen(&mut self, kid: &str, since: DateTime<Utc>) {
        for key in &mut self.keys {
            if key.signing.kid() == kid {
                key.since = since;
            }
        }
    }

    /// The first key that was published long enough; else the oldest, which
    /// others are the likeliest to know.
    pub(super) fn signing(&self, now: DateTime<Utc>) -> Option<&SigningKey> {
        let published = self.keys.iter().find(|key| key.signs_from() <= now);
        let oldest = || self.keys.iter().min_by_key(|key| key.since);
        published.or_else(oldest).map(|key| &key.signing)
    }

    pub(super) fn verifying(&self) -> &[VerifyingKey] {
        &self.verifying
    }

    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<&Value> = self.verifying.iter().map(VerifyingKey::jwk).collect();
        json!({ "keys": keys })
    }

    pub(super) fn fingerprints(&self) -> Vec<String> {
        let kids = self.verifying.iter().map(|key| key.kid().to_owned());
        kids.collect()
    }

    pub(super) fn statuses(&self, now: DateTime<Utc>) -> Vec<KeyStatus> {
        let signing = self.signing(now).map(SigningKey::kid);
        let mut before = true;
        let statuses = self.keys.iter().map(|key| {
            let kid = key.signing.kid();
            let signs = Some(kid) == signing;
            let state = match (signs, before) {
                (true, _) => KeyState::Signs,
                (false, true) => KeyState::Published {
                    signs_from: key.signs_from(),
                },
                (false, false) => KeyState::Verifies,
            };
            before = before && !signs;
            KeyStatus {
                kid: kid.to_owned(),
                state,
            }
        });
        statuses.collect()
    }
}

impl RingKey {
    fn signs_from(&self) -> DateTime<Utc> {
        let from = self.since.checked_add_signed(PUBLISHED_AHEAD);
        from.unwrap_or(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(byte: u8) -> SecretBox<[u8; 32]> {
        SecretBox::new(Box::new([byte; 32]))
    }

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
    }

    /// A new key before an old one, each first seen at that minute.
    fn ring(new: i64, old: i64) -> KeyRing {
        let mut ring = KeyRing::new(&[seed(2), seed(1)]).unwrap();
        let kids = ring.fingerprints();
        ring.seen(&kids[0], minute(new));
        ring.seen(&kids[1], minute(old));
        ring
    }

    #[test]
    fn ses_7_a_new_key_signs_once_it_was_published_long_enough() {
        let ring = ring(0, -1000);
        let kids = ring.fingerprints();
        let signs = |at| ring.signing(minute(at)).unwrap().kid().to_owned();
        assert_eq!(signs(0), kids[1]);
        assert_eq!(signs(9), kids[1]);
        assert_eq!(signs(10), kids[0]);
        let states = |at| ring.statuses(minute(at)).into_iter().map(|one| one.state);
        let published = KeyState::Published {
            signs_from: minute(10),
        };
        assert!(states(9).eq([published, KeyState::Signs]));
        assert!(states(10).eq([KeyState::Signs, KeyState::Verifies]));
    }

    #[test]
    fn a_first_key_signs_at_once_and_of_two_new_ones_the_older() {
        let mut alone = KeyRing::new(&[seed(1)]).unwrap();
        let kid = alone.fingerprints().remove(0);
        alone.seen(&kid, minute(0));
        assert_eq!(alone.signing(minute(0)).unwrap().kid(), kid);
        let both = ring(5, 3);
        assert_eq!(
            both.signing(minute(6)).unwrap().kid(),
            both.fingerprints()[1]
        );
    }

    #[test]
    fn a_key_of_which_nothing_is_told_signs_at_once() {
        let ring = KeyRing::new(&[seed(2), seed(1)]).unwrap();
        let first = ring.fingerprints().remove(0);
        assert_eq!(ring.signing(minute(0)).unwrap().kid(), first);
    }
}
