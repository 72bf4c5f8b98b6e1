//! DH-SHA256, as OpenID Authentication 2.0 §8.1.2 and §8.2.3 want it.

use num_bigint::BigUint;
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};

/// The modulus when none is given (appendix B), in hexadecimal.
const MODULUS: &str = "\
    dcf93a0b883972ec0e19989ac5a2ce310e1d37717e8d9571bb7623731866e61e\
    f75a2e27898b057f9891c2e27a639c3f29b60814581cd3b2ca3986d268370557\
    7d45c2e7e52dc81c7a171876e5cea74b1448bfdfaf18828efd2519f14e45e382\
    6634af1949e5b535cc829a483b8a76223e5d490a257f05bdff16f2fb22c583ab";
/// No larger number is calculated with. In bytes.
const LARGEST: usize = 512;

/// The server's public number, and the key hidden by what both can tell.
///
/// `None` when the numbers are too large, or there is nothing to hide behind.
pub(super) fn hide(
    key: &[u8],
    modulus: Option<&[u8]>,
    generator: Option<&[u8]>,
    consumer: &[u8],
) -> Option<(Vec<u8>, Vec<u8>)> {
    let number = |bytes: &[u8]| (bytes.len() <= LARGEST).then(|| BigUint::from_bytes_be(bytes));
    let modulus = match modulus {
        Some(modulus) => number(modulus)?,
        None => BigUint::parse_bytes(MODULUS.as_bytes(), 16)?,
    };
    let generator = match generator {
        Some(generator) => number(generator)?,
        None => BigUint::from(2_u8),
    };
    let consumer = number(consumer)?;
    let least = BigUint::from(2_u8);
    if modulus < BigUint::from(5_u8) || generator < least || consumer < least {
        return None;
    }
    let mut secret = [0; 64];
    SystemRandom::new().fill(&mut secret).ok()?;
    let secret = BigUint::from_bytes_be(&secret);
    let public = btwoc(&generator.modpow(&secret, &modulus));
    let shared = btwoc(&consumer.modpow(&secret, &modulus));
    let mask = digest::digest(&digest::SHA256, &shared);
    let hidden = key.iter().zip(mask.as_ref()).map(|(key, mask)| key ^ mask);
    Some((public, hidden.collect()))
}

/// The shortest big-endian two's complement of a number (§4.2).
fn btwoc(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_side_finds_the_key() {
        let key = [7; 32];
        let modulus = BigUint::parse_bytes(MODULUS.as_bytes(), 16).unwrap();
        let secret = BigUint::from(123_456_789_u32);
        let consumer = btwoc(&BigUint::from(2_u8).modpow(&secret, &modulus));
        let (public, hidden) = hide(&key, None, None, &consumer).unwrap();
        let shared = BigUint::from_bytes_be(&public).modpow(&secret, &modulus);
        let mask = digest::digest(&digest::SHA256, &btwoc(&shared));
        let found: Vec<u8> = hidden
            .iter()
            .zip(mask.as_ref())
            .map(|(a, b)| a ^ b)
            .collect();
        assert_eq!(found, key);
    }

    #[test]
    fn numbers_that_hide_nothing_are_refused() {
        let key = [7; 32];
        assert!(hide(&key, None, None, &[1]).is_none());
        assert!(hide(&key, Some(&[0]), None, &[9]).is_none());
        assert!(hide(&key, None, Some(&[0]), &[9]).is_none());
        assert!(hide(&key, None, None, &[9; LARGEST + 1]).is_none());
    }

    #[test]
    fn a_number_with_its_highest_bit_set_stays_positive() {
        assert_eq!(btwoc(&BigUint::from(127_u8)), [127]);
        assert_eq!(btwoc(&BigUint::from(128_u8)), [0, 128]);
        assert_eq!(btwoc(&BigUint::from(0_u8)), [0]);
    }
}
