//! OAuth 1.0a (RFC 5849): requests signed with our secret and the token's.

use std::num::NonZeroU64;

use chrono::{DateTime, Utc};
use oauth1_request::request::AssertSorted;
use oauth1_request::{Builder, Credentials, HMAC_SHA1};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::BackendError;
use super::definition::Signer;
use crate::model::Ids;

/// RFC 5849 §3.6: only unreserved characters stand as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Signs with HMAC-SHA1, the method that every OAuth 1 provider knows.
pub(super) struct HmacSha1Signer<'a> {
    consumer: (&'a str, &'a SecretString),
    token: Option<(&'a SecretString, &'a SecretString)>,
    beside: Beside<'a>,
    nonce: String,
    timestamp: NonZeroU64,
}

/// What a leg says beside the token.
#[derive(Clone, Copy)]
pub(super) enum Beside<'a> {
    /// Nothing: a call for somebody.
    Nothing,
    /// `oauth_callback`: where the person shall come back to.
    Callback(&'a str),
    /// `oauth_verifier`: what the person came back with.
    Verifier(&'a SecretString),
}

impl<'a> HmacSha1Signer<'a> {
    /// A signer for one request: the nonce is 128 bit, the time is ours.
    pub(super) fn new(
        consumer: (&'a str, &'a SecretString),
        token: (&'a SecretString, &'a SecretString),
        now: DateTime<Utc>,
        ids: &dyn Ids,
    ) -> Result<Self, BackendError> {
        Self::of_leg(consumer, Some(token), Beside::Nothing, (now, ids))
    }

    /// A signer of a leg; before the first one there is no token.
    pub(super) fn of_leg(
        consumer: (&'a str, &'a SecretString),
        token: Option<(&'a SecretString, &'a SecretString)>,
        beside: Beside<'a>,
        (now, ids): (DateTime<Utc>, &dyn Ids),
    ) -> Result<Self, BackendError> {
        let mut nonce = [0; 16];
        ids.fill(&mut nonce)
            .map_err(|_none| BackendError::Misconfigured("no randomness for a nonce"))?;
        let timestamp = u64::try_from(now.timestamp())
            .ok()
            .and_then(NonZeroU64::new)
            .ok_or(BackendError::Misconfigured("the clock is before 1970"))?;
        Ok(Self {
            consumer,
            token,
            beside,
            nonce: uuid::Uuid::from_bytes(nonce).simple().to_string(),
            timestamp,
        })
    }
}

impl Signer for HmacSha1Signer<'_> {
    fn authorization(&self, method: &Method, url: &Url, form: &[(String, String)]) -> String {
        let (key, secret) = self.consumer;
        let mut base = url.clone();
        base.set_query(None);
        base.set_fragment(None);
        let mut parameters: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| (signed_name(&name), value.into_owned()))
            .collect();
        parameters.extend(
            form.iter()
                .map(|(name, value)| (signed_name(name), value.clone())),
        );
        // In the order of what is signed (§3.4.1.3.2): the library's list would
        // put the values of one name in the order that they have unencoded.
        parameters.sort_by_cached_key(|(name, value)| (name.clone(), encoded(value)));
        let sorted = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let consumer = Credentials::new(key, secret.expose_secret());
        let mut builder = Builder::new(consumer, HMAC_SHA1);
        let credentials = self.token.map(|(token, token_secret)| {
            Credentials::new(token.expose_secret(), token_secret.expose_secret())
        });
        builder
            .token(credentials)
            .nonce(self.nonce.as_str())
            .timestamp(self.timestamp);
        match self.beside {
            Beside::Nothing => {}
            Beside::Callback(callback) => {
                builder.callback(callback);
            }
            Beside::Verifier(verifier) => {
                builder.verifier(verifier.expose_secret());
            }
        }
        builder.authorize(method.as_str(), base, &AssertSorted::new(sorted))
    }

    fn nonce(&self) -> &str {
        &self.nonce
    }
}

