//! Tests of sealing: SEC-1 to SEC-3 of the threat model, and bad luck.

use std::collections::HashSet;

use super::*;
use crate::model::SystemIds;

const ROW: &[&str] = &[
    "social_auth_usersocialauth",
    "row-1",
    "github",
    "583231",
    "access_token",
];
const TOKEN: &[u8] = b"gho_the-token-of-octocat";

fn key(byte: u8) -> SecretBox<[u8; 32]> {
    SecretBox::new(Box::new([byte; 32]))
}

fn sealer(bytes: &[u8]) -> Sealer {
    let keys: Vec<_> = bytes.iter().copied().map(key).collect();
    Sealer::new(&keys).unwrap()
}

fn seal(sealer: &Sealer) -> String {
    sealer.seal(TOKEN, ROW, &SystemIds::default()).unwrap()
}

#[test]
fn what_is_sealed_opens_again() {
    let sealer = sealer(&[1]);
    let ids = SystemIds::default();
    for plaintext in [TOKEN, b"", &vec![0; 100_000]] {
        let value = sealer.seal(plaintext, ROW, &ids).unwrap();
        assert_eq!(sealer.open(&value, ROW).unwrap(), plaintext);
    }
}

#[test]
fn a_sealed_value_shows_nothing_of_its_text_and_is_never_the_same() {
    let sealer = sealer(&[1]);
    let all: HashSet<String> = (0..100).map(|_| seal(&sealer)).collect();
    assert_eq!(all.len(), 100);
    for value in all {
        let raw = URL_SAFE_NO_PAD
            .decode(value.rsplit('.').next().unwrap())
            .unwrap();
        assert!(
            !raw.windows(8)
                .any(|part| TOKEN.windows(8).any(|text| text == part))
        );
    }
}

#[test]
fn a_value_copied_to_another_row_does_not_open() {
    let sealer = sealer(&[1]);
    let value = seal(&sealer);
    for (place, other) in ["users", "row-2", "gitlab", "583232", "refresh_token"]
        .iter()
        .enumerate()
    {
        let mut bound_to = ROW.to_vec();
        bound_to[place] = other;
        assert_eq!(sealer.open(&value, &bound_to), Err(SealError::Refused));
    }
    assert_eq!(sealer.open(&value, &[]), Err(SealError::Refused));
}

#[test]
fn shifting_text_from_one_binding_to_the_next_does_not_open() {
    let sealer = sealer(&[1]);
    let ids = SystemIds::default();
    let value = sealer.seal(TOKEN, &["ab", "c"], &ids).unwrap();
    for other in [
        &["a", "bc"][..],
        &["abc"],
        &["ab", "c", ""],
        &["", "ab", "c"],
    ] {
        assert_eq!(sealer.open(&value, other), Err(SealError::Refused));
    }
}

#[test]
fn a_value_with_any_bit_changed_does_not_open() {
    let sealer = sealer(&[1]);
    let value = seal(&sealer);
    let (head, text) = value.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(text).unwrap();
    for bit in 0..raw.len() * 8 {
        let mut changed = raw.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let changed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(changed));
        assert_eq!(sealer.open(&changed, ROW), Err(SealError::Refused));
    }
}

#[test]
fn a_value_cut_anywhere_does_not_open_and_does_not_panic() {
    let sealer = sealer(&[1]);
    let value = seal(&sealer);
    for length in 0..value.len() {
        assert!(sealer.open(&value[..length], ROW).is_err(), "{length}");
    }
    let id = sealer.current.id();
    assert_eq!(sealer.open("", ROW), Err(SealError::Empty));
    assert_eq!(
        sealer.open(&format!("v1.{id}."), ROW),
        Err(SealError::Truncated)
    );
    let short = URL_SAFE_NO_PAD.encode([7; SALT_LENGTH + TAG_LENGTH - 1]);
    assert_eq!(
        sealer.open(&format!("v1.{id}.{short}"), ROW),
        Err(SealError::Truncated)
    );
}

#[test]
fn a_value_of_another_form_has_an_error_of_its_own() {
    let sealer = sealer(&[1]);
    let id = sealer.current.id();
    let value = seal(&sealer);
    let cases = [
        ("gho_plain".to_owned(), SealError::Malformed),
        ("v1.".to_owned(), SealError::Malformed),
        (format!("v1.{id}"), SealError::Malformed),
        (format!("v1.{id}.!!"), SealError::Malformed),
        (format!("{value}="), SealError::Malformed),
        (format!("{value}.x"), SealError::Malformed),
        (value.replacen("v1", "v2", 1), SealError::UnknownVersion),
        (
            value.replacen(id, "0123456789abcdef", 1),
            SealError::UnknownKey,
        ),
        (value.replacen(id, "", 1), SealError::UnknownKey),
    ];
    for (value, error) in cases {
        assert_eq!(sealer.open(&value, ROW), Err(error), "{value}");
    }
}

#[test]
fn an_older_key_opens_and_the_current_one_seals() {
    let before = seal(&sealer(&[1]));
    let both = sealer(&[2, 1]);
    assert_eq!(both.open(&before, ROW).unwrap(), TOKEN);
    assert!(!both.is_current(&before));

    let after = seal(&both);
    assert!(both.is_current(&after));
    assert_eq!(sealer(&[2]).open(&after, ROW).unwrap(), TOKEN);
    assert_eq!(sealer(&[2]).open(&before, ROW), Err(SealError::UnknownKey));
}

#[test]
fn a_value_renamed_to_another_key_of_the_ring_does_not_open() {
    let both = sealer(&[2, 1]);
    let value = seal(&both);
    let renamed = value.replacen(both.current.id(), both.older[0].id(), 1);
    assert_eq!(both.open(&renamed, ROW), Err(SealError::Refused));
}

#[test]
fn a_ring_without_keys_or_with_one_twice_is_refused() {
    assert_eq!(Sealer::new(&[]).unwrap_err(), SealError::NoKey);
    let twice = Sealer::new(&[key(1), key(2), key(2)]);
    assert_eq!(twice.unwrap_err(), SealError::SameKeyTwice);
}

#[test]
fn fingerprints_tell_keys_apart_in_order_and_not_what_they_are() {
    let prints = sealer(&[2, 1]).fingerprints();
    assert_eq!(prints[1..], sealer(&[1]).fingerprints());
    assert_ne!(prints[0], prints[1]);
    assert!(
        prints
            .iter()
            .all(|print| print.len() == 64 && !print.contains("0202"))
    );
    assert_ne!(prints[0], hex(&sha256(&[2; 32])));
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", sealer(&[9, 8])), "Sealer { keys: 2, .. }");
}

#[test]
fn without_randomness_nothing_is_sealed() {
    struct Dry;
    impl Ids for Dry {
        fn new_id(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }
        fn fill(&self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }
    let value = sealer(&[1]).seal(TOKEN, ROW, &Dry);
    assert_eq!(value, Err(SealError::NoRandomness));
}

#[test]
fn a_keyed_digest_tells_keys_purposes_and_texts_apart() {
    let digest = |keys: &[u8], purpose, text| sealer(keys).keyed_digest(purpose, text).unwrap();
    let one = digest(&[1], "sender", "127.0.0.1");
    assert_eq!(digest(&[1, 2], "sender", "127.0.0.1"), one);
    for other in [
        digest(&[2, 1], "sender", "127.0.0.1"),
        digest(&[1], "other", "127.0.0.1"),
        digest(&[1], "sender", "127.0.0.2"),
        digest(&[1], "sender1", "27.0.0.1"),
    ] {
        assert_ne!(other, one);
    }
}
