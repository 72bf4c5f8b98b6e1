//! OAuth 1.0a (RFC 5849): requests signed with our secret and the token's.

use std::num::NonZeroU64;

use chrono::{DateTime, Utc};
use oauth1_request::{Builder, Credentials, HMAC_SHA1, ParameterList};
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
    token: (&'a SecretString, &'a SecretString),
    nonce: String,
    timestamp: NonZeroU64,
}

impl<'a> HmacSha1Signer<'a> {
    /// A signer for one request: the nonce is 128 bit, the time is ours.
    pub(super) fn new(
        consumer: (&'a str, &'a SecretString),
        token: (&'a SecretString, &'a SecretString),
        now: DateTime<Utc>,
        ids: &dyn Ids,
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
            nonce: uuid::Uuid::from_bytes(nonce).simple().to_string(),
            timestamp,
        })
    }
}

impl Signer for HmacSha1Signer<'_> {
    fn authorization(&self, method: &Method, url: &Url, form: &[(String, String)]) -> String {
        let (key, secret) = self.consumer;
        let (token, token_secret) = self.token;
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
        let consumer = Credentials::new(key, secret.expose_secret());
        let mut builder = Builder::new(consumer, HMAC_SHA1);
        builder
            .token(Credentials::new(
                token.expose_secret(),
                token_secret.expose_secret(),
            ))
            .nonce(self.nonce.as_str())
            .timestamp(self.timestamp);
        builder.authorize(method.as_str(), base, &ParameterList::new(parameters))
    }

    fn nonce(&self) -> &str {
        &self.nonce
    }
}

/// The signing library takes names as they stand in the signature base
/// string, where they are encoded twice; it encodes values by itself.
fn signed_name(name: &str) -> String {
    let once = utf8_percent_encode(name, RESERVED).to_string();
    utf8_percent_encode(&once, RESERVED).to_string()
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
            token: (&token, &token_secret),
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
    fn oa1_3_no_two_requests_share_a_nonce() {
        let ids = crate::model::SystemIds::default();
        let secret = SecretString::from("s");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let nonces: std::collections::HashSet<String> = (0..10_000)
            .map(|_| {
                let pair = (&secret, &secret);
                let signer = HmacSha1Signer::new(("k", &secret), pair, now, &ids);
                signer.unwrap().nonce
            })
            .collect();
        assert_eq!(nonces.len(), 10_000);
        assert!(nonces.iter().all(|nonce| nonce.len() == 32));
    }
}
