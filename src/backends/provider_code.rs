//! A team's own code that asks a provider who a person is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{BackendError, JsonCalls, code};
use crate::model::JsonMap;

/// What no definition can say: a team's own code asks the provider.
///
/// A definition with `code = "<its name>"` has no `[[call]]`: this answers in
/// their place, and all else is as in any other definition. `[user]` says where
/// uid and details stand in the answer, `[audience]` what binds the token to
/// this app; the engine holds the answer to it, and alone makes an identity.
///
/// ```
/// use async_trait::async_trait;
/// use sociable::backends::{BackendError, ProviderCode, Question};
/// use sociable::http::JsonRequest;
/// use sociable::model::JsonMap;
///
/// struct Intranet;
///
/// #[async_trait]
/// impl ProviderCode for Intranet {
///     async fn ask(&self, question: &Question<'_>) -> Result<JsonMap, BackendError> {
///         let request = JsonRequest::get("https://sso.example.com/whoami").bearer(question.token);
///         match question.http.ask(request).await? {
///             serde_json::Value::Object(person) => Ok(person),
///             _ => Err(BackendError::MalformedResponse),
///         }
///     }
/// }
/// ```
///
/// It cannot say who somebody is by itself: an answer is no identity, and none
/// can be made out of it here.
///
/// ```compile_fail,E0624
/// let forge = sociable::backends::VerifiedIdentity::new;
/// ```
#[async_trait]
pub trait ProviderCode: Send + Sync {
    /// Asks the provider whose the credential is, and which app it was issued
    /// to; all that the definition reads must be in the answer.
    ///
    /// # Errors
    /// [`BackendError::CredentialRejected`] when the provider refuses the
    /// credential, [`BackendError::MalformedResponse`] when its answer cannot
    /// be used; those of [`JsonCalls::ask`] as they are.
    async fn ask(&self, question: &Question<'_>) -> Result<JsonMap, BackendError>;
}

/// What a team's own code is asked. No `Debug`: it holds secrets.
pub struct Question<'a> {
    /// The person's access token, or OAuth 1 token.
    pub token: &'a SecretString,
    /// The secret of an OAuth 1 token; `None` for OAuth 2.
    pub token_secret: Option<&'a SecretString>,
    /// Our client id: one after the other, where there are several.
    pub client_id: &'a str,
    /// Our client secret; empty when none is set.
    pub client_secret: &'a SecretString,
    /// The definition's own settings.
    pub settings: &'a JsonMap,
    /// The time of the sign-in.
    pub now: DateTime<Utc>,
    /// Asks the provider, within the limits of all calls to it.
    pub http: JsonCalls<'a>,
}

/// The code of a team's own, by the names that definitions use.
#[derive(Clone, Default)]
pub struct ProviderCodes {
    named: BTreeMap<String, OwnCode>,
    problems: Vec<String>,
}

/// A code as a definition has it.
#[derive(Clone)]
pub(super) struct OwnCode(Arc<dyn ProviderCode>);

impl fmt::Debug for OwnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnCode(..)")
    }
}

impl fmt::Debug for ProviderCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.named.keys()).finish()
    }
}

impl ProviderCodes {
    /// Adds a code. A name that is taken, by ours or another, stops the start.
    pub fn register(&mut self, name: &str, code: Arc<dyn ProviderCode>) {
        let ours = code::find(name).is_some();
        if ours || self.named.contains_key(name) {
            let whose = if ours { "ours" } else { "registered before" };
            self.problems.push(format!(
                "provider code `{name}`: the name is taken, that code is {whose}"
            ));
            return;
        }
        self.named.insert(name.to_owned(), OwnCode(code));
    }

    /// What is wrong with what was registered, one line each.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    pub(super) fn find(&self, name: &str) -> Option<OwnCode> {
        self.named.get(name).cloned()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}

impl OwnCode {
    pub(super) async fn ask(&self, question: &Question<'_>) -> Result<JsonMap, BackendError> {
        self.0.ask(question).await
    }
}
