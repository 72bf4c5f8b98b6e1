//! Builds one backend of its definition and an operator's settings.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use super::accepted::accepts;
use super::clients::Clients;
use super::code_flow::shown_client_id;
use super::defined::DefinedBackend;
use super::definition::{
    Definition, ExtraSettings, Fixed, MOST_AGE, Reading, Scope, SettingKind, SettingSpec, is_host,
};
use super::discovery::{Discovery, discovered};
use super::id_token::IdTokenVerifier;
use super::known_issuers::KnownIssuers;
use super::openid2::RelyingParty;
use super::overrides::Overrides;
use super::{AcceptUnbound, BackendInfo, RegistryError};
use crate::http::{CALL_TIMEOUT, HttpClient};
use crate::model::{Ids, JsonMap};
use crate::settings::{SettingError, SocialSettings};

/// What all backends are built with.
pub(super) struct Builder<'a> {
    pub(super) settings: &'a SocialSettings,
    pub(super) http: &'a HttpClient,
    pub(super) ids: &'a Arc<dyn Ids>,
    /// One for all: they share keys and time.
    pub(super) verifier: IdTokenVerifier,
    pub(super) known_issuers: KnownIssuers,
}

impl Builder<'_> {
    /// The backend of that name; `None` when its client id is not set.
    pub(super) fn backend(
        &self,
        name: &str,
        definition: &Arc<Definition>,
    ) -> Result<Option<DefinedBackend>, RegistryError> {
        let Some(registered) = self.registered(name, definition)? else {
            return Ok(None);
        };
        let own = self.own_settings(name, definition)?;
        let reading = reading(name, definition, &own)?;
        let asked = self.settings.texts(Some(name), "SCOPE")?;
        let named_clients = registered.info();
        let clients = Clients::new(registered, |pair| {
            Fixed::new(pair, &own, asked.as_deref().unwrap_or_default())
        });
        let accept_unbound = self.accept_unbound(name)?;
        let scope = self.scope(name, definition, asked)?;
        let overrides = Overrides::read(self.settings, name, definition)?;
        let redirect_uris = self.redirect_uris(name)?;
        let code_flow = self.code_flow(name, definition)?;
        let limits = self.limits(name)?;
        let discovery = self.discovery(name, definition, (&clients.main().fixed, limits))?;
        let signed = self.signed_tokens(name, definition, &clients, limits)?;
        let info = BackendInfo {
            name: name.to_owned(),
            title: definition.title.clone(),
            protocol: definition.protocol.name(),
            authorize_url: overrides
                .authorize_url(authorize_url(definition, &clients.main().fixed)),
            discovery_url: discovery.as_ref().map(|it| it.url().to_owned()),
            scope,
            scope_separator: definition.scope_separator.clone(),
            scope_param: definition.scope_param.clone(),
            status: definition.status.name(),
            accepts: accepts(definition, accept_unbound, (signed.known(), &redirect_uris)),
            code: code_flow
                .as_ref()
                .and_then(|flow| flow.info(&redirect_uris)),
            association_only: definition.association_only
                || self.is_on(name, "ASSOCIATION_ONLY")?,
            accepts_unbound: accept_unbound.takes_unbound(definition.binding.kind),
            unbound_policy: accept_unbound,
            requires_challenge: self.is_on(name, "REQUIRE_CHALLENGE")?,
            client_id: shown_client_id(definition, clients.main()),
            clients: named_clients,
        };
        Ok(Some(DefinedBackend {
            definition: Arc::clone(definition),
            reading,
            info,
            clients,
            code_flow,
            discovery,
            signed,
            extra: self.extra(name)?,
            openid: RelyingParty::read(self, name, (definition, &redirect_uris))?,
            accept_unbound,
            redirect_uris,
            overrides,
            payload_max_age: self.payload_max_age(name)?,
            timeout: limits.0,
            allow_private: limits.1,
            http: self.http.clone(),
            ids: Arc::clone(self.ids),
        }))
    }

    fn is_on(&self, name: &str, setting: &str) -> Result<bool, SettingError> {
        let flag = self.settings.flag(Some(name), setting)?;
        Ok(flag == Some(true))
    }

    /// Where its endpoints are told; `None` when the file writes them all.
    fn discovery(
        &self,
        name: &str,
        definition: &Definition,
        (fixed, limits): (&Fixed, (Duration, bool)),
    ) -> Result<Option<Discovery>, RegistryError> {
        let discovery = Discovery::new(discovered(definition, fixed), self.http, limits);
        if discovery.is_none() && definition.discovers() {
            return Err(RegistryError::Backend {
                backend: name.to_owned(),
                reason: "[endpoints].issuer or [endpoints].discovery gives no URL".to_owned(),
            });
        }
        Ok(discovery)
    }

    /// The definition's own settings, with its defaults where none is set.
    fn own_settings(&self, name: &str, definition: &Definition) -> Result<JsonMap, RegistryError> {
        let mut own = JsonMap::new();
        for (setting, spec) in &definition.settings {
            let value = self.own_setting(name, &setting.to_uppercase(), spec)?;
            if value.is_null() && spec.required {
                let reason = "is not set, but this provider needs it";
                return Err(self.settings.refused(Some(name), setting, reason).into());
            }
            own.insert(setting.clone(), value);
        }
        Ok(own)
    }

    fn own_setting(
        &self,
        name: &str,
        setting: &str,
        spec: &SettingSpec,
    ) -> Result<Json, SettingError> {
        let backend = Some(name);
        let given = match spec.kind {
            SettingKind::String => self.settings.text(backend, setting)?.map(Json::from),
            SettingKind::Url => self
                .settings
                .url(backend, setting)?
                .map(|url| Json::from(url.as_str().trim_end_matches('/'))),
            SettingKind::Host => match self.settings.text(backend, setting)? {
                Some(host) if is_host(&host) => Some(Json::from(host)),
                Some(_) => {
                    let expected = "expected a host name with an optional port, such as \
                                    id.example.com";
                    return Err(self.settings.refused(backend, setting, expected));
                }
                None => None,
            },
            SettingKind::Bool => self.settings.flag(backend, setting)?.map(Json::from),
            SettingKind::Int => self.settings.integer(backend, setting)?.map(Json::from),
            SettingKind::List => self.settings.texts(backend, setting)?.map(Json::from),
        };
        Ok(given.or_else(|| spec.default_json()).unwrap_or(Json::Null))
    }

    /// `REQUESTS_TIMEOUT`, else its older name, `URLOPEN_TIMEOUT`.
    fn timeout(&self, name: &str) -> Result<Duration, SettingError> {
        let timeout = self.settings.seconds(Some(name), "REQUESTS_TIMEOUT")?;
        let older = self.settings.seconds(Some(name), "URLOPEN_TIMEOUT")?;
        Ok(timeout.or(older).unwrap_or(CALL_TIMEOUT))
    }

    /// `PAYLOAD_MAX_AGE`; `None` when it is not set.
    fn payload_max_age(&self, name: &str) -> Result<Option<chrono::Duration>, SettingError> {
        let setting = "PAYLOAD_MAX_AGE";
        let Some(given) = self.settings.integer(Some(name), setting)? else {
            return Ok(None);
        };
        let seconds = u32::try_from(given).ok();
        let seconds = seconds.filter(|seconds| (1..=MOST_AGE).contains(seconds));
        let expected = "expected seconds, 1 to 86400";
        let seconds =
            seconds.ok_or_else(|| self.settings.refused(Some(name), setting, expected))?;
        Ok(Some(chrono::Duration::seconds(seconds.into())))
    }

    /// Time for a call, and whether it may go to a private address.
    fn limits(&self, name: &str) -> Result<(Duration, bool), SettingError> {
        let allow_private = self.settings.flag(Some(name), "ALLOW_PRIVATE")? == Some(true);
        Ok((self.timeout(name)?, allow_private))
    }

    fn accept_unbound(&self, name: &str) -> Result<AcceptUnbound, RegistryError> {
        let setting = "ACCEPT_UNBOUND_ACCESS_TOKENS";
        let Some(text) = self.settings.text_or_flag(Some(name), setting)? else {
            return Ok(AcceptUnbound::default());
        };
        text.parse()
            .map_err(|expected: &str| self.settings.refused(Some(name), setting, expected).into())
    }

    fn scope(
        &self,
        name: &str,
        definition: &Definition,
        asked: Option<Vec<String>>,
    ) -> Result<Vec<String>, SettingError> {
        let ignore_default = self.settings.flag(Some(name), "IGNORE_DEFAULT_SCOPE")?;
        let mut scope = asked.unwrap_or_default();
        if ignore_default != Some(true) {
            let missing: Vec<String> = definition
                .scope
                .iter()
                .filter(|default| !scope.contains(default))
                .cloned()
                .collect();
            scope.extend(missing);
        }
        Ok(scope)
    }

    fn extra(&self, name: &str) -> Result<ExtraSettings, RegistryError> {
        let everything = self.settings.flag(Some(name), "GET_ALL_EXTRA_DATA")? == Some(true);
        let entries = self
            .settings
            .list(Some(name), "EXTRA_DATA")?
            .unwrap_or_default();
        let more = entries
            .iter()
            .map(extra_entry)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                let expected = "expected a list of \"name\", [name, alias] or [name, alias, true]";
                self.settings.refused(Some(name), "EXTRA_DATA", expected)
            })?;
        Ok(ExtraSettings { everything, more })
    }
}

/// An entry of `EXTRA_DATA`; `None` when it is none.
fn extra_entry(entry: &Json) -> Option<(String, String, bool)> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    match entry {
        Json::String(name) => Some((name.clone(), name.clone(), false)),
        Json::Array(parts) => match parts.as_slice() {
            [name] => Some((text(name)?, text(name)?, false)),
            [name, alias] => Some((text(name)?, text(alias)?, false)),
            [name, alias, discard] => Some((text(name)?, text(alias)?, discard.as_bool()?)),
            _ => None,
        },
        _ => None,
    }
}

/// Where a person signs in, as the file writes it.
pub(super) fn authorize_url(definition: &Definition, fixed: &Fixed) -> Option<String> {
    let nothing = JsonMap::new();
    let scope = Scope::new(fixed, "", &Json::Null, (&nothing, &nothing));
    definition.endpoints.authorize.as_ref()?.as_text(&scope)
}

fn reading(
    name: &str,
    definition: &Definition,
    settings: &JsonMap,
) -> Result<Arc<Reading>, RegistryError> {
    definition
        .readings
        .under(settings)
        .map_err(|(key, reason)| RegistryError::Backend {
            backend: name.to_owned(),
            reason: format!("{key}: {reason}"),
        })
}
