//! Hooks for what a definition cannot say: `code = "…"` names one.
//!
//! A hook touches two places of a call and no other: the parameters before it
//! is sent, and the body that comes back. Who the person is, and whose the
//! token is, stays with the definition and the engine that reads it.

mod digest;
mod lastfm;
mod mailru;
mod mediawiki;
mod odnoklassniki;
mod odnoklassniki_app;
mod xml;

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use url::Url;

pub(super) use digest::md5_hex;

use super::BackendError;

/// Parameters of a call by name, in the order in which they are sent.
pub(crate) type Parameters = Vec<(String, String)>;

/// What no definition can say of a provider's calls.
pub(crate) trait Code: fmt::Debug + Send + Sync {
    /// What a file calls it.
    fn name(&self) -> &'static str;

    /// Whether [`Code::sign`] signs with our secret.
    fn signs(&self) -> bool {
        false
    }

    /// Adds what the provider wants beside a call's own parameters: those of
    /// its query, or of its form where it has a body.
    fn sign(&self, _parameters: &mut Parameters, _keys: &Keys<'_>) {}

    /// Reads a good answer's body; `None` leaves that to the call's `format`.
    ///
    /// # Errors
    /// What is wrong with the answer.
    fn read(&self, _body: &[u8], _asked: &Asked<'_>) -> Option<Result<Json, BackendError>> {
        None
    }
}

/// What a signature is made with. No `Debug`: two of them are secret.
pub(crate) struct Keys<'a> {
    /// Our client secret.
    pub(crate) secret: &'a str,
    /// The credential: the access token.
    pub(crate) token: &'a str,
}

/// What an answer must fit.
pub(crate) struct Asked<'a> {
    /// Where the question went.
    pub(crate) url: Url,
    /// Our client id, and its secret.
    pub(crate) client: (&'a str, &'a str),
    /// The nonce of the OAuth 1 signature; `None` without one.
    pub(crate) nonce: Option<&'a str>,
    /// The time of the sign-in.
    pub(crate) now: DateTime<Utc>,
}

/// All hooks.
const ALL: [&dyn Code; 6] = [
    &lastfm::Lastfm,
    &mailru::Mailru,
    &mediawiki::MediaWiki,
    &odnoklassniki::Odnoklassniki,
    &odnoklassniki_app::OdnoklassnikiApp,
    &xml::Xml,
];

/// The hook of that name; `None` when there is none.
pub(crate) fn find(name: &str) -> Option<&'static dyn Code> {
    ALL.into_iter().find(|code| code.name() == name)
}

/// The names that there are.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(Code::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hook_is_found_by_its_own_name_and_no_other() {
        let all: std::collections::BTreeSet<_> = names().collect();
        assert_eq!(all.len(), ALL.len());
        for name in all {
            assert_eq!(find(name).map(Code::name), Some(name));
        }
        assert!(find("magic").is_none());
    }
}
