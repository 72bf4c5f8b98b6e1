//! Payloads that a provider signed with a secret of ours: `[payload]`.
//!
//! Each kind of signature is a file of its own. It tells what was signed, and
//! nothing else: age, replay and who the person is are the engine's part and
//! the definition's.

mod facebook;
mod fields;
mod odnoklassniki;
mod sign_in;
mod telegram;
mod vk;

use std::fmt;

use secrecy::SecretString;

use super::BackendError;
use crate::model::JsonMap;

/// A way in which a provider signs what a client was started with.
pub(crate) trait Signature: fmt::Debug + Send + Sync {
    /// What a file calls it.
    fn name(&self) -> &'static str;

    /// Whether our client id is the front of the secret, and need not be set.
    fn secret_tells_client_id(&self) -> bool {
        false
    }

    /// Our client id as the secret tells it; `None` when it does not.
    fn client_id<'s>(&self, _secret: &'s str) -> Option<&'s str> {
        None
    }

    /// Verifies a payload.
    ///
    /// # Errors
    /// `InvalidField` when it is not written as it must be, `InvalidSignature`
    /// or `CredentialRejected` when it was not signed for this app.
    fn verify(&self, payload: &JsonMap, app: &App<'_>) -> Result<Signed, BackendError>;
}

/// The app of ours that a payload must be signed for. No `Debug`: one of
/// them is secret.
pub(crate) struct App<'a> {
    /// Our client id.
    pub(crate) id: &'a str,
    /// The secret that the provider signs with.
    pub(crate) secret: &'a str,
    /// The fields that a payload may have.
    pub(crate) fields: &'a [String],
}

/// What a provider signed. No `Debug`: it may hold a token.
pub(crate) struct Signed {
    /// The signed fields alone.
    pub(crate) said: JsonMap,
    /// The signature itself, of which there is one for what was signed.
    pub(crate) signature: Vec<u8>,
    /// When it was signed, in seconds since 1970; `None` where a call asks
    /// the provider whether it still holds.
    pub(crate) at: Option<i64>,
    /// What calls are made with; `None` where it holds no token.
    pub(crate) token: Option<SecretString>,
}

/// All kinds of signatures.
const ALL: [&dyn Signature; 4] = [
    &facebook::Facebook,
    &odnoklassniki::Odnoklassniki,
    &telegram::Telegram,
    &vk::Vk,
];

/// The kind of that name; `None` when there is none.
pub(crate) fn find(name: &str) -> Option<&'static dyn Signature> {
    ALL.into_iter().find(|kind| kind.name() == name)
}

/// The names that there are.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(Signature::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_own_name_and_no_other() {
        let all: std::collections::BTreeSet<_> = names().collect();
        assert_eq!(all.len(), ALL.len());
        for name in all {
            assert_eq!(find(name).map(Signature::name), Some(name));
        }
        assert!(find("magic").is_none());
    }
}
