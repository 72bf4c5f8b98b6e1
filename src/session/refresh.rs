//! Refresh tokens: opaque, known to us only by hashes, and turning.
//!
//! A token is two halves of 256 bit. The first stays for the session's life
//! and finds the session; the second turns with each use. The next second half
//! is derived from the present one and a salt of ours: whoever asks twice,
//! because an answer was lost or because it asked from several places at once,
//! gets the same one, and nobody can derive it from what is stored.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};

use crate::crypto::one_use;
use crate::model::{Ids, NoRandomness, Session, Turn};

/// How long the same successor is given to who asks again. After that a new
/// one takes its place, if it was never used.
const AGAIN_FOR: TimeDelta = TimeDelta::seconds(60);

/// A refresh token, as its client holds it.
#[derive(Debug, Clone)]
pub struct RefreshToken {
    stays: SecretString,
    turns: SecretString,
}

/// What becomes of a refresh token that was shown.
#[derive(Debug)]
pub(super) enum Shown {
    /// It turns; the new one is good once that is written.
    Turns(Box<Turn>, RefreshToken),
    /// It has turned, and its successor was not used: the same again.
    Again(RefreshToken),
    /// Its successor was used: somebody has a copy.
    Reused,
}

impl RefreshToken {
    /// A new token.
    pub(super) fn new(ids: &dyn Ids) -> Result<Self, NoRandomness> {
        Ok(Self {
            stays: one_use::new_token(ids)?,
            turns: one_use::new_token(ids)?,
        })
    }

    /// Reads a token; `None` when the text cannot be one of ours (an access
    /// token, say): there is nothing to look up.
    pub fn parse(text: &str) -> Option<Self> {
        let (stays, turns) = text.split_at_checked(text.len() / 2)?;
        let both = one_use::is_token(stays) && one_use::is_token(turns);
        both.then(|| Self {
            stays: stays.into(),
            turns: turns.into(),
        })
    }

    /// The token's text, for its client.
    pub fn text(&self) -> SecretString {
        format!(
            "{}{}",
            self.stays.expose_secret(),
            self.turns.expose_secret()
        )
        .into()
    }

    /// The hash by which its session is found.
    pub fn refresh_hash(&self) -> Vec<u8> {
        one_use::digest(self.stays.expose_secret()).to_vec()
    }

    /// Whether its session still takes it.
    pub fn is_good_for(&self, session: &Session) -> bool {
        let hash = self.turn_hash();
        let prior = session.prior_hash.as_ref();
        one_use::same(&session.turn_hash, &hash)
            || prior.is_some_and(|prior| one_use::same(prior, &hash))
    }

    pub(super) fn turn_hash(&self) -> Vec<u8> {
        one_use::digest(self.turns.expose_secret()).to_vec()
    }

    fn successor(&self, salt: &[u8]) -> Self {
        let text = one_use::hex(salt);
        Self {
            stays: self.stays.clone(),
            turns: one_use::token_of(one_use::keyed_digest(&self.turns, &text)),
        }
    }

