//! `[keys]`: forms that are taken, samples and doubles that are not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;

use super::Fixture;

const SIGNING: &str = "SOCIABLE_KEYS__SIGNING";
const SEALING: &str = "SOCIABLE_KEYS__SEALING";
const EXPECTED: &str = "expected 32 bytes, base64: `sociable keys generate` prints a pair";
const SAMPLE: &str = "a sample, expected random bytes: `sociable keys generate` prints a pair";

/// Bytes that look random: a key for each seed, 0xfb… first so that both
/// alphabets of base64 differ.
fn key(seed: u8) -> Vec<u8> {
    let digest = ring::digest::digest(&ring::digest::SHA256, &[seed]);
    let mut key = digest.as_ref().to_vec();
    key[..3].copy_from_slice(&[0xfb, 0xff, seed]);
    key
}

fn refused(value: &str) -> String {
    let errors = Fixture::env(SIGNING, value).errors();
    let begin = "variable SOCIABLE_KEYS__SIGNING: keys.signing: ";
    assert!(value.is_empty() || !errors.contains(value), "{errors}");
    errors.strip_prefix(begin).unwrap_or(&errors).to_owned()
}

#[test]
fn keys_are_base64_of_either_alphabet_with_or_without_padding() {
    let standard = STANDARD.encode(key(1));
    assert!(standard.contains('+') && standard.ends_with('='));
    for text in [
        standard.clone(),
        standard.trim_end_matches('=').to_owned(),
        standard.replace('+', "-").replace('/', "_"),
        URL_SAFE_NO_PAD.encode(key(1)),
        format!(" {standard} "),
    ] {
        let keys = Fixture::env(SIGNING, &text).settings().keys;
        assert_eq!(keys.signing[0].expose_secret().as_slice(), key(1));
        assert_eq!((keys.signing.len(), keys.sealing.len()), (1, 0));
    }
}

#[test]
fn several_keys_keep_their_order() {
    let [one, two] = [1, 2].map(|seed| STANDARD.encode(key(seed)));
    for fixture in [
        Fixture::env(SEALING, &format!("{one},{two}")),
        Fixture::env(SEALING, &format!("[\"{one}\", \"{two}\"]")),
        Fixture::toml(&format!("[keys]\nsealing = [\"{one}\", \"{two}\"]")),
    ] {
        let keys = fixture.settings().keys;
        assert_eq!(keys.sealing[0].expose_secret().as_slice(), key(1));
        assert_eq!(keys.sealing[1].expose_secret().as_slice(), key(2));
    }
    let fixture = Fixture::toml(&format!("[keys]\nsealing = \"{one}\""));
    assert_eq!(fixture.settings().keys.sealing.len(), 1);
}

#[test]
fn a_key_of_another_length_is_refused() {
    let short = STANDARD.encode(&key(1)[..31]);
    let long = STANDARD.encode([key(1), vec![9]].concat());
    for value in [short.as_str(), long.as_str(), "hunter2", "!!!"] {
        assert_eq!(refused(value), EXPECTED);
    }
    let both = format!("{},{short}", STANDARD.encode(key(1)));
    assert_eq!(refused(&both), format!("number 2: {EXPECTED}"));
}

#[test]
fn no_key_at_all_is_refused_where_the_setting_is_given() {
    for value in ["", " , ", "[]"] {
        assert_eq!(
            refused(value),
            "expected at least one key: `sociable keys generate` prints a pair"
        );
    }
    assert_eq!(
        Fixture::toml("[keys]\nsigning = []").errors(),
        "sociable.toml:2: keys.signing: expected at least one key: \
         `sociable keys generate` prints a pair"
    );
    assert_eq!(
        Fixture::toml("[keys]\nsigning = 7").errors(),
        "sociable.toml:2: keys.signing: expected a list of texts, such as [\"one\", \"two\"]"
    );
}

#[test]
fn samples_are_refused() {
    let counting: Vec<u8> = (0..32).collect();
    let down_by_three: Vec<u8> = (0..32).map(|n: u8| 255 - 3 * n).collect();
    let almost_zero = [vec![0; 31], vec![1]].concat();
    let half_twice = [&key(1)[..16], &key(1)[..16]].concat();
    for sample in [
        vec![0; 32],
        vec![0xff; 32],
        counting,
        down_by_three,
        almost_zero,
        half_twice,
        b"secret01secret01secret01secret01".to_vec(),
        b"changeme-this-is-not-very-secret".to_vec(),
        b"0123456789abcdef0123456789abcdef".to_vec(),
        [1_u8, 200, 77].iter().copied().cycle().take(32).collect(),
    ] {
        assert_eq!(refused(&STANDARD.encode(&sample)), SAMPLE, "{sample:?}");
    }
}

#[test]
fn random_keys_are_no_samples() {
    for seed in 0..=255 {
        Fixture::env(SIGNING, &STANDARD.encode(key(seed))).settings();
    }
}

#[test]
fn a_key_given_twice_is_refused() {
    let one = STANDARD.encode(key(1));
    let again = URL_SAFE_NO_PAD.encode(key(1));
    let other = STANDARD.encode(key(2));
    assert_eq!(
        refused(&format!("{one},{other},{again}")),
        "number 3: the same key again, expected another"
    );
}

#[test]
fn one_key_for_signing_and_sealing_is_refused() {
    let fixture = Fixture::env(SIGNING, &STANDARD.encode(key(1)))
        .and_env(SEALING, &URL_SAFE_NO_PAD.encode(key(1)));
    assert_eq!(
        fixture.errors(),
        "variable SOCIABLE_KEYS__SEALING: keys.sealing: the same key as in keys.signing, \
         expected another: `sociable keys generate` prints a pair"
    );
}
