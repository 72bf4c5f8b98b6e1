//! RFC 5849, written a second time: what a signature must have been.

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::world::is_form;
use crate::support::internet::Received;

/// The secrets that a request must be signed with.
pub(crate) struct Signer<'a> {
    pub(crate) consumer: (&'a str, &'a str),
    pub(crate) token: (&'a str, &'a str),
}

/// What an `Authorization` header must hold, and nothing else.
const NAMES: [&str; 6] = [
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
];

impl Signer<'_> {
    /// Why a request is not signed by these secrets.
    pub(crate) fn refuse(&self, received: &Received) -> Option<String> {
        let given = match parse(received.header("authorization").unwrap_or_default()) {
            Ok(given) => given,
            Err(reason) => return Some(reason),
        };
        if !given.keys().eq(NAMES.iter()) {
            return Some(format!("its parameters are {:?}", given.keys()));
        }
        for (name, expected) in [
            ("oauth_consumer_key", self.consumer.0),
            ("oauth_token", self.token.0),
            ("oauth_signature_method", "HMAC-SHA1"),
        ] {
            if given[name] != expected {
                return Some(format!("{name} is {:?}", given[name]));
            }
        }
        if given["oauth_nonce"].len() < 32 {
            return Some("its nonce is shorter than 128 bit".to_owned());
        }
        if given["oauth_timestamp"].parse::<u64>().is_err() {
            return Some("its timestamp is no number".to_owned());
        }
        let expected = self.signature(received, &given);
        (given["oauth_signature"] != expected).then(|| "its signature is another one".to_owned())
    }

    fn signature(&self, received: &Received, given: &BTreeMap<String, String>) -> String {
        let own = given.iter().filter(|(name, _)| *name != "oauth_signature");
        let form = if is_form(received) {
            received.form()
        } else {
            Vec::new()
        };
        let sent = received.query.iter().chain(&form);
        let mut parameters: Vec<(String, String)> = own
            .chain(sent.map(|(name, value)| (name, value)))
            .map(|(name, value)| (encode(name), encode(value)))
            .collect();
        parameters.sort();
        let joined: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let url = format!("https://{}{}", received.host, received.path);
        let base = format!(
            "{}&{}&{}",
            received.method,
            encode(&url),
            encode(&joined.join("&"))
        );
        let key = format!("{}&{}", encode(self.consumer.1), encode(self.token.1));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        STANDARD.encode(hmac::sign(&key, base.as_bytes()))
    }
}

/// The parameters of the header, decoded.
fn parse(header: &str) -> Result<BTreeMap<String, String>, String> {
    let rest = header
        .strip_prefix("OAuth ")
        .ok_or("it has no OAuth header")?;
    let mut given = BTreeMap::new();
    for part in rest.split(',') {
        let (name, value) = part
            .trim()
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is no parameter"))?;
        let value = value.trim_matches('"');
        let plain = percent_encoding::percent_decode_str(value)
            .decode_utf8()
            .map_err(|error| error.to_string())?;
        if encode(&plain) != value {
            return Err(format!("{name} is not encoded as RFC 3986 says"));
        }
        if given.insert(name.to_owned(), plain.into_owned()).is_some() {
            return Err(format!("{name} stands there twice"));
        }
    }
    Ok(given)
}

/// RFC 5849 §3.6.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}

#[test]
fn the_signature_of_rfc_5849_section_1_2_is_recomputed() {
    let received = Received {
        method: "GET".to_owned(),
        host: "photos.example.net".to_owned(),
        path: "/photos".to_owned(),
        query: vec![("file".to_owned(), "vacation.jpg".to_owned())],
        headers: Vec::new(),
        body: Vec::new(),
    };
    let signer = Signer {
        consumer: ("dpf43f3p2l4k3l03", "kd94hf93k423kf44"),
        token: ("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00"),
    };
    let given = BTreeMap::from([("oauth_token".to_owned(), "nnch734d00sl2jdk".to_owned())]);
    let base = "GET&https%3A%2F%2Fphotos.example.net%2Fphotos\
                &file%3Dvacation.jpg%26oauth_token%3Dnnch734d00sl2jdk";
    let key = hmac::Key::new(
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        b"kd94hf93k423kf44&pfkkdhi9sl3r4s00",
    );
    let expected = STANDARD.encode(hmac::sign(&key, base.as_bytes()));
    assert_eq!(signer.signature(&received, &given), expected);
}
