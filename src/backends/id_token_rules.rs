//! What is expected of one backend's ID tokens: a definition's word, changed
//! by an operator's settings.

use std::str::FromStr as _;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value as Json;

use super::RegistryError;
use super::build::Builder;
use super::clients::Clients;
use super::definition::{BindingKind, Definition, IdToken, Scope};
use super::id_token::{AtHash, DEFAULT_MAX_AGE, Issuers, NonceRule, Policy};
use super::signers::{Signers, tenants};
use crate::crypto::jose::SignatureAlgorithm;
use crate::model::JsonMap;

/// Settings that are read here.
pub(super) const SETTINGS: [&str; 6] = [
    "ID_TOKEN_MAX_AGE",
    "ID_TOKEN_ISSUER",
    "JWKS_URI",
    "JWT_ALGORITHMS",
    "SKIP_NONCE_CHECK",
    "ALLOW_MISSING_NONCE",
];

/// Those that one value for all backends makes no sense of.
pub(super) const OWN_SETTINGS: [&str; 2] = ["ID_TOKEN_ISSUER", "JWKS_URI"];

/// The longest `ID_TOKEN_MAX_AGE`: a week.
const MAX_AGE: Duration = Duration::from_hours(7 * 24);

/// What is expected of ID tokens.
pub(super) struct IdTokenRules {
    pub(super) signers: Signers,
    /// Of no issuer yet: that is the signers' to say.
    pub(super) policy: Policy,
    /// The secret of the app that a token is for signs as well.
    pub(super) secret_signs: bool,
    /// A token that says `nonce_supported: false` may come without a nonce.
    pub(super) allows_missing_nonce: bool,
}

impl Builder<'_> {
    /// What is expected of ID tokens; `None` when the provider has none.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub(super) fn id_token_rules(
        &self,
        name: &str,
        definition: &Definition,
        clients: &Clients,
        limits: (Duration, bool),
    ) -> Result<Option<IdTokenRules>, RegistryError> {
        let Some(id_token) = &definition.id_token else {
            return Ok(None);
        };
        let nothing = JsonMap::new();
        let fixed = &clients.main().fixed;
        let scope = Scope::new(fixed, "", &Json::Null, (&nothing, &nothing));
        let wrong = |reason: String| RegistryError::Backend {
            backend: name.to_owned(),
            reason: format!("[id_token]: {reason}"),
        };
        let signers = Signers::of(&id_token.signed, &scope, limits).map_err(wrong)?;
        let Some(mut signers) = signers else {
            return Ok(None);
        };
        self.change_signers(name, &mut signers)?;
        signers.tenants = tenants(id_token.tenants.as_ref(), &scope);
        let audiences = audiences(id_token, clients, &scope);
        if audiences.is_empty() {
            return Err(wrong("`audience` names nobody".to_owned()));
        }
        let algorithms = signers.algorithms.clone();
        let mut policy = Policy::new(Issuers::default(), audiences, algorithms);
        policy.max_age = self.max_age(name, id_token)?;
        policy.nonce = NonceRule {
            required: id_token.needs_nonce(),
            hashed: id_token.hashes_nonce(),
            skipped: self.settings.flag(Some(name), "SKIP_NONCE_CHECK")? == Some(true),
        };
        policy.at_hash = match definition.binding.kind {
            BindingKind::Introspect => AtHash::IfPresent,
            _ if id_token.at_hash => AtHash::Required,
            _ => AtHash::IfPresent,
        };
        policy.types.clone_from(&id_token.types);
        Ok(Some(IdTokenRules {
            secret_signs: policy.algorithms.contains(&SignatureAlgorithm::Hs256),
            signers,
            policy,
            allows_missing_nonce: self.settings.flag(Some(name), "ALLOW_MISSING_NONCE")?
                == Some(true),
        }))
    }

    /// `ID_TOKEN_ISSUER`, `JWKS_URI` and `JWT_ALGORITHMS`.
    fn change_signers(&self, name: &str, signers: &mut Signers) -> Result<(), RegistryError> {
        let refuse = |setting: &str, reason: &str| -> RegistryError {
            self.settings.refused(Some(name), setting, reason).into()
        };
        if let Some(issuer) = self.settings.own_text(name, "ID_TOKEN_ISSUER")? {
            if issuer.is_empty() {
                return Err(refuse("ID_TOKEN_ISSUER", "expected an issuer"));
            }
            signers.issuers = Some(vec![issuer]);
        }
        if self.settings.has_own(name, "JWKS_URI") {
            signers.jwks = self.settings.url(Some(name), "JWKS_URI")?;
        }
        if let Some(names) = self.settings.texts(Some(name), "JWT_ALGORITHMS")? {
            let asymmetric = |name: &String| {
                let known = SignatureAlgorithm::from_str(name).ok();
                known.filter(|_| !name.starts_with("HS"))
            };
            let named: Option<Vec<_>> = names.iter().map(asymmetric).collect();
            signers.algorithms = named.filter(|named| !named.is_empty()).ok_or_else(|| {
                let expected = "expected algorithms such as RS256 or ES256; a secret signs only \
                                where a definition says so";
                refuse("JWT_ALGORITHMS", expected)
            })?;
        }
        Ok(())
    }

    fn max_age(&self, name: &str, id_token: &IdToken) -> Result<TimeDelta, RegistryError> {
        let setting = "ID_TOKEN_MAX_AGE";
        let set = self.settings.seconds(Some(name), setting)?;
        if set.is_some_and(|age| age > MAX_AGE) {
            let expected = "expected at most 604800 seconds, a week";
            return Err(self.settings.refused(Some(name), setting, expected).into());
        }
        let age = set.or(id_token.max_age.map(Duration::from_secs));
        let age = age.and_then(|age| TimeDelta::from_std(age).ok());
        Ok(age.unwrap_or(DEFAULT_MAX_AGE))
    }
}

/// Whom tokens must be for: those that the definition names, or our client
/// ids; `audiences` and `clients` in both cases.
fn audiences(id_token: &IdToken, clients: &Clients, scope: &Scope<'_>) -> Vec<String> {
    if id_token.audience.is_empty() {
        return clients.ids().to_vec();
    }
    let named = id_token.audience.iter();
    let named = named.flat_map(|audience| audience.texts(scope));
    let further = clients.ids().iter().skip(1).cloned();
    named.chain(further).collect()
}

#[cfg(test)]
mod tests;
