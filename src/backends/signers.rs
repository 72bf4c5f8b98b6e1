//! Whose signatures count: a definition's word, an operator's, or discovery's.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use url::Url;

use super::definition::{Definition, Fixed, Scope, Signed, Words};
use super::discovery::Discovery;
use super::id_token::{Issuers, KeySource, Keys, Tenants};
use super::{BackendError, RegistryError};
use crate::crypto::jose::{SignatureAlgorithm, VerificationKey};
use crate::model::JsonMap;

/// Who signs the JWTs of one backend, and with what.
pub(super) struct Signers {
    /// `None`: the issuer that discovery names.
    pub(super) issuers: Option<Vec<String>>,
    pub(super) tenants: Tenants,
    pub(super) algorithms: Vec<SignatureAlgorithm>,
    /// A configured key; where there is one, no key set is asked.
    pub(super) key: Option<VerificationKey>,
    /// `None`: where discovery says, or nowhere.
    pub(super) jwks: Option<Url>,
    /// Time for a fetch, and whether it may go to a private address.
    pub(super) limits: (Duration, bool),
}

/// What discovery was asked for one token: at most one look.
pub(super) struct Found(Option<Arc<JsonMap>>);

impl Signers {
    /// What a definition says, with an operator's settings in `scope`; `None`
    /// when the settings that would name the issuer are not set.
    ///
    /// # Errors
    /// What is wrong, when a setting gives what cannot be used.
    pub(super) fn of(
        signed: &Signed,
        scope: &Scope<'_>,
        limits: (Duration, bool),
    ) -> Result<Option<Self>, String> {
        let issuers: Vec<String> = signed
            .issuers
            .iter()
            .flat_map(|issuer| issuer.texts(scope))
            .collect();
        if issuers.is_empty() && !signed.issuers.is_empty() {
            return Ok(None);
        }
        let url = signed.jwks.as_ref().map(|url| {
            let url = url.as_text(scope).and_then(|url| Url::parse(&url).ok());
            url.ok_or_else(|| "`jwks` gives no URL".to_owned())
        });
        let key = signed.key.iter().flat_map(|key| key.texts(scope)).next();
        let key = key.map(|pem| VerificationKey::from_pem(&pem));
        Ok(Some(Self {
            issuers: (!issuers.is_empty()).then_some(issuers),
            tenants: Tenants::Common,
            algorithms: signed.algorithms.clone(),
            key: key.transpose().map_err(|error| error.to_string())?,
            jwks: url.transpose()?,
            limits,
        }))
    }

    /// Whether it is discovery that says who signs, or with what.
    pub(super) fn are_discovered(&self) -> bool {
        self.issuers.is_none() || (self.jwks.is_none() && self.key.is_none())
    }

    /// Looks discovery up, where it has something to say.
    ///
    /// # Errors
    /// When there is no document, old or new.
    pub(super) async fn look(
        &self,
        discovery: Option<&Discovery>,
        now: DateTime<Utc>,
    ) -> Result<Found, BackendError> {
        match discovery {
            Some(discovery) if self.are_discovered() => {
                discovery.document(now).await.map(Some).map(Found)
            }
            _ => Ok(Found(None)),
        }
    }

    /// Whose tokens are taken.
    ///
    /// # Errors
    /// `Unavailable` when nobody says.
    pub(super) fn issuers(&self, found: &Found) -> Result<Issuers, BackendError> {
        let names = match &self.issuers {
            Some(names) => Cow::Borrowed(names),
            None => Cow::Owned(vec![found.text("issuer")?.to_owned()]),
        };
        Ok(Issuers::of_tenants(names.iter().cloned(), &self.tenants))
    }

    /// The keys, those of the provider's set too.
    ///
    /// # Errors
    /// `Unavailable` when nobody says where the set stands.
    pub(super) fn keys(&self, found: &Found) -> Result<Keys, BackendError> {
        let fixed: Vec<VerificationKey> = self.key.iter().cloned().collect();
        if !fixed.is_empty() {
            return Ok(Keys { fixed, set: None });
        }
        let url = if let Some(url) = &self.jwks {
            url.clone()
        } else {
            let url = Url::parse(found.text("jwks_uri")?);
            url.map_err(|_invalid| BackendError::Unavailable)?
        };
        let (timeout, allow_private) = self.limits;
        let set = Some(KeySource {
            url,
            timeout,
            allow_private,
        });
        Ok(Keys { fixed, set })
    }
}

impl Found {
    /// Nothing here is about the credential: whatever lacks is the provider's.
    fn text(&self, member: &str) -> Result<&str, BackendError> {
        let document = self.0.as_ref();
        let given = document.and_then(|document| document.get(member));
        given.and_then(Json::as_str).ok_or_else(|| {
            tracing::warn!(
                member,
                "a discovery document lacks what tokens are checked by"
            );
            BackendError::Unavailable
        })
    }
}

/// Which tenants the words of a definition mean.
pub(super) fn tenants(words: Option<&Words>, scope: &Scope<'_>) -> Tenants {
    let named: Vec<String> = words
        .into_iter()
        .flat_map(|words| words.texts(scope))
        .map(|tenant| tenant.to_ascii_lowercase())
        .collect();
    match named
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] | ["common"] => Tenants::Common,
        ["organizations"] => Tenants::Organizations,
        ["consumers"] => Tenants::Consumers,
        _ => Tenants::Listed(named),
    }
}

/// Who signs access tokens that bind themselves; `None` for all others.
pub(super) fn token_signers(
    name: &str,
    definition: &Definition,
    (fixed, limits): (&Fixed, (Duration, bool)),
) -> Result<Option<Signers>, RegistryError> {
    let Some(signed) = &definition.binding.signed else {
        return Ok(None);
    };
    let nothing = JsonMap::new();
    let scope = Scope::new(fixed, "", &Json::Null, (&nothing, &nothing));
    let signers = Signers::of(signed, &scope, limits);
    signers.map_err(|reason| RegistryError::Backend {
        backend: name.to_owned(),
        reason: format!("[audience]: {reason}"),
    })
}

#[cfg(test)]
mod tests;