    /// What becomes of it, shown for a session that it found. A new successor
    /// stops working `lifetime` later, or when the session ends.
    pub(super) fn shown(
        &self,
        session: &Session,
        lifetime: TimeDelta,
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<Shown, NoRandomness> {
        let hash = self.turn_hash();
        let is_prior =
            (session.prior_hash.as_ref()).is_some_and(|prior| one_use::same(prior, &hash));
        if is_prior && now.signed_duration_since(session.turned) < AGAIN_FOR {
            let successor = self.successor(&session.turn_salt);
            if one_use::same(&successor.turn_hash(), &session.turn_hash) {
                return Ok(Shown::Again(successor));
            }
        }
        if !is_prior && !one_use::same(&session.turn_hash, &hash) {
            return Ok(Shown::Reused);
        }
        let mut salt = vec![0; 32];
        ids.fill(&mut salt)?;
        let successor = self.successor(&salt);
        let expires = now.checked_add_signed(lifetime).unwrap_or(session.ends);
        let turn = Turn {
            session_id: session.id,
            from: session.turn_hash.clone(),
            turn_hash: successor.turn_hash(),
            turn_salt: salt,
            prior_hash: hash,
            turned: now,
            expires: expires.min(session.ends),
        };
        Ok(Shown::Turns(Box::new(turn), successor))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::SystemIds;

    const LIFETIME: TimeDelta = TimeDelta::days(30);

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn begun() -> (Session, RefreshToken) {
        let token = RefreshToken::new(&SystemIds::default()).unwrap();
        let session = Session {
            id: Uuid::from_u128(1),
            user_id: Uuid::from_u128(2),
            client: None,
            audience: None,
            refresh_hash: token.refresh_hash(),
            turn_hash: token.turn_hash(),
            turn_salt: Vec::new(),
            prior_hash: None,
            turned: at(0),
            created: at(0),
            expires: at(2_592_000),
            ends: at(31_536_000),
            revoked: None,
        };
        (session, token)
    }

    fn shown(session: &Session, token: &RefreshToken, second: i64) -> Shown {
        let ids = SystemIds::default();
        token.shown(session, LIFETIME, at(second), &ids).unwrap()
    }

    /// Turns the session's token, as the database would.
    fn turned(session: &mut Session, token: &RefreshToken, second: i64) -> RefreshToken {
        let Shown::Turns(turn, next) = shown(session, token, second) else {
            panic!("it does not turn");
        };
        assert_eq!(turn.from, session.turn_hash);
        session.turn_hash = turn.turn_hash;
        session.turn_salt = turn.turn_salt;
        session.prior_hash = Some(turn.prior_hash);
        session.turned = turn.turned;
        session.expires = turn.expires;
        next
    }

    #[test]
    fn ses_2_who_lost_the_answer_gets_the_same_successor_for_a_minute() {
        let (mut session, first) = begun();
        let second = turned(&mut session, &first, 10);
        for at in [10, 69] {
            let Shown::Again(again) = shown(&session, &first, at) else {
                panic!("{at}");
            };
            assert_eq!(
                again.text().expose_secret(),
                second.text().expose_secret(),
                "{at}"
            );
        }
    }

    #[test]
    fn ses_2_after_a_minute_a_fresh_successor_takes_the_place_of_the_unused_one() {
        let (mut session, first) = begun();
        let lost = turned(&mut session, &first, 10);
        let fresh = turned(&mut session, &first, 70);
        assert!(!lost.is_good_for(&session));
        assert!(fresh.is_good_for(&session));
        assert!(first.is_good_for(&session));
        assert!(matches!(shown(&session, &lost, 71), Shown::Reused));
    }

    #[test]
    fn ses_1_a_token_is_used_up_once_its_successor_was_used() {
        let (mut session, first) = begun();
        let second = turned(&mut session, &first, 10);
        let third = turned(&mut session, &second, 20);
        assert!(!first.is_good_for(&session));
        assert!(matches!(shown(&session, &first, 20), Shown::Reused));
        assert!(matches!(shown(&session, &second, 20), Shown::Again(_)));
        let fourth = turned(&mut session, &third, 30);
        for old in [&first, &second] {
            assert!(matches!(shown(&session, old, 30), Shown::Reused));
        }
        assert!(fourth.is_good_for(&session));
    }

    #[test]
    fn a_successor_cannot_be_told_from_what_is_stored() {
        let (mut session, first) = begun();
        let second = turned(&mut session, &first, 10);
        let stranger = RefreshToken::new(&SystemIds::default()).unwrap();
        let guess = RefreshToken {
            stays: first.stays.clone(),
            turns: stranger.turns,
        };
        let derived = guess.successor(&session.turn_salt);
        assert_ne!(derived.turn_hash(), second.turn_hash());
        assert!(matches!(shown(&session, &guess, 11), Shown::Reused));
    }

    #[test]
    fn ses_13_a_successor_lives_as_long_as_a_token_and_never_longer_than_the_session() {
        let (mut session, first) = begun();
        let second = turned(&mut session, &first, 10);
        assert_eq!(session.expires, at(10) + LIFETIME);
        let late = 31_536_000 - 60;
        turned(&mut session, &second, late);
        assert_eq!(session.expires, session.ends);
    }
}
