//! What an operator sets of OpenID 2.0, joined with what a definition pins.

use serde_json::Value as Json;
use url::{Host, Url};

use super::party::{Identifiers, Provider, RelyingParty, is_within};
use crate::backends::RegistryError;
use crate::backends::build::Builder;
use crate::backends::definition::{Definition, Protocol};
use crate::backends::redirect_uris::RedirectUris;
use crate::settings::SettingError;

/// Settings that are read here, of backends of OpenID 2.0 alone.
pub(in crate::backends) const SETTINGS: [&str; 3] =
    [OP_ENDPOINTS, OPENID_TRUST_ROOT, OP_ASSOCIATIONS];

const REDIRECT_URIS: &str = "REDIRECT_URIS";
const OP_ENDPOINTS: &str = "OP_ENDPOINTS";
const OPENID_TRUST_ROOT: &str = "OPENID_TRUST_ROOT";
const OP_ASSOCIATIONS: &str = "OP_ASSOCIATIONS";

impl RelyingParty {
    /// Reads what is set for a backend; `None` when it is of another protocol.
    ///
    /// # Errors
    /// The first setting that is missing, or not what it must be.
    pub(in crate::backends) fn read(
        builder: &Builder<'_>,
        name: &str,
        (definition, redirect_uris): (&Definition, &RedirectUris),
    ) -> Result<Option<Self>, RegistryError> {
        if definition.protocol != Protocol::OpenId2 {
            return Ok(None);
        }
        let settings = builder.settings;
        let own = settings.own_map(name, OP_ENDPOINTS)?;
        let pinned = definition.openid.iter().map(|pinned| Provider {
            endpoint: pinned.op_endpoint.clone(),
            identifiers: Identifiers::Matching(pinned.claimed_id.clone()),
            asked: tokio::sync::Mutex::default(),
        });
        let providers: Vec<Provider> = match own {
            Some(own) => endpoints(&own)
                .map_err(|reason| settings.refused(Some(name), OP_ENDPOINTS, &reason))?,
            None => pinned.collect(),
        };
        let needed = |setting: &str| -> RegistryError {
            let reason = "is not set, but this provider needs it";
            settings.refused(Some(name), setting, reason).into()
        };
        if providers.is_empty() {
            return Err(needed(OP_ENDPOINTS));
        }
        let redirect_uris = redirect_uris.clone();
        if redirect_uris.is_empty() {
            return Err(needed(REDIRECT_URIS));
        }
        let party = Self {
            providers,
            redirect_uris,
            realm: settings.text(Some(name), OPENID_TRUST_ROOT)?,
            associations: settings.flag(Some(name), OP_ASSOCIATIONS)? == Some(true),
        };
        party.check_addresses(builder, name)?;
        Ok(Some(party))
    }

    fn check_addresses(&self, builder: &Builder<'_>, name: &str) -> Result<(), SettingError> {
        for address in self.redirect_uris.entries() {
            if !is_web(address) {
                let reason = "expected https URLs (http for a loopback address) without a fragment";
                return Err(builder.settings.refused(Some(name), REDIRECT_URIS, reason));
            }
            if !is_within(&self.realm(address), address) {
                let reason = "expected a URL that all `redirect_uris` are below";
                return Err(builder
                    .settings
                    .refused(Some(name), OPENID_TRUST_ROOT, reason));
            }
        }
        Ok(())
    }
}

/// Each endpoint, and the URLs below which it speaks for identifiers.
fn endpoints(own: &crate::model::JsonMap) -> Result<Vec<Provider>, String> {
    own.iter()
        .map(|(endpoint, below)| {
            let url = Url::parse(endpoint).ok();
            let url = url.filter(|url| is_web(endpoint) && url.as_str() == endpoint);
            let endpoint = url.ok_or_else(|| {
                format!("`{endpoint}` is no endpoint: expected an https URL (http for a loopback address) as the provider writes it")
            })?;
            Ok(Provider {
                identifiers: Identifiers::Below(urls(below)?),
                endpoint,
                asked: tokio::sync::Mutex::default(),
            })
        })
        .collect()
}

/// One URL, or several: whole, so that no other host begins with them.
fn urls(below: &Json) -> Result<Vec<String>, String> {
    let texts: Vec<&str> = match below {
        Json::Array(texts) => texts.iter().filter_map(Json::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let is_url = |text: &str| {
        let url = Url::parse(text).ok();
        url.is_some_and(|url| url.as_str() == text && matches!(url.scheme(), "http" | "https"))
    };
    match texts.iter().find(|text| !is_url(text)) {
        Some(text) => Err(format!(
            "`{text}` is no URL with a path that identifiers are below"
        )),
        None if texts.is_empty() => Err(
            "expected { \"https://the.endpoint/\" = \"https://below.which/identifiers/are/\" }"
                .to_owned(),
        ),
        None => Ok(texts.into_iter().map(str::to_owned).collect()),
    }
}

/// https, or http on this machine; no fragment.
fn is_web(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let scheme = url.scheme();
        (scheme == "https" || scheme == "http" && loopback) && url.fragment().is_none()
    })
}
