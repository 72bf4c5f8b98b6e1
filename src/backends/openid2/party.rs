//! Whose assertions are taken, and where people come back to: all of it
//! pinned when the server starts, nothing of it taken from an assertion.

use chrono::{DateTime, Utc};
use regex_lite::Regex;
use url::Url;

use super::attributes;
use super::message::{Message, NS, invalid};
use crate::backends::BackendError;
use crate::backends::redirect_uris::RedirectUris;

/// Stands for an identity that the provider lets the person pick (§9.1).
const SELECT: &str = "http://specs.openid.net/auth/2.0/identifier_select";

/// We, as OpenID 2.0's relying party, at one backend's providers.
pub(in crate::backends) struct RelyingParty {
    /// Never empty.
    pub(super) providers: Vec<Provider>,
    /// The exact list of the operator; never empty.
    pub(super) redirect_uris: RedirectUris,
    /// `OPENID_TRUST_ROOT`; `None` for the origin of each address.
    pub(super) realm: Option<String>,
    /// Whether shared secrets are made; else each assertion is asked about.
    pub(super) associations: bool,
}

/// A provider whose assertions are taken.
pub(super) struct Provider {
    /// Its endpoint, to the letter.
    pub(super) endpoint: Url,
    pub(super) identifiers: Identifiers,
    /// When it was last asked for a shared secret; held while it is.
    pub(super) asked: tokio::sync::Mutex<Option<DateTime<Utc>>>,
}

/// The identifiers that a provider may speak for.
pub(super) enum Identifiers {
    /// Those that this matches as a whole.
    Matching(Regex),
    /// Those below one of these URLs.
    Below(Vec<String>),
}

/// Where to send a person who wants to sign in by OpenID 2.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIdUrl {
    /// The address of ours that the person comes back to.
    pub redirect_uri: String,
    /// The provider's URL with all of its parameters.
    pub url: String,
}

impl RelyingParty {
    /// The provider that an assertion names, if it is one of ours.
    ///
    /// # Errors
    /// `InvalidClaim` for any other.
    pub(super) fn provider(&self, message: &Message) -> Result<&Provider, BackendError> {
        let named = message.required("op_endpoint")?;
        let mut ours = self.providers.iter();
        ours.find(|provider| provider.endpoint.as_str() == named)
            .ok_or_else(|| invalid("op_endpoint"))
    }

    /// The realm that a person is asked for by the name of.
    pub(super) fn realm(&self, redirect_uri: &str) -> String {
        match (&self.realm, Url::parse(redirect_uri)) {
            (Some(realm), _) => realm.clone(),
            (None, Ok(url)) => format!("{}/", url.origin().ascii_serialization()),
            (None, Err(_checked_at_start)) => redirect_uri.to_owned(),
        }
    }

    /// The URLs to send people to at a provider, one for each address of ours.
    pub(super) fn start_urls(&self, provider: &Provider, handle: Option<&str>) -> Vec<OpenIdUrl> {
        let one = |redirect_uri: &String| {
            let mut url = provider.endpoint.clone();
            let realm = self.realm(redirect_uri);
            url.query_pairs_mut()
                .append_pair("openid.ns", NS)
                .append_pair("openid.mode", "checkid_setup")
                .append_pair("openid.claimed_id", SELECT)
                .append_pair("openid.identity", SELECT)
                .append_pair("openid.return_to", redirect_uri)
                .append_pair("openid.realm", &realm)
                .extend_pairs(handle.map(|handle| ("openid.assoc_handle", handle)))
                .extend_pairs(attributes::request());
            OpenIdUrl {
                redirect_uri: redirect_uri.clone(),
                url: url.into(),
            }
        };
        self.redirect_uris.entries().iter().map(one).collect()
    }
}

impl Identifiers {
    /// Whether the provider may speak for this one: a URL, written as such.
    pub(super) fn allow(&self, identifier: &str) -> bool {
        // What two programs may read differently is no identity.
        let is_plain = Url::parse(identifier).is_ok_and(|url| {
            url.as_str() == identifier
                && matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        });
        is_plain
            && match self {
                Self::Matching(pattern) => pattern.is_match(identifier),
                Self::Below(urls) => urls.iter().any(|url| identifier.starts_with(url)),
            }
    }
}

