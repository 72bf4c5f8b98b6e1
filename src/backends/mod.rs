//! Providers: their definitions, the protocols they speak, and app binding.

mod accepted;
mod answer;
mod build;
mod catalogue;
mod clients;
mod code;
mod code_exchange;
mod code_flow;
mod defined;
mod definition;
mod definition_sources;
mod discovery;
mod documents;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod held;
pub mod id_token;
mod id_token_rules;
mod identify;
mod json_calls;
mod jwks;
mod known_issuers;
mod looks_like;
mod mapping;
mod oauth1;
mod oauth1_legs;
mod oidc;
mod openid2;
mod overrides;
mod payload;
mod policy;
mod prefetch;
mod provider_code;
mod provider_question;
mod redirect_uris;
mod registry;
mod revocation;
pub mod sealed_identity;
mod setting_names;
mod signed_access_token;
mod signed_tokens;
mod signers;
#[cfg(test)]
mod test_backends;
mod token_answer;
mod token_request;
mod verification;
mod verified;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use catalogue::{Catalogue, Entry, Setting, TokenBinding};
pub use code_flow::CodeInfo;
pub use definition::DefinitionError;
pub use definition_sources::{Bundled, DefinitionSources};
pub use error::BackendError;
pub use json_calls::JsonCalls;
pub use mapping::Mapping;
pub use oauth1_legs::RequestToken;
pub use openid2::OpenIdUrl;
pub use policy::AcceptUnbound;
pub use provider_code::{ProviderCode, ProviderCodes, Question};
pub use registry::{Registry, RegistryError};
pub use verified::VerifiedIdentity;

use crate::crypto::seal::Sealer;
use crate::model::{ClientInput, Credential, CredentialKind, Details, ExtraData, JsonMap};
use crate::storage::{Marks, OpenIdAssociations};

mod sealed {
    /// Keeps [`Backend`](super::Backend) to this floor.
    pub trait Sealed {}
}

/// A provider that can be signed in with.
///
/// Sealed: a verification that is not one of ours cannot exist, so neither
/// can a [`VerifiedIdentity`] that nobody verified.
#[async_trait]
pub trait Backend: sealed::Sealed + Send + Sync {
    /// The name that clients send.
    fn name(&self) -> &str;

    /// What a client needs to draw a button and to start.
    fn info(&self) -> &BackendInfo;

    /// Where to send a person to sign in, as the file or a discovery document
    /// that was read says; nobody is asked. `None` while it is not known.
    fn authorize_url(&self) -> Option<String>;

    /// Fetches what the provider publishes of itself and a sign-in needs: its
    /// discovery document and its keys. What is there already stays.
    ///
    /// # Errors
    /// [`BackendError`] when something is not to be had; the next sign-in asks
    /// for it again.
    async fn prefetch(&self, now: DateTime<Utc>) -> Result<(), BackendError>;

    /// Proves a credential at the provider: that it is good, that it was
    /// issued to our app, and whose it is.
    ///
    /// # Errors
    /// [`BackendError`] whenever any of this is not certain.
    async fn verify(
        &self,
        credential: &Credential,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError>;

    /// Begins a sign-in by OAuth 1 in a browser: asks the provider for a
    /// request token, whose secret stays in the sealed handle.
    ///
    /// `client_id` names the app of ours that asks; `None` for the first.
    ///
    /// # Errors
    /// [`BackendError`] when the provider speaks no OAuth 1.0a, the address is
    /// none of the operator's, or the provider gives no token.
    async fn request_token(
        &self,
        redirect_uri: &str,
        client_id: Option<&str>,
        means: &Means<'_>,
    ) -> Result<RequestToken, BackendError>;

    /// What claims come to, with nobody to vouch for them: no identity.
    ///
    /// `identity` is the URL that OpenID 2.0 asserts beside them.
    ///
    /// # Errors
    /// [`BackendError`] when they name nobody.
    fn map_claims(
        &self,
        claims: (&JsonMap, Option<&str>),
        input: &ClientInput,
        now: DateTime<Utc>,
    ) -> Result<Mapping, BackendError>;

    /// Where to send a person to sign in by `OpenID` 2.0, one for each address
    /// of ours; empty for every other protocol.
    async fn openid_urls(&self, means: &Means<'_>) -> Vec<OpenIdUrl>;

    /// What is kept of the sign-in beside the uid, tokens included.
    fn extra_data(
        &self,
        identity: &VerifiedIdentity,
        details: &Details,
        now: DateTime<Utc>,
    ) -> ExtraData;

    /// Whether the provider takes tokens back.
    fn can_revoke(&self) -> bool;

    /// Gives a person's tokens back: the provider forgets them. Those are kept
    /// extra data; one that the provider does not know is given back already.
    ///
    /// # Errors
    /// [`BackendError`] when the provider did not do it.
    async fn revoke(
        &self,
        uid: &str,
        tokens: &ExtraData,
        now: DateTime<Utc>,
    ) -> Result<(), BackendError>;

    /// Keys of extra data that hold the person's stable uid, where they are
    /// there: what an association under an older uid is checked by.
    fn stored_uid_keys(&self) -> &[String];

    /// Keys of extra data that are sealed beside those that always are.
    fn sealed_extra_data(&self) -> &[String];

    /// Whether names that the provider did not give are made from the others.
    fn completes_names(&self) -> bool;
}

/// What a verification has at hand beside the provider.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The time.
    pub now: DateTime<Utc>,
    /// Seals what a client carries for us, and opens it again.
    pub sealer: &'a Sealer,
    /// Shared secrets with `OpenID` 2.0 providers.
    pub openid: &'a dyn OpenIdAssociations,
    /// Marks of what is used up by being tried.
    pub marks: &'a dyn Marks,
}

/// What a client is told of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendInfo {
    /// The name that clients send.
    pub name: String,
    /// The name that people read.
    pub title: String,
    /// `oauth1`, `oauth2`, `oidc`, `openid2` or `payload`.
    pub protocol: &'static str,
    /// Our client id; public.
    pub client_id: String,
    /// Further apps of ours there, by the operator's names.
    pub clients: Vec<ClientInfo>,
    /// Where to send a person to sign in; `None` when the file names none:
    /// then [`Backend::authorize_url`] may know it.
    pub authorize_url: Option<String>,
    /// The provider's discovery document; `None` when it has none.
    pub discovery_url: Option<String>,
    /// The scopes to ask for.
    pub scope: Vec<String>,
    /// What stands between them in the URL.
    pub scope_separator: String,
    /// The URL's parameter that holds them.
    pub scope_param: String,
    /// `live`, `deprecated` or `dead`.
    pub status: &'static str,
    /// Kinds of credentials that are accepted.
    pub accepts: Vec<CredentialKind>,
    /// How to come by a code; `None` while none is taken.
    pub code: Option<CodeInfo>,
    /// May only be associated to a signed-in user, never signed in with.
    pub association_only: bool,
    /// Whether raw access tokens are accepted although nothing binds them.
    pub accepts_unbound: bool,
    /// What the operator says of tokens that nothing binds.
    pub unbound_policy: AcceptUnbound,
    /// Whether ID tokens need a nonce of ours, and codes a `state` of ours.
    pub requires_challenge: bool,
}

/// A further app of ours at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// What the operator calls it: `ios`, `android`, `web`, …
    pub name: String,
    /// Its client id; public.
    pub client_id: String,
}
