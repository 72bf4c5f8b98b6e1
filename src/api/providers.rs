//! `/providers`: what a client can draw buttons of.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, Resource, web};
use futures_util::future::join_all;
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::method_not_allowed;
use crate::backends::{Backend, BackendInfo, ClientInfo, CodeInfo, OpenIdUrl};
use crate::exchange::Exchange;

pub(super) fn resource() -> Resource {
    web::resource(["/providers", "/providers/"])
        .get(list)
        .default_service(web::to(method_not_allowed("GET")))
}

/// A provider that can be signed in with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "github", "title": "GitHub", "protocol": "oauth2", "client_id": "Iv1.0123456789abcdef",
    "clients": [{"name": "ios", "client_id": "Iv1.fedcba9876543210"}],
    "authorize_url": "https://github.com/login/oauth/authorize", "discovery_url": null, "scope": ["user:email"],
    "scope_separator": ",", "scope_param": "scope", "status": "live", "credentials": [["access_token"], ["code", "redirect_uri"]],
    "code": {"response_type": "code", "redirect_uris": ["https://app.example/callback"],
        "code_challenge_method": "S256", "code_verifier_required": true, "renamed": {}},
    "association_only": false, "requires_challenge": false, "openid_urls": []
}))]
pub(super) struct Provider<'a> {
    /// The name to send as `provider`.
    name: &'a str,
    /// The name to show.
    title: &'a str,
    /// `oauth1`, `oauth2`, `oidc`, `openid2` or `payload`.
    protocol: &'static str,
    /// Our client id there.
    client_id: &'a str,
    /// Further apps of ours there, by the operator's names.
    clients: Vec<Client<'a>>,
    /// Where a person signs in; null while neither the provider's file nor a
    /// discovery document that was read says it.
    authorize_url: Option<String>,
    /// Where the provider says where its endpoints are; null when nowhere.
    discovery_url: Option<&'a str>,
    /// The scopes to ask for.
    scope: &'a [String],
    /// What stands between scopes in the URL.
    scope_separator: &'a str,
    /// The URL's parameter that holds the scopes.
    scope_param: &'a str,
    /// `live`, `deprecated` or `dead`.
    status: &'static str,
    /// The fields of a sign-up that carry its credential, one list a kind.
    credentials: Vec<&'static [&'static str]>,
    /// How to come by a code; null while none is taken.
    code: Option<CodeFlow<'a>>,
    /// May be associated to a user, but not signed in with.
    association_only: bool,
    /// Whether an ID token needs the nonce, and a code the `state`, of a
    /// challenge of ours.
    requires_challenge: bool,
    /// Of OpenID 2.0: where to send a person, for each of our addresses.
    openid_urls: Vec<StartUrl>,
}

/// What a client needs to come by an authorization code (RFC 6749, RFC 7636).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CodeFlow<'a> {
    /// What `response_type` is in the URL.
    response_type: &'static str,
    /// Where the provider may send a person back to, one of them exactly;
    /// empty for an SDK that uses none. A loopback address without a port is
    /// good with any.
    redirect_uris: &'a [String],
    /// The method of the PKCE challenge, `S256`; null where none is known.
    code_challenge_method: Option<&'static str>,
    /// Whether a code counts only with its `code_verifier`.
    code_verifier_required: bool,
    /// Parameters of the URL that the provider calls otherwise, by their
    /// standard names.
    renamed: BTreeMap<&'a str, &'a str>,
}

impl<'a> From<&'a CodeInfo> for CodeFlow<'a> {
    fn from(info: &'a CodeInfo) -> Self {
        let renamed = info.rename.iter();
        Self {
            response_type: "code",
            redirect_uris: &info.redirect_uris,
            code_challenge_method: info.pkce.then_some("S256"),
            code_verifier_required: info.pkce_required,
            renamed: renamed
                .map(|(name, own)| (name.as_str(), own.as_str()))
                .collect(),
        }
    }
}

impl<'a> Provider<'a> {
    fn new(backend: &'a dyn Backend, openid_urls: Vec<OpenIdUrl>) -> Self {
        let info: &BackendInfo = backend.info();
        Self {
            name: &info.name,
            title: &info.title,
            protocol: info.protocol,
            client_id: &info.client_id,
            clients: info.clients.iter().map(Client::from).collect(),
            authorize_url: backend.authorize_url(),
            discovery_url: info.discovery_url.as_deref(),
            scope: &info.scope,
            scope_separator: &info.scope_separator,
            scope_param: &info.scope_param,
            status: info.status,
            credentials: info.accepts.iter().map(|kind| kind.fields()).collect(),
            code: info.code.as_ref().map(CodeFlow::from),
            association_only: info.association_only,
            requires_challenge: info.requires_challenge,
            openid_urls: openid_urls.into_iter().map(StartUrl::from).collect(),
        }
    }
}

/// A further app of ours at a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Client<'a> {
    /// What the operator calls it.
    name: &'a str,
    /// Our client id there.
    client_id: &'a str,
}

impl<'a> From<&'a ClientInfo> for Client<'a> {
    fn from(info: &'a ClientInfo) -> Self {
        Self {
            name: &info.name,
            client_id: &info.client_id,
        }
    }
}

/// Where a person signs in by OpenID 2.0.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StartUrl {
    /// The address of ours that the person comes back to.
    redirect_uri: String,
    /// The URL, with all parameters of OpenID. An app may add parameters of its
    /// own to `openid.return_to`; it then posts those back as well.
    url: String,
}

impl From<OpenIdUrl> for StartUrl {
    fn from(url: OpenIdUrl) -> Self {
        Self {
            redirect_uri: url.redirect_uri,
            url: url.url,
        }
    }
}

/// The providers that are enabled here.
#[utoipa::path(get, path = "/providers", tag = "sign-up",
    responses((status = 200, description = "The enabled providers", body = [Provider])))]
pub(super) async fn list(exchange: web::Data<Exchange>) -> HttpResponse {
    let backends = exchange.registry.iter();
    let providers = backends.map(async |backend| {
        let openid_urls = exchange.openid_urls(backend.as_ref()).await;
        Provider::new(backend.as_ref(), openid_urls)
    });
    let providers: Vec<Provider<'_>> = join_all(providers).await;
    HttpResponse::Ok().json(providers)
}
