//! `/providers`: what a client can draw buttons of.

use actix_web::{HttpResponse, Resource, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::method_not_allowed;
use crate::backends::{BackendInfo, ClientInfo};
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
    "authorize_url": "https://github.com/login/oauth/authorize", "scope": ["user:email"],
    "scope_separator": ",", "scope_param": "scope", "status": "live", "credentials": [["access_token"]], "association_only": false, "requires_challenge": false
}))]
pub(super) struct Provider<'a> {
    /// The name to send as `provider`.
    name: &'a str,
    /// The name to show.
    title: &'a str,
    /// `oauth1`, `oauth2`, `oidc` or `openid2`.
    protocol: &'static str,
    /// Our client id there.
    client_id: &'a str,
    /// Further apps of ours there, by the operator's names.
    clients: Vec<Client<'a>>,
    /// Where a person signs in; null when the provider's file names none.
    authorize_url: Option<&'a str>,
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
    /// May be associated to a user, but not signed in with.
    association_only: bool,
    /// Whether an ID token needs the nonce, and a code the `state`, of a
    /// challenge of ours.
    requires_challenge: bool,
}

impl<'a> From<&'a BackendInfo> for Provider<'a> {
    fn from(info: &'a BackendInfo) -> Self {
        Self {
            name: &info.name,
            title: &info.title,
            protocol: info.protocol,
            client_id: &info.client_id,
            clients: info.clients.iter().map(Client::from).collect(),
            authorize_url: info.authorize_url.as_deref(),
            scope: &info.scope,
            scope_separator: &info.scope_separator,
            scope_param: &info.scope_param,
            status: info.status,
            credentials: info.accepts.iter().map(|kind| kind.fields()).collect(),
            association_only: info.association_only,
            requires_challenge: info.requires_challenge,
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

/// The providers that are enabled here.
#[utoipa::path(get, path = "/providers", tag = "sign-up",
    responses((status = 200, description = "The enabled providers", body = [Provider])))]
pub(super) async fn list(exchange: web::Data<Exchange>) -> HttpResponse {
    let providers: Vec<Provider<'_>> = exchange
        .registry
        .iter()
        .map(|backend| Provider::from(backend.info()))
        .collect();
    HttpResponse::Ok().json(providers)
}
