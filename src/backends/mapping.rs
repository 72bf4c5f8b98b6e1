//! What claims come to by a definition, with nobody to vouch for them.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::defined::DefinedBackend;
use super::definition::{Extra, Protocol, Scope};
use super::{BackendError, answer};
use crate::model::{ClientInput, Details, ExtraData, JsonMap};

/// Claims as a definition maps them, for those who write one.
///
/// Nobody vouched for it: it is no identity, and none can be made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The uid that the claims name.
    pub uid: String,
    /// The person as the claims describe them.
    pub details: Details,
    /// What would be kept beside the uid.
    pub extra_data: ExtraData,
}

impl DefinedBackend {
    /// Maps claims; `identity` is the URL that OpenID 2.0 asserts.
    pub(super) fn mapping(
        &self,
        (claims, identity): (&JsonMap, Option<&str>),
        input: &ClientInput,
        now: DateTime<Utc>,
    ) -> Result<Mapping, BackendError> {
        let mut said = Json::Object(claims.clone());
        if let (Some(identity), Json::Object(said)) = (identity, &mut said) {
            said.insert("uid".to_owned(), identity.into());
        }
        let fixed = &self.clients.main().fixed;
        let uid = {
            let nothing = JsonMap::new();
            let mut scope = Scope::new(fixed, "", &said, (&nothing, &nothing));
            (scope.claims, scope.uid) = (Some(claims), identity);
            self.reading.user.check_required(&scope)?;
            self.overrides.uid(&self.reading.user, &scope)?
        };
        answer::strip_nul(&mut said);
        let beside = (&input.token_response, &input.fields);
        let mut scope = Scope::new(fixed, "", &said, beside);
        (scope.claims, scope.uid) = (Some(claims), identity);
        let details = self.overrides.details(&self.reading.user, &scope);
        let mut kept = Extra::collect(&self.reading.extra, &self.extra, &scope, &details);
        kept.insert("auth_time".to_owned(), now.timestamp().into());
        if matches!(self.definition.protocol, Protocol::OAuth2 | Protocol::Oidc) {
            for name in ["access_token", "token_type"] {
                let given = said.get(name).or_else(|| input.token_response.get(name));
                kept.insert(name.to_owned(), given.cloned().unwrap_or(Json::Null));
            }
        }
        Ok(Mapping {
            uid,
            details,
            extra_data: kept,
        })
    }
}