/// The signing library takes names as they stand in the signature base
/// string, where they are encoded twice; it encodes values by itself.
fn signed_name(name: &str) -> String {
    encoded(&encoded(name))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(
        (method, url): (Method, &str),
        form: &[(&str, &str)],
        (consumer, secret): (&str, &str),
        (token, token_secret): (&str, &str),
        (nonce, timestamp): (&str, u64),
    ) -> String {
        let secret = SecretString::from(secret);
        let (token, token_secret) = (SecretString::from(token), SecretString::from(token_secret));
        let signer = HmacSha1Signer {
            consumer: (consumer, &secret),
            token: Some((&token, &token_secret)),
            beside: Beside::Nothing,
            nonce: nonce.to_owned(),
            timestamp: NonZeroU64::new(timestamp).unwrap(),
        };
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        signer.authorization(&method, &Url::parse(url).unwrap(), &form)
    }

    #[test]
    fn oa1_1_the_signature_of_rfc_5849_section_1_2_comes_out() {
        let header = sign(
            (
                Method::GET,
                "http://photos.example.net/photos?file=vacation.jpg&size=original",
            ),
            &[],
            ("dpf43f3p2l4k3l03", "kd94hf93k423kf44"),
            ("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"),
            ("chapoH", 137_131_202),
        );
        let signature = r#"oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D""#;
        assert!(header.contains(signature), "{header}");
    }

    #[test]
    fn oa1_1_repeated_and_odd_parameters_of_rfc_5849_section_3_4_1_are_signed() {
        let header = sign(
            (
                Method::POST,
                "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
            ),
            &[("c2", ""), ("a3", "2 q")],
            ("9djdj82h48djs9d2", "j49sk3j29djd"),
            ("kkk9d7dh3k39sjv7", "dh893hdasih9"),
            ("7d8f3e4a", 137_131_201),
        );
        let signature = r#"oauth_signature="r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D""#;
        assert!(header.contains(signature), "{header}");
    }

    #[test]
    fn oa1_1_the_verifier_of_rfc_5849_section_1_2_is_signed_as_a_parameter() {
        let header = sign(
            (Method::POST, "https://photos.example.net/token"),
            &[("oauth_verifier", "hfdp7dh39dks9884")],
            ("dpf43f3p2l4k3l03", "kd94hf93k423kf44"),
            ("hh5s93j4hdidpola", "hdhd0244k9j7ao03"),
            ("walatlh", 137_131_201),
        );
        let signature = r#"oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D""#;
        assert!(header.contains(signature), "{header}");
    }

    #[test]
    fn oa1_1_the_signature_of_xs_published_example_comes_out() {
        for (version, signature) in [
            ("1", "tnnArxj06cWHq44gCs1OSKk%2FjLY%3D"),
            ("1.1", "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"),
        ] {
            let url = format!(
                "https://api.twitter.com/{version}/statuses/update.json?include_entities=true"
            );
            let status = "Hello Ladies + Gentlemen, a signed OAuth request!";
            let header = sign(
                (Method::POST, &url),
                // We leave the version out of the header, as RFC 5849 allows;
                // it is signed all the same wherever it stands.
                &[("status", status), ("oauth_version", "1.0")],
                (
                    "xvz1evFS4wEEPTGEFPHBog",
                    "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
                ),
                (
                    "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
                    "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
                ),
                ("kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", 1_318_622_958),
            );
            let signature = format!("oauth_signature=\"{signature}\"");
            assert!(header.contains(&signature), "{header}");
        }
    }

    /// No two base strings have one signature, so ours is that of the text.
    #[test]
    fn oa1_1_what_is_signed_is_the_base_string_of_rfc_5849_section_3_4_1_1() {
        let base = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q\
                    %26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_\
                    key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m\
                    ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk\
                    9d7dh3k39sjv7";
        let header = sign(
            (
                Method::POST,
                "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b#part",
            ),
            &[("c2", ""), ("a3", "2 q")],
            ("9djdj82h48djs9d2", "s&c=r+t ~\u{fc}"),
            ("kkk9d7dh3k39sjv7", "%"),
            ("7d8f3e4a", 137_131_201),
        );
        let key = b"s%26c%3Dr%2Bt%20~%C3%BC&%25";
        assert!(header.contains(&signature(key, base)), "{header}");
    }

    #[test]
    fn oa1_1_values_of_one_name_are_signed_in_the_order_that_they_have_encoded() {
        let base = "GET&https%3A%2F%2Fapi.example%2Fme&a%3D%253A%26a%3D0%26a%3D~\
                    %26oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26oauth_signature_method\
                    %3DHMAC-SHA1%26oauth_timestamp%3D1%26oauth_token%3Dt";
        let url = "https://api.example/me?a=~&a=:&a=0";
        let header = sign((Method::GET, url), &[], ("k", "s"), ("t", "u"), ("n", 1));
        assert!(header.contains(&signature(b"s&u", base)), "{header}");
    }

    fn signature(key: &[u8], base: &str) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
        let tag = ring::hmac::sign(&key, base.as_bytes());
        let signature = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, tag);
        format!("oauth_signature=\"{}\"", encoded(&signature))
    }

    #[test]
    fn oa1_3_a_million_nonces_of_128_bit_are_a_million() {
        let ids = crate::model::SystemIds::default();
        let secret = SecretString::from("s");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let nonces: std::collections::HashSet<u128> = (0..1_000_000)
            .map(|_| {
                let pair = (&secret, &secret);
                let signer = HmacSha1Signer::new(("k", &secret), pair, now, &ids).unwrap();
                assert_eq!(signer.nonce().len(), 32);
                u128::from_str_radix(signer.nonce(), 16).unwrap()
            })
            .collect();
        assert_eq!(nonces.len(), 1_000_000);
        // A bit that never changes is none of the 128.
        let (all, any) = nonces.iter().fold((u128::MAX, 0), |(all, any), nonce| {
            (all & nonce, any | nonce)
        });
        assert_eq!((all, any), (0, u128::MAX));
    }
}
