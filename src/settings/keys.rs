//! `[keys]`: this server's own keys, with samples and doubles refused.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretBox};
use subtle::ConstantTimeEq as _;

use super::SettingError;
use super::found::Found;
use super::ours::Ours;

/// Bytes of a key.
const LENGTH: usize = 32;
/// 32 random bytes hold about 30 different ones; so few, one time in 10^13.
const FEWEST_DIFFERENT_BYTES: usize = 13;
/// What to do instead.
const GENERATE: &str = "`sociable keys generate` prints a pair";

/// Our own keys, the current one of each first; empty when none is set.
#[derive(Debug)]
pub struct Keys {
    /// Seeds of the Ed25519 keys that sign access tokens.
    pub signing: Vec<SecretBox<[u8; 32]>>,
    /// Keys that seal providers' tokens in the database.
    pub sealing: Vec<SecretBox<[u8; 32]>>,
}

impl Keys {
    /// Faults are noted; the keys count only if there are none.
    pub(super) fn read(ours: &mut Ours) -> Self {
        let signing = ours.optional("keys.signing", keys).unwrap_or_default();
        let sealing = ours.optional("keys.sealing", |found| {
            let sealing = keys(found)?;
            if sealing
                .iter()
                .any(|key| signing.iter().any(|other| equal(key, other)))
            {
                return Err(found.refused(format!(
                    "the same key as in keys.signing, expected another: {GENERATE}"
                )));
            }
            Ok(sealing)
        });
        Self {
            sealing: sealing.unwrap_or_default(),
            signing,
        }
    }
}

fn keys(found: &Found) -> Result<Vec<SecretBox<[u8; 32]>>, SettingError> {
    let texts = found.texts_or_commas()?;
    if texts.is_empty() {
        return Err(found.wrong(&format!("at least one key: {GENERATE}")));
    }
    let mut keys: Vec<SecretBox<[u8; 32]>> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let text = Zeroizing::new(text.clone());
        let number = if texts.len() == 1 {
            String::new()
        } else {
            format!("number {}: ", index + 1)
        };
        let key = decode(&text).ok_or_else(|| {
            found.refused(format!("{number}expected 32 bytes, base64: {GENERATE}"))
        })?;
        if is_sample(key.expose_secret()) {
            return Err(found.refused(format!(
                "{number}a sample, expected random bytes: {GENERATE}"
            )));
        }
        if keys.iter().any(|other| equal(&key, other)) {
            return Err(found.refused(format!("{number}the same key again, expected another")));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn equal(one: &SecretBox<[u8; 32]>, other: &SecretBox<[u8; 32]>) -> bool {
    one.expose_secret().ct_eq(other.expose_secret()).into()
}

/// The key of standard or URL-safe base64, padded or not.
fn decode(text: &str) -> Option<SecretBox<[u8; 32]>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let standard = Zeroizing::new(text.trim().replace('-', "+").replace('_', "/"));
    let bytes = Zeroizing::new(engine.decode(standard.as_bytes()).ok()?);
    let key = <[u8; LENGTH]>::try_from(bytes.as_slice()).ok()?;
    Some(SecretBox::new(Box::new(key)))
}

/// Whether a person, not a generator, thought of the key.
fn is_sample(key: &[u8; LENGTH]) -> bool {
    let text = key.iter().all(|byte| (b' '..=b'~').contains(byte));
    let different: std::collections::BTreeSet<&u8> = key.iter().collect();
    let repeats =
        (1..=LENGTH / 2).any(|period| key.iter().zip(key.iter().skip(period)).all(|(a, b)| a == b));
    let mut steps = key
        .iter()
        .zip(key.iter().skip(1))
        .map(|(a, b)| b.wrapping_sub(*a));
    let first = steps.next();
    let counts = steps.all(|step| Some(step) == first);
    text || repeats || counts || different.len() < FEWEST_DIFFERENT_BYTES
}
