//! Checks OAuth 1.0a signatures: RFC 5849, written here on purpose.
//!
//! The client that is tested against this signs with a library; had both the
//! same code, they would agree on the same mistake.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::percent::{decode, decode_form, decode_text, encode};

/// A parameter's name and value, decoded.
type Parameter = (Vec<u8>, Vec<u8>);

/// A request that claims to be signed. Unchecked until [`Self::is_signed_with`].
pub(super) struct SignedRequest<'a> {
    method: &'a str,
    base_uri: &'a str,
    parameters: Vec<Parameter>,
}

impl<'a> SignedRequest<'a> {
    /// Collects the parameters of the query and the `Authorization` header.
    ///
    /// `base_uri` is RFC 5849 §3.4.1.2's: no query, lower-case host, no default
    /// port. `None` when something is not encoded as it must be. A header of
    /// another scheme counts as none.
    pub(super) fn read(
        method: &'a str,
        base_uri: &'a str,
        query: &str,
        authorization: Option<&str>,
    ) -> Option<Self> {
        let mut parameters = form_parameters(query)?;
        if let Some(header) = authorization.and_then(oauth_scheme) {
            parameters.extend(header_parameters(header)?);
        }
        Some(Self {
            method,
            base_uri,
            parameters,
        })
    }

    /// A protocol parameter; `None` when absent, repeated or not UTF-8.
    pub(super) fn protocol(&self, name: &str) -> Option<&str> {
        let mut values = self.values(name);
        let value = values.next()?;
        match values.next() {
            None => std::str::from_utf8(value).ok(),
            Some(_) => None,
        }
    }

    /// Whether the version is 1.0, or left out as it may be.
    pub(super) fn is_version_1(&self) -> bool {
        self.values("oauth_version").count() == 0 || self.protocol("oauth_version") == Some("1.0")
    }

    /// Whether the HMAC-SHA1 of the request with these secrets is the one given.
    pub(super) fn is_signed_with(&self, consumer_secret: &str, token_secret: &str) -> bool {
        if self.protocol("oauth_signature_method") != Some("HMAC-SHA1") {
            return false;
        }
        let Some(signature) = self.protocol("oauth_signature") else {
            return false;
        };
        let Ok(signature) = STANDARD.decode(signature) else {
            return false;
        };
        let secrets = [consumer_secret, token_secret].map(|secret| encode(secret.as_bytes()));
        let key = hmac::Key::new(
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            secrets.join("&").as_bytes(),
        );
        hmac::verify(&key, self.base_string().as_bytes(), &signature).is_ok()
    }

    fn values<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s [u8]> {
        let of_that_name = self
            .parameters
            .iter()
            .filter(move |(other, _)| other == name.as_bytes());
        of_that_name.map(|(_, value)| value.as_slice())
    }

    /// RFC 5849 §3.4.1.
    fn base_string(&self) -> String {
        let mut pairs: Vec<(String, String)> = self
            .parameters
            .iter()
            .filter(|(name, _)| name != b"oauth_signature")
            .map(|(name, value)| (encode(name), encode(value)))
            .collect();
        pairs.sort();
        let normalized: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        [
            &self.method.to_ascii_uppercase(),
            self.base_uri,
            &normalized.join("&"),
        ]
        .map(|part| encode(part.as_bytes()))
        .join("&")
    }
}

fn oauth_scheme(authorization: &str) -> Option<&str> {
    let (scheme, rest) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("OAuth").then_some(rest)
}

fn form_parameters(form: &str) -> Option<Vec<Parameter>> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    let parameters = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode_form(name)?, decode_form(value)?))
    });
    parameters.collect()
}

