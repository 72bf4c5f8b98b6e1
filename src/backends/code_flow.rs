//! What a code must come with before anybody is asked about it.

use serde_json::Value as Json;
use url::Url;

use super::build::Builder;
use super::clients::Registration;
use super::definition::{Definition, Pkce, Scope};
use super::redirect_uris::RedirectUris;
use super::{BackendError, RegistryError};
use crate::crypto::signed_secret;
use crate::model::{CodeCredential, JsonMap};

/// How far an operator and a definition go with codes.
pub(super) struct CodeFlow {
    pkce: Pkce,
    /// Standard parameters of the URL that are called otherwise there.
    rename: Vec<(String, String)>,
}

/// What a client needs to know of a backend to come by a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeInfo {
    /// Where the provider may send a person back to; `""`: an SDK that uses
    /// no such address.
    pub redirect_uris: Vec<String>,
    /// Whether a challenge (RFC 7636, S256) is understood.
    pub pkce: bool,
    /// Whether a code counts only with its verifier.
    pub pkce_required: bool,
    /// Standard parameters of the URL that are called otherwise there.
    pub rename: Vec<(String, String)>,
}

impl CodeFlow {
    /// Refuses what must not even be asked about.
    ///
    /// # Errors
    /// `RedirectUriNotAllowed`, or `InvalidField` without a verifier that is
    /// asked for.
    pub(super) fn check(
        &self,
        code: &CodeCredential,
        (redirect_uris, provider): (&RedirectUris, &str),
    ) -> Result<(), BackendError> {
        let redirect_uri = code.redirect_uri.as_deref().unwrap_or_default();
        if !redirect_uris.allows(redirect_uri) {
            return Err(BackendError::RedirectUriNotAllowed(provider.to_owned()));
        }
        if self.pkce == Pkce::Required && code.code_verifier.is_none() {
            return Err(BackendError::InvalidField {
                field: "code_verifier",
                problem: "This field is required: codes of this provider come with PKCE (S256).",
            });
        }
        Ok(())
    }

    /// What clients are told; `None` while no code is taken.
    pub(super) fn info(&self, redirect_uris: &RedirectUris) -> Option<CodeInfo> {
        let redirect_uris = redirect_uris.entries();
        (!redirect_uris.is_empty()).then(|| CodeInfo {
            redirect_uris: redirect_uris.to_vec(),
            pkce: self.pkce != Pkce::Off,
            pkce_required: self.pkce == Pkce::Required,
            rename: self.rename.clone(),
        })
    }
}

impl Builder<'_> {
    /// What codes must come with; `None` where the definition exchanges none.
    pub(super) fn code_flow(
        &self,
        name: &str,
        definition: &Definition,
    ) -> Result<Option<CodeFlow>, RegistryError> {
        let Some(exchange) = &definition.exchange else {
            return Ok(None);
        };
        if exchange.signed_secret.is_some()
            && let Some(key) = self.settings.own_secret(name, "SECRET")?
            && signed_secret::check(&key).is_err()
            && self.settings.has_own(name, "REDIRECT_URIS")
        {
            let reason = "expected the private key, of P-256 in PEM, that signs the client secret";
            return Err(self.settings.refused(Some(name), "SECRET", reason).into());
        }
        if exchange.signed_secret.is_some() {
            self.refuse_secrets_of_clients(name)?;
        }
        Ok(Some(CodeFlow {
            pkce: self.pkce(name, exchange.pkce)?,
            rename: exchange.rename_in_url(),
        }))
    }

    /// Where the secret is signed, one key signs for all apps: another one would
    /// never be used.
    fn refuse_secrets_of_clients(&self, name: &str) -> Result<(), RegistryError> {
        let clients = self.settings.own_clients(name)?;
        let Some(own) = clients.iter().find(|client| client.secret.is_some()) else {
            return Ok(());
        };
        let reason = format!(
            "`{}`: no `secret` here, `SECRET` signs for all apps",
            own.name
        );
        Err(self.settings.refused(Some(name), "CLIENTS", &reason).into())
    }

    /// `USE_PKCE`: `true` demands it, for all backends where it is known;
    /// `false` no longer does.
    fn pkce(&self, name: &str, of_definition: Pkce) -> Result<Pkce, RegistryError> {
        let setting = "PKCE_CODE_CHALLENGE_METHOD";
        let method = self.settings.text(Some(name), setting)?;
        if method.is_some_and(|method| !method.eq_ignore_ascii_case("s256")) {
            let reason = "expected S256: `plain` protects nobody";
            let refused = self.settings.refused(Some(name), setting, reason);
            return Err(refused.into());
        }
        let own = self.settings.has_own(name, "USE_PKCE");
        Ok(match self.settings.flag(Some(name), "USE_PKCE")? {
            Some(true) if own || of_definition != Pkce::Off => Pkce::Required,
            Some(false) if of_definition == Pkce::Required => Pkce::Optional,
            _ => of_definition,
        })
    }
}

/// The client id that people are sent to a provider with. `KEY`, but where
/// that is the id of a key: then it is whom the signed secret is of.
pub(super) fn shown_client_id(definition: &Definition, main: &Registration) -> String {
    let exchange = definition.exchange.as_ref();
    let signed = exchange.and_then(|exchange| exchange.signed_secret.as_ref());
    let nothing = JsonMap::new();
    let scope = Scope::new(&main.fixed, "", &Json::Null, (&nothing, &nothing));
    let subject = signed.and_then(|signed| signed.subject(&scope));
    subject.unwrap_or_else(|| main.id.clone())
}

/// Whether two URLs name the same scheme, host and port.
pub(super) fn same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin().is_tuple() && one.origin() == other.origin(),
        _ => false,
    }
}
