//! Secrets that work once: made from randomness, kept only as a digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::SHA256;
use ring::hmac;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::model::{Ids, NoRandomness};

/// Random bytes in a token: 256 bit.
const TOKEN_BYTES: usize = 32;
/// Characters of a token's text.
const TOKEN_LENGTH: usize = 43;

/// A new token: 256 random bits as 43 base64url characters.
///
/// # Errors
/// [`NoRandomness`] when the operating system gives none.
pub fn new_token(ids: &dyn Ids) -> Result<SecretString, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; TOKEN_BYTES]);
    ids.fill(bytes.as_mut_slice())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_slice()).into())
}

/// 256 bits as the text of a token.
pub fn token_of(bytes: [u8; TOKEN_BYTES]) -> SecretString {
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// Whether `text` has the form of a token of [`new_token`].
///
/// Says nothing of whether it was ever issued; it spares a look-up.
pub fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// SHA-256 of a text. Hides only what cannot be guessed, as a token.
pub fn digest(text: &str) -> [u8; 32] {
    sha256(text.as_bytes())
}

/// HMAC-SHA256 of a text under a secret: hides what could be guessed from who
/// has not the secret.
pub fn keyed_digest(secret: &SecretString, text: &str) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    filled(hmac::sign(&key, text.as_bytes()).as_ref())
}

/// Six decimal digits, all equally likely.
///
/// # Errors
/// [`NoRandomness`] when the operating system gives none.
pub fn six_digits(ids: &dyn Ids) -> Result<SecretString, NoRandomness> {
    loop {
        let mut bytes = [0_u8; 4];
        ids.fill(&mut bytes)?;
        let number = u32::from_be_bytes(bytes);
        // The rest of the range would make small numbers a little likelier.
        if number < u32::MAX - u32::MAX % 1_000_000 {
            return Ok(format!("{:06}", number % 1_000_000).into());
        }
    }
}

/// SHA-256 of bytes, as [`digest`] of a text.
pub fn digest_of_bytes(bytes: &[u8]) -> [u8; 32] {
    sha256(bytes)
}

/// Whether two secrets are equal, in a time that does not tell where they differ.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    filled(ring::digest::digest(&SHA256, bytes).as_ref())
}

/// Of a digest that is 32 bytes long: every byte is written.
fn filled(digest: &[u8]) -> [u8; 32] {
    let mut output = [0; 32];
    for (to, from) in output.iter_mut().zip(digest) {
        *to = *from;
    }
    output
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SystemIds;

    #[test]
    fn a_token_is_256_bits_of_text_that_needs_no_escaping() {
        let token = new_token(&SystemIds::default()).unwrap();
        assert!(is_token(token.expose_secret()));
        let bytes = URL_SAFE_NO_PAD.decode(token.expose_secret()).unwrap();
        assert_eq!(bytes.len(), 32);
    }

    #[test]
    fn no_two_tokens_are_equal() {
        let ids = SystemIds::default();
        let tokens: std::collections::HashSet<String> = (0..1000)
            .map(|_| new_token(&ids).unwrap().expose_secret().to_owned())
            .collect();
        assert_eq!(tokens.len(), 1000);
    }

    #[test]
    fn a_text_of_another_form_is_no_token() {
        let token = "a".repeat(43);
        assert!(is_token(&token));
        for text in [
            "",
            &token[1..],
            &format!("{token}a"),
            &format!("{}=", &token[1..]),
        ] {
            assert!(!is_token(text), "{text}");
        }
    }

    #[test]
    fn a_digest_is_sha_256() {
        assert_eq!(
            hex(&digest("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_keyed_digest_is_hmac_sha_256() {
        // RFC 4231, test case 2.
        let digest = keyed_digest(&"Jefe".into(), "what do ya want for nothing?");
        assert_eq!(
            hex(&digest),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn eml_1_digits_are_six_and_of_the_whole_range() {
        let ids = SystemIds::default();
        let all: std::collections::BTreeSet<String> = (0..1000)
            .map(|_| six_digits(&ids).unwrap().expose_secret().to_owned())
            .collect();
        assert!(all.len() > 980, "{}", all.len());
        for digits in &all {
            assert_eq!(digits.len(), 6);
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
        }
        assert!(all.first().unwrap().as_str() < "050000");
        assert!(all.last().unwrap().as_str() > "950000");
    }

    #[test]
    fn secrets_are_the_same_only_when_every_byte_is() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"abcd"));
    }
}