/// Reads `name="value", …`; the realm is no part of what is signed.
fn header_parameters(header: &str) -> Option<Vec<Parameter>> {
    let mut parameters = Vec::new();
    let mut rest = header.trim();
    while !rest.is_empty() {
        let (name, after_name) = rest.split_once("=\"")?;
        let (value, after_value) = after_name.split_once('"')?;
        let name = decode_text(name.trim())?;
        if !name.eq_ignore_ascii_case("realm") {
            parameters.push((name.into_bytes(), decode(value)?));
        }
        rest = after_value.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5849 §1.2: method, URI, header, consumer secret, token secret.
    fn rfc_section_1_2(query: &str, header: &str, uri: &str, secrets: [&str; 2]) -> bool {
        let method = if query.is_empty() { "POST" } else { "GET" };
        let request = SignedRequest::read(method, uri, query, Some(header)).unwrap();
        request.is_signed_with(secrets[0], secrets[1])
    }

    const INITIATE: &str = r#"OAuth realm="Photos",
        oauth_consumer_key="dpf43f3p2l4k3l03",
        oauth_signature_method="HMAC-SHA1",
        oauth_timestamp="137131200",
        oauth_nonce="wIjqoS",
        oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready",
        oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D""#;
    const TOKEN: &str = r#"OAuth realm="Photos",
        oauth_consumer_key="dpf43f3p2l4k3l03",
        oauth_token="hh5s93j4hdidpola",
        oauth_signature_method="HMAC-SHA1",
        oauth_timestamp="137131201",
        oauth_nonce="walatlh",
        oauth_verifier="hfdp7dh39dks9884",
        oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D""#;
    const PHOTOS: &str = r#"OAuth realm="Photos",
        oauth_consumer_key="dpf43f3p2l4k3l03",
        oauth_token="nnch734d00sl2jdk",
        oauth_signature_method="HMAC-SHA1",
        oauth_timestamp="137131202",
        oauth_nonce="chapoH",
        oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D""#;

    #[test]
    fn the_three_requests_of_rfc_5849_section_1_2_verify() {
        let consumer = "kd94hf93k423kf44";
        let initiate = "https://photos.example.net/initiate";
        assert!(rfc_section_1_2("", INITIATE, initiate, [consumer, ""]));
        let token = "https://photos.example.net/token";
        assert!(rfc_section_1_2(
            "",
            TOKEN,
            token,
            [consumer, "hdhd0244k9j7ao03"]
        ));
        let photos = "http://photos.example.net/photos";
        let query = "file=vacation.jpg&size=original";
        let secrets = [consumer, "pfkkdhi9sl3r4s00"];
        assert!(rfc_section_1_2(query, PHOTOS, photos, secrets));
    }

    #[test]
    fn whatever_is_changed_breaks_the_signature() {
        let photos = "http://photos.example.net/photos";
        let query = "file=vacation.jpg&size=original";
        let secrets = ["kd94hf93k423kf44", "pfkkdhi9sl3r4s00"];
        assert!(!rfc_section_1_2(
            "file=other.jpg&size=original",
            PHOTOS,
            photos,
            secrets
        ));
        assert!(!rfc_section_1_2(
            query,
            PHOTOS,
            "http://photos.example.net/photo",
            secrets
        ));
        assert!(!rfc_section_1_2(
            query,
            PHOTOS,
            photos,
            ["other", "pfkkdhi9sl3r4s00"]
        ));
        assert!(!rfc_section_1_2(
            query,
            PHOTOS,
            photos,
            ["kd94hf93k423kf44", "other"]
        ));
        let later = PHOTOS.replace("137131202", "137131203");
        assert!(!rfc_section_1_2(query, &later, photos, secrets));
        let plain = PHOTOS.replace("HMAC-SHA1", "PLAINTEXT");
        assert!(!rfc_section_1_2(query, &plain, photos, secrets));
        let post = SignedRequest::read("POST", photos, query, Some(PHOTOS)).unwrap();
        assert!(!post.is_signed_with(secrets[0], secrets[1]));
    }

    #[test]
    fn the_base_string_is_the_one_of_rfc_5849_section_3_4_1_1() {
        let header = r#"OAuth realm="Example",
            oauth_consumer_key="9djdj82h48djs9d2",
            oauth_token="kkk9d7dh3k39sjv7",
            oauth_signature_method="HMAC-SHA1",
            oauth_timestamp="137131201",
            oauth_nonce="7d8f3e4a",
            oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D""#;
        // The RFC has the last two in a form body, which joins the query's.
        let query = "b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q";
        let request =
            SignedRequest::read("post", "http://example.com/request", query, Some(header)).unwrap();
        assert_eq!(
            request.base_string(),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D\
             %253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce\
             %3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth\
             _token%3Dkkk9d7dh3k39sjv7"
        );
    }

    #[test]
    fn the_example_that_x_publishes_verifies() {
        let query = "include_entities=true&status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21";
        let header = r#"OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog",
            oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
            oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D",
            oauth_signature_method="HMAC-SHA1",
            oauth_timestamp="1318622958",
            oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
            oauth_version="1.0""#;
        let uri = "https://api.twitter.com/1.1/statuses/update.json";
        let request = SignedRequest::read("POST", uri, query, Some(header)).unwrap();
        assert!(request.is_version_1());
        assert!(request.is_signed_with(
            "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
            "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"
        ));
    }

    #[test]
    fn a_protocol_parameter_given_twice_counts_as_none() {
        let header = r#"OAuth oauth_token="a",oauth_version="2.0""#;
        let twice = SignedRequest::read("GET", "http://a/", "oauth_token=a", Some(header)).unwrap();
        assert_eq!(twice.protocol("oauth_token"), None);
        assert!(!twice.is_version_1());
        let once = SignedRequest::read("GET", "http://a/", "oauth_token=a", None).unwrap();
        assert_eq!(once.protocol("oauth_token"), Some("a"));
        assert!(once.is_version_1());
    }

    #[test]
    fn what_is_badly_encoded_is_refused() {
        let refused =
            |query, header| SignedRequest::read("GET", "http://a/", query, header).is_none();
        assert!(refused("a=%zz", None));
        assert!(refused("%", None));
        for header in [
            "OAuth x",
            "OAuth a=\"b",
            "OAuth a=\"b\" c=\"d\"",
            "OAuth a=\"%\"",
            "OAuth =",
        ] {
            assert!(refused("", Some(header)), "{header}");
        }
        assert!(!refused("", Some("Bearer alice")));
        assert!(!refused("&&a&=", Some("oauth ")));
    }
}
