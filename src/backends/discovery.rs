//! OpenID Connect Discovery: what a provider says of itself.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, HeaderValue};
use serde_json::Value as Json;
use url::{Host, Url};

use super::BackendError;
use super::answer;
use super::definition::{Definition, Fixed, Scope};
use super::documents::DocumentCache;
use super::id_token::TENANT;
use crate::http::{Body, HttpClient, MAX_BODY_LENGTH, Method, Request};
use crate::model::JsonMap;

/// Where the document stands below an issuer, by OpenID Connect Discovery §4.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The members that we, or a client, may be sent to.
const ENDPOINTS: [&str; 9] = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
];

/// The discovery document of one backend.
pub(super) struct Discovery {
    source: Arc<Source>,
    documents: DocumentCache<JsonMap>,
}

/// Where a document stands, and what it must say of itself.
struct Source {
    url: Url,
    issuer: Option<Issuer>,
    http: HttpClient,
    timeout: Duration,
    allow_private: bool,
}

/// What a document's `issuer` must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issuer {
    /// As it is configured.
    pub(super) name: String,
    /// It comes from a setting, whose last slash we have dropped.
    pub(super) lost_slash: bool,
    /// The document stands at a URL of its own.
    pub(super) has_own_url: bool,
}

/// Why a document cannot be used. Holds nothing of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum DocumentFault {
    #[error(transparent)]
    NotFetched(#[from] BackendError),
    #[error("it is no JSON object")]
    NoObject,
    #[error("its `issuer` is not the configured one")]
    OtherIssuer,
    #[error("its `{0}` is no https URL")]
    Insecure(&'static str),
}

impl Discovery {
    /// A document that is not fetched yet. `url` is its own; without one it
    /// stands below the issuer.
    ///
    /// `None` when neither gives a URL.
    pub(super) fn new(
        (issuer, url): (Option<Issuer>, Option<String>),
        http: &HttpClient,
        (timeout, allow_private): (Duration, bool),
    ) -> Option<Self> {
        let below = |issuer: &Issuer| {
            let base = issuer.name.strip_suffix('/').unwrap_or(&issuer.name);
            format!("{base}{WELL_KNOWN}")
        };
        let url = url.or_else(|| issuer.as_ref().map(below))?;
        let source = Source {
            url: Url::parse(&url).ok()?,
            issuer,
            http: http.clone(),
            timeout,
            allow_private,
        };
        Some(Self {
            source: Arc::new(source),
            documents: DocumentCache::default(),
        })
    }

    /// The document's members.
    ///
    /// # Errors
    /// When there is no document, old or new: `Timeout`, `RateLimited`, or
    /// `Unavailable` for whatever else is wrong with it.
    pub(super) async fn document(&self, now: DateTime<Utc>) -> Result<Arc<JsonMap>, BackendError> {
        let source = Arc::clone(&self.source);
        let fetch = async move { source.fetch().await };
        let url = self.source.url.as_str();
        self.documents.get(url, now, fetch).await
    }

    /// Fetches the document where there is none, before anybody needs it.
    ///
    /// # Errors
    /// Those of [`Discovery::document`]; they are not remembered.
    pub(super) async fn prefetch(&self, now: DateTime<Utc>) -> Result<(), BackendError> {
        let fetch = self.source.fetch();
        let fetched = self.documents.prefetch(self.url(), now, fetch).await;
        fetched.map(|_document| ())
    }

    /// The document if it was read once; `None` while it was not.
    pub(super) fn known(&self) -> Option<Arc<JsonMap>> {
        self.documents.known(self.url())
    }

    /// Where it stands.
    pub(super) fn url(&self) -> &str {
        self.source.url.as_str()
    }

    /// What it means that no request can be made of the document.
    pub(super) fn lacking(&self, error: BackendError) -> BackendError {
        match error {
            BackendError::Misconfigured(_) => {
                let host = self.source.host();
                tracing::warn!(host, "a discovery document lacks what a call needs");
                BackendError::Unavailable
            }
            other => other,
        }
    }
}

impl Source {
    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    async fn fetch(&self) -> Result<JsonMap, BackendError> {
        let answer = self.http.send(Request {
            method: Method::GET,
            url: self.url.clone(),
            headers: vec![(ACCEPT, HeaderValue::from_static("application/json"))],
            body: Body::Empty,
            timeout: self.timeout,
            allow_private: self.allow_private,
            longest_answer: MAX_BODY_LENGTH,
        });
        let document = answer::document(answer.await)
            .map_err(DocumentFault::from)
            .and_then(|document| self.check(document));
        document.map_err(|fault| {
            let host = self.host();
            tracing::warn!(host, reason = %fault, "a discovery document cannot be used");
            match fault {
                // Nothing here is about the credential.
                DocumentFault::NotFetched(
                    error @ (BackendError::Timeout | BackendError::RateLimited { .. }),
                ) => error,
                _ => BackendError::Unavailable,
            }
        })
    }

    fn check(&self, document: Json) -> Result<JsonMap, DocumentFault> {
        let Json::Object(members) = document else {
            return Err(DocumentFault::NoObject);
        };
        let issuer = members.get("issuer").and_then(Json::as_str);
        let issuer = issuer.filter(|given| match &self.issuer {
            Some(issuer) => issuer.is(given),
            None => self.is_safe(given),
        });
        if issuer.is_none() {
            return Err(DocumentFault::OtherIssuer);
        }
        for name in ENDPOINTS {
            match members.get(name) {
                None | Some(Json::Null) => {}
                Some(Json::String(url)) if self.is_safe(url) => {}
                Some(_) => return Err(DocumentFault::Insecure(name)),
            }
        }
        Ok(members)
    }

    /// https, or http on this machine where that is allowed.
    fn is_safe(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else {
            return false;
        };
        let plain = url.username().is_empty() && url.password().is_none();
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return false,
        };
        plain
            && match url.scheme() {
                "https" => true,
                "http" => loopback && self.allow_private,
                _ => false,
            }
    }
}

impl Issuer {
    /// Byte for byte, but for what the configured one cannot say.
    fn is(&self, given: &str) -> bool {
        given == self.name
            || (self.lost_slash && given.strip_suffix('/') == Some(&self.name))
            || (self.has_own_url && self.is_tenant_of(given))
    }

    /// Whether the configured issuer is that of one tenant of `pattern`.
    fn is_tenant_of(&self, pattern: &str) -> bool {
        let tenant = pattern.split_once(TENANT).and_then(|(before, after)| {
            let rest = self.name.strip_prefix(before)?;
            rest.strip_suffix(after)
        });
        tenant.is_some_and(|tenant| {
            let part_of_a_path =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            !tenant.is_empty() && tenant.chars().all(part_of_a_path)
        })
    }
}

/// The issuer, and where its document stands when not below it.
pub(super) fn discovered(
    definition: &Definition,
    fixed: &Fixed,
) -> (Option<Issuer>, Option<String>) {
    let nothing = JsonMap::new();
    let scope = Scope::new(fixed, "", &Json::Null, (&nothing, &nothing));
    let endpoints = &definition.endpoints;
    let url = endpoints
        .discovery
        .as_ref()
        .and_then(|url| url.as_text(&scope));
    let issuer = endpoints.issuer.as_ref().and_then(|issuer| {
        Some(Issuer {
            name: issuer.as_text(&scope)?,
            lost_slash: issuer.ends_in_template(),
            has_own_url: url.is_some(),
        })
    });
    (issuer, url)
}

#[cfg(test)]
mod tests;
