//! `/.well-known/…`: what others need to check our tokens, and to get some.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, Resource, web};
use serde_json::json;

use super::errors::method_not_allowed;
use super::request_id::mounted_at;
use super::token::TOKEN_EXCHANGE;
use crate::exchange::Exchange;

/// Half of what a new key is published ahead, so that who caches knows it.
const CACHE: &str = "public, max-age=300";

pub(super) fn jwks_resource() -> Resource {
    web::resource(["/.well-known/jwks.json", "/.well-known/jwks.json/"])
        .get(jwks)
        .default_service(web::to(method_not_allowed("GET")))
}

pub(super) fn server_resource() -> Resource {
    web::resource([
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/",
    ])
    .get(server)
    .default_service(web::to(method_not_allowed("GET")))
}

/// The keys that our access tokens are signed with (RFC 7517).
///
/// May be kept for five minutes: a new key is listed ten before it signs.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "session",
    responses((status = 200, description = "A JWK set", body = Object)))]
pub(super) async fn jwks(exchange: web::Data<Exchange>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, CACHE))
        .json(exchange.sessions.jwks())
}

/// What this server does, for programs (RFC 8414).
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "session",
    responses((status = 200, description = "Its metadata", body = Object)))]
pub(super) async fn server(exchange: web::Data<Exchange>) -> HttpResponse {
    let issuer = exchange.sessions.issuer();
    // Without a URL of our own there is nothing to say where they are.
    let base = if issuer.starts_with("http") {
        issuer.to_owned()
    } else {
        mounted_at()
    };
    let at = |path: &str| format!("{base}{path}");
    let auth = ["client_secret_basic", "client_secret_post", "none"];
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, CACHE))
        .json(json!({
            "issuer": issuer,
            "token_endpoint": at("/token"),
            "revocation_endpoint": at("/token/revoke"),
            "introspection_endpoint": at("/token/introspect"),
            "jwks_uri": at("/.well-known/jwks.json"),
            "grant_types_supported": ["refresh_token", TOKEN_EXCHANGE],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": auth,
            "revocation_endpoint_auth_methods_supported": auth,
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }))
}
