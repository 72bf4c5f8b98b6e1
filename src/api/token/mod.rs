//! `POST /token`: the OAuth 2.0 token endpoint (RFC 6749), with refresh tokens
//! and token exchange (RFC 8693).

mod client;
mod error;
mod exchange;
mod introspect;
mod revoke;

use actix_web::{HttpRequest, HttpResponse, Resource, web};
use serde::Serialize;
use utoipa::ToSchema;

use self::client::read_client;
use self::error::TokenRefusal;
pub(in crate::api) use self::error::TokenRefused;
pub(in crate::api) use self::introspect::{__path_introspect, introspect};
pub(in crate::api) use self::revoke::{__path_revoke, revoke};
use super::answer::SessionAnswer;
use super::body::Fields;
use super::errors::method_not_allowed;
use super::sender::Sender;
use crate::exchange::Exchange;

/// The grant type of RFC 8693.
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

pub(super) fn resource() -> Resource {
    web::resource(["/token", "/token/"])
        .post(token)
        .default_service(web::to(method_not_allowed("POST")))
}

pub(super) fn revoke_resource() -> Resource {
    web::resource(["/token/revoke", "/token/revoke/"])
        .post(revoke)
        .default_service(web::to(method_not_allowed("POST")))
}

pub(super) fn introspect_resource() -> Resource {
    web::resource(["/token/introspect", "/token/introspect/"])
        .post(introspect)
        .default_service(web::to(method_not_allowed("POST")))
}

/// What the token endpoint is asked for.
#[derive(ToSchema)]
#[schema(example = json!({"grant_type": "refresh_token", "refresh_token": "s3cr3t…"}))]
#[expect(
    dead_code,
    reason = "for the schema: which fields count is the grant's"
)]
pub(super) struct TokenRequest {
    /// `refresh_token`, or `urn:ietf:params:oauth:grant-type:token-exchange`.
    grant_type: String,
    /// Of `refresh_token`: the token of a session.
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    /// Of a token exchange: what the provider's SDK gave.
    #[schema(nullable = false, max_length = 16384)]
    subject_token: Option<String>,
    /// `urn:ietf:params:oauth:token-type:access_token`, `…:id_token`, or
    /// `urn:sociable:token-type:oauth1`.
    #[schema(nullable = false)]
    subject_token_type: Option<String>,
    /// The secret of a token of OAuth 1.
    #[schema(nullable = false, max_length = 16384)]
    subject_token_secret: Option<String>,
    /// The provider of the subject token; an ID token's issuer tells it as well.
    #[schema(nullable = false, max_length = 32)]
    provider: Option<String>,
    /// Who the access token is for; this server when it is left out.
    #[schema(nullable = false)]
    audience: Option<String>,
    /// A registered client; by HTTP Basic as well.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// Its secret; by HTTP Basic as well.
    #[schema(nullable = false)]
    client_secret: Option<String>,
}

/// Tokens, as RFC 6749, section 5.1 has them.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJ…", "token_type": "Bearer", "expires_in": 600, "refresh_token": "s3cr3t…"
}))]
pub(super) struct TokenAnswer {
    #[serde(flatten)]
    session: SessionAnswer,
    /// Of a token exchange: `urn:ietf:params:oauth:token-type:access_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    issued_token_type: Option<&'static str>,
}

/// Exchanges a refresh token, or a provider's token, for tokens of ours.
///
/// A refresh token stays good until its successor is used. A provider's token
/// signs its person up or in, as `/social_sign_up` does.
#[utoipa::path(post, path = "/token", tag = "session",
    request_body(content((TokenRequest = "application/x-www-form-urlencoded"), (TokenRequest = "application/json"))),
    responses(
        (status = 200, description = "Tokens of ours", body = TokenAnswer),
        (status = 400, description = "RFC 6749, section 5.2; `interaction_required` when a step waits", body = TokenRefused),
        (status = 401, description = "`invalid_client`", body = TokenRefused),
        (status = 413, description = "The body is too long", body = TokenRefused),
        (status = 415, description = "The body is neither a form nor JSON", body = TokenRefused),
        (status = 429, description = "Too many requests", body = TokenRefused),
        (status = 500, description = "`server_error`", body = TokenRefused),
        (status = 502, description = "`temporarily_unavailable`: the provider's answer", body = TokenRefused),
        (status = 503, description = "`temporarily_unavailable`", body = TokenRefused),
        (status = 504, description = "`temporarily_unavailable`: the provider was too slow", body = TokenRefused),
    ))]
#[tracing::instrument(name = "api.token", skip_all)]
pub(super) async fn token(
    exchange: web::Data<Exchange>,
    sender: Sender,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, TokenRefusal> {
    let mut fields = Fields::read(&request, body)?;
    let shown = read_client(&request, &mut fields)?;
    let client = exchange.client(&shown)?;
    let grant = fields.required("grant_type");
    if fields
        .text("scope")
        .is_some_and(|scope| !scope.trim().is_empty())
    {
        return Err(TokenRefusal::InvalidScope);
    }
    let (tokens, issued_token_type) = match grant.as_str() {
        "refresh_token" => {
            let refresh_token = fields.required("refresh_token");
            fields.finish()?;
            let tokens = exchange.refresh(&refresh_token.into(), client).await?;
            (tokens, None)
        }
        TOKEN_EXCHANGE => {
            let tokens = exchange::exchange_token(&exchange, client, (fields, sender.0)).await?;
            (tokens, Some(exchange::ACCESS_TOKEN))
        }
        _ => {
            fields.finish()?;
            return Err(TokenRefusal::UnsupportedGrantType);
        }
    };
    Ok(HttpResponse::Ok().json(TokenAnswer {
        session: tokens.into(),
        issued_token_type,
    }))
}
