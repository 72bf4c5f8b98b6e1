//! Values that are fetched once, in bounded memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Values by their names; beyond its room it forgets the oldest.
pub(super) struct Kept<T> {
    room: usize,
    values: Mutex<Values<T>>,
}

struct Values<T> {
    by_name: HashMap<String, T>,
    by_age: VecDeque<String>,
}

impl<T> Kept<T> {
    /// Keeps at most `room` values.
    pub(super) fn with_room(room: usize) -> Self {
        Self {
            room,
            values: Mutex::new(Values {
                by_name: HashMap::new(),
                by_age: VecDeque::new(),
            }),
        }
    }

    /// Keeps a value under a name that was never used.
    pub(super) fn put(&self, name: String, value: T) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.by_age.push_back(name.clone());
        values.by_name.insert(name, value);
        if values.by_age.len() > self.room
            && let Some(oldest) = values.by_age.pop_front()
        {
            values.by_name.remove(&oldest);
        }
    }

    /// Takes a value out; `None` when it is unknown, taken or forgotten.
    pub(super) fn take(&self, name: &str) -> Option<T> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.by_name.remove(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_once_and_the_oldest_is_forgotten() {
        let kept = Kept::with_room(2);
        for (name, value) in [("a", 1), ("b", 2), ("c", 3)] {
            kept.put(name.to_owned(), value);
        }
        assert_eq!(kept.take("a"), None);
        assert_eq!(kept.take("b"), Some(2));
        assert_eq!(kept.take("b"), None);
        kept.put("d".to_owned(), 4);
        assert_eq!((kept.take("c"), kept.take("d")), (Some(3), Some(4)));
        for name in 0..10 {
            kept.put(name.to_string(), 0);
        }
        let values = kept.values.lock().unwrap();
        assert_eq!((values.by_name.len(), values.by_age.len()), (2, 2));
    }
}
