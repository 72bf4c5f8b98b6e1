//! Names that nobody else has.

use std::sync::atomic::{AtomicU64, Ordering};

use ring::rand::{SecureRandom as _, SystemRandom};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A name of this process alone, of hexadecimal digits, not to be guessed.
pub(super) fn unique() -> String {
    let mut bytes = [0; 16];
    // The keys were made at the start, so there is randomness; the number
    // alone would still tell two names apart.
    let filled = SystemRandom::new().fill(&mut bytes);
    debug_assert!(filled.is_ok(), "no randomness");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:032x}{number:x}", u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_differ_from_their_first_digits() {
        let [one, two] = [unique(), unique()];
        assert_ne!(one[..32], two[..32]);
        assert!(one.len() > 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
