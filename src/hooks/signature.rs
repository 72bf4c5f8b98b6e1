//! Signatures as Standard Webhooks has them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretSlice};

/// One signature for each secret, the current one's first, with spaces between.
pub(super) fn sign(
    (id, timestamp, body): (&str, &str, &[u8]),
    secrets: &[SecretSlice<u8>],
) -> String {
    let begin = format!("{id}.{timestamp}.");
    let signatures = secrets.iter().map(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret());
        let mut context = hmac::Context::with_key(&key);
        context.update(begin.as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use secrecy::SecretBox;

    use super::*;

    fn secret(text: &str) -> SecretSlice<u8> {
        SecretBox::new(STANDARD.decode(text).unwrap().into_boxed_slice())
    }

    /// The example of the specification.
    #[test]
    fn hook_1_the_published_example_comes_out_and_two_secrets_give_two_signatures() {
        let first = secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let message = (
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#.as_slice(),
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(message, std::slice::from_ref(&first)), expected);
        let second = secret("plJ3nmyCDGBKInavdOK15jsl7plJ3nmy");
        let both = sign(message, &[first, second]);
        let (one, other) = both.split_once(' ').unwrap();
        assert_eq!(one, expected);
        assert!(other.starts_with("v1,") && other != expected, "{other}");
    }
}