/// Whether an address of ours is within a realm (§9.2).
pub(super) fn is_within(realm: &str, redirect_uri: &str) -> bool {
    let (any_host, plain) = match realm.split_once("://*.") {
        Some((scheme, rest)) => (true, format!("{scheme}://{rest}")),
        None => (false, realm.to_owned()),
    };
    let (Ok(realm), Ok(address)) = (Url::parse(&plain), Url::parse(redirect_uri)) else {
        return false;
    };
    let (Some(own), Some(host)) = (realm.host_str(), address.host_str()) else {
        return false;
    };
    let below = host
        .strip_suffix(own)
        .is_some_and(|rest| any_host && rest.ends_with('.'));
    let path = realm.path();
    let rest = address.path().strip_prefix(path);
    let in_path =
        rest.is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'));
    let plain = realm.fragment().is_none() && realm.query().is_none();
    plain
        && in_path
        && (host == own || below)
        && realm.scheme() == address.scheme()
        && realm.port_or_known_default() == address.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::definition::whole;

    #[test]
    fn oid2_4_steams_pattern_holds_as_a_whole() {
        let pattern = r"https://steamcommunity\.com/openid/id/[0-9]{17}";
        let steam = Identifiers::Matching(whole(pattern).unwrap());
        let good = "https://steamcommunity.com/openid/id/76561197960287930";
        assert!(steam.allow(good));
        for bad in [
            "http://steamcommunity.com/openid/id/76561197960287930",
            "https://steamcommunity.com/openid/id/765611979602879301",
            "https://steamcommunity.com/openid/id/7656119796028793",
            "https://steamcommunity.com/openid/id/7656119796028793x",
            "https://steamcommunity.com/openid/id/76561197960287930/",
            "https://steamcommunity.com/openid/id/76561197960287930?x",
            "https://steamcommunity.com/openid/id/76561197960287930#x",
            "https://steamcommunity.com/openid/id/76561197960287930\n",
            "\nhttps://steamcommunity.com/openid/id/76561197960287930",
            "https://steamcommunity.com/openid/id/../id/76561197960287930",
            "https://steamcommunity.com/openid/76561197960287930",
            "https://steamcommunity.com@evil.example/openid/id/76561197960287930",
            "https://user@steamcommunity.com/openid/id/76561197960287930",
            "https://steamcommunity.com:443/openid/id/76561197960287930",
            "https://steamcommunityxcom/openid/id/76561197960287930",
            "https://steamcommunity.com.evil.example/openid/id/76561197960287930",
            "https://evil.example/?https://steamcommunity.com/openid/id/76561197960287930",
            "HTTPS://steamcommunity.com/openid/id/76561197960287930",
            "https://steamcommunity.com/openid/id/\u{ff17}6561197960287930",
            "",
        ] {
            assert!(!steam.allow(bad), "{bad}");
        }
    }

    #[test]
    fn oid2_4_an_identifier_is_below_its_providers_url() {
        let below = Identifiers::Below(vec!["https://id.example/people/".to_owned()]);
        assert!(below.allow("https://id.example/people/ada"));
        for bad in [
            "https://id.example/people",
            "https://id.example/people/../ada",
            "https://id.example/people/%2e%2e/ada",
            "https://id.example.evil.example/people/ada",
            "https://other.example/people/ada",
            "https://id.example/people/a b",
            "https://id.example/people/ada#1",
        ] {
            assert!(!below.allow(bad), "{bad}");
        }
    }

    #[test]
    fn oid2_2_an_address_is_within_its_realm() {
        let callback = "https://app.example/auth/callback?x=1";
        for realm in [
            "https://app.example/",
            "https://app.example",
            "https://app.example:443/auth",
            "https://app.example/auth/",
            "https://*.app.example/",
            "https://*.example/",
        ] {
            assert!(is_within(realm, callback), "{realm}");
        }
        for realm in [
            "http://app.example/",
            "https://app.example:8443/",
            "https://pp.example/",
            "https://*.pp.example/",
            "https://other.example/",
            "https://app.example/aut",
            "https://app.example/auth/callback/",
            "https://app.example/#x",
            "https://app.example/?x=1",
            "app.example",
            "",
        ] {
            assert!(!is_within(realm, callback), "{realm}");
        }
    }
}
