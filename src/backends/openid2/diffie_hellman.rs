//! OpenID 2.0's Diffie-Hellman exchange of a secret (§8.2.3, §8.4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use ring::digest::{SHA256, digest};

use crate::model::{Ids, NoRandomness};

/// The prime of appendix B, hexadecimal.
const MODULUS: &[u8] = b"dcf93a0b883972ec0e19989ac5a2ce310e1d37717e8d9571bb7623731866e61e\
f75a2e27898b057f9891c2e27a639c3f29b60814581cd3b2ca3986d2683705577d45c2e7e52dc81c7a171876e5cea74b\
1448bfdfaf18828efd2519f14e45e3826634af1949e5b535cc829a483b8a76223e5d490a257f05bdff16f2fb22c583ab";
/// The generator.
const GENERATOR: u8 = 2;
/// Bytes of our private number: so many as the secret is worth, twice.
const PRIVATE_LENGTH: usize = 64;
/// Bytes of an HMAC-SHA256 secret.
pub(super) const SECRET_LENGTH: usize = 32;

/// Our half of an exchange.
pub(super) struct Exchange {
    modulus: BigUint,
    private: BigUint,
}

impl Exchange {
    /// A new one.
    ///
    /// # Errors
    /// [`NoRandomness`] when the operating system gives none.
    pub(super) fn new(ids: &dyn Ids) -> Result<Self, NoRandomness> {
        let mut private = [0_u8; PRIVATE_LENGTH];
        ids.fill(&mut private)?;
        Ok(Self {
            modulus: BigUint::parse_bytes(MODULUS, 16).unwrap_or_default(),
            private: BigUint::from_bytes_be(&private) + 1_u8,
        })
    }

    /// What the provider is told.
    pub(super) fn public(&self) -> String {
        let public = BigUint::from(GENERATOR).modpow(&self.private, &self.modulus);
        STANDARD.encode(two_complement(&public))
    }

    /// The secret that the provider hid behind its half; `None` when either
    /// is not what it must be.
    pub(super) fn secret(&self, server_public: &str, hidden: &str) -> Option<[u8; SECRET_LENGTH]> {
        let public = BigUint::from_bytes_be(&STANDARD.decode(server_public).ok()?);
        let one = BigUint::from(1_u8);
        // Of 0, 1 and -1 anyone knows what the shared number comes to.
        if public <= one || public >= &self.modulus - one {
            return None;
        }
        let shared = public.modpow(&self.private, &self.modulus);
        let mask = digest(&SHA256, &two_complement(&shared));
        let mut secret: [u8; SECRET_LENGTH] = STANDARD.decode(hidden).ok()?.try_into().ok()?;
        for (byte, mask) in secret.iter_mut().zip(mask.as_ref()) {
            *byte ^= mask;
        }
        Some(secret)
    }
}

/// Big-endian two's complement of a number that is not negative (§4.2).
fn two_complement(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SystemIds;

    #[test]
    fn both_halves_come_to_the_same_secret() {
        let ours = Exchange::new(&SystemIds::default()).unwrap();
        let theirs = Exchange::new(&SystemIds::default()).unwrap();
        let secret = [7_u8; SECRET_LENGTH];
        // Hiding and finding are the same: XOR twice.
        let hidden = theirs
            .secret(&ours.public(), &STANDARD.encode(secret))
            .unwrap();
        assert_ne!(hidden, secret);
        let found = ours.secret(&theirs.public(), &STANDARD.encode(hidden));
        assert_eq!(found, Some(secret));
        assert_ne!(ours.public(), theirs.public());
    }

    #[test]
    fn a_number_whose_first_bit_is_set_gets_a_zero() {
        for (number, bytes) in [
            (0_u32, &[0][..]),
            (127, &[127]),
            (128, &[0, 128]),
            (32768, &[0, 128, 0]),
        ] {
            assert_eq!(two_complement(&BigUint::from(number)), bytes);
        }
    }

    #[test]
    fn oid2_8_a_half_that_gives_the_secret_away_is_refused() {
        let ours = Exchange::new(&SystemIds::default()).unwrap();
        let hidden = STANDARD.encode([7_u8; SECRET_LENGTH]);
        let last = &ours.modulus - 1_u8;
        for number in [
            BigUint::from(0_u8),
            BigUint::from(1_u8),
            last,
            ours.modulus.clone(),
        ] {
            let public = STANDARD.encode(two_complement(&number));
            assert_eq!(ours.secret(&public, &hidden), None, "{number}");
        }
        let good = Exchange::new(&SystemIds::default()).unwrap().public();
        assert!(ours.secret(&good, &hidden).is_some());
        assert_eq!(ours.secret(&good, &STANDARD.encode([7_u8; 20])), None);
        assert_eq!(ours.secret("not base64", &hidden), None);
    }

    #[test]
    fn the_modulus_is_of_1024_bits() {
        let ours = Exchange::new(&SystemIds::default()).unwrap();
        assert_eq!(ours.modulus.bits(), 1024);
    }
}
