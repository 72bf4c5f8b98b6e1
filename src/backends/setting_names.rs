//! The names of the settings that every backend has.

use super::definition::Protocol;
use super::{id_token_rules, openid2, overrides};

/// Settings that every backend has.
const SETTINGS: [&str; 20] = [
    "KEY",
    "SECRET",
    "AUDIENCES",
    "CLIENTS",
    "ENABLED",
    "SCOPE",
    "IGNORE_DEFAULT_SCOPE",
    "EXTRA_DATA",
    "GET_ALL_EXTRA_DATA",
    "REQUESTS_TIMEOUT",
    "URLOPEN_TIMEOUT",
    "ASSOCIATION_ONLY",
    "ACCEPT_UNBOUND_ACCESS_TOKENS",
    "ALLOW_PRIVATE",
    "PAYLOAD_MAX_AGE",
    "DEFINITION",
    "REDIRECT_URIS",
    "REQUIRE_CHALLENGE",
    "USE_PKCE",
    "PKCE_CODE_CHALLENGE_METHOD",
];

/// Those of them that one value for all backends makes no sense of.
const OWN_SETTINGS: [&str; 6] = [
    "KEY",
    "SECRET",
    "AUDIENCES",
    "CLIENTS",
    "ENABLED",
    "DEFINITION",
];

/// All settings that every backend has.
pub(super) fn settings_of_all() -> impl Iterator<Item = &'static str> {
    let of_id_tokens = id_token_rules::SETTINGS;
    SETTINGS
        .into_iter()
        .chain(overrides::SETTINGS)
        .chain(of_id_tokens)
}

/// Whether one value for all backends makes no sense of that setting.
pub(super) fn is_own(setting: &str) -> bool {
    OWN_SETTINGS.contains(&setting) || id_token_rules::OWN_SETTINGS.contains(&setting)
}

/// Settings of one protocol that may have one value for all its backends.
pub(super) const OF_ALL_OPENID: [&str; 2] = ["OPENID_TRUST_ROOT", "OP_ASSOCIATIONS"];

/// The settings of the backends of one protocol.
pub(super) fn settings_of(protocol: Protocol) -> &'static [&'static str] {
    match protocol {
        Protocol::OpenId2 => &openid2::SETTINGS,
        Protocol::OAuth1 | Protocol::OAuth2 | Protocol::Oidc | Protocol::Payload => &[],
    }
}
