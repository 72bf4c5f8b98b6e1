//! Remembers what was seen before, in bounded memory.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use ring::digest;

/// Digests of texts; beyond its room it forgets the oldest.
pub(super) struct Seen {
    room: usize,
    digests: Mutex<Digests>,
}

#[derive(Default)]
struct Digests {
    known: HashSet<[u8; 32]>,
    by_age: VecDeque<[u8; 32]>,
}

impl Seen {
    /// Remembers at most `room` texts.
    pub(super) fn with_room(room: usize) -> Self {
        Self {
            room,
            digests: Mutex::default(),
        }
    }

    /// Remembers a text; `false` when it was there already.
    pub(super) fn insert(&self, text: &str) -> bool {
        let digest = sha256(text);
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if !digests.known.insert(digest) {
            return false;
        }
        digests.by_age.push_back(digest);
        if digests.by_age.len() > self.room
            && let Some(oldest) = digests.by_age.pop_front()
        {
            digests.known.remove(&oldest);
        }
        true
    }

    /// Whether the text is remembered.
    pub(super) fn contains(&self, text: &str) -> bool {
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        digests.known.contains(&sha256(text))
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first_and_memory_stays_bounded() {
        let seen = Seen::with_room(2);
        assert!(seen.insert("one"));
        assert!(!seen.insert("one"));
        assert!(seen.insert("two"));
        assert!(seen.insert("three"));
        assert!(!seen.contains("one"));
        assert!(seen.contains("two") && seen.contains("three"));
        let digests = seen.digests.lock().unwrap();
        assert_eq!((digests.known.len(), digests.by_age.len()), (2, 2));
    }
}
