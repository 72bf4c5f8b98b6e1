//! `POST /token/revoke`: a token's session ends (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::ToSchema;

use super::client::read_client;
use super::{TokenRefusal, TokenRefused};
use crate::api::body::Fields;
use crate::exchange::Exchange;

/// The token whose session is to end.
#[derive(ToSchema)]
#[schema(example = json!({"token": "s3cr3t…"}))]
#[expect(dead_code, reason = "for the schema: the fields are taken one by one")]
pub(in crate::api) struct RevokeRequest {
    /// A refresh token or an access token.
    token: String,
    /// Ignored: a token tells what it is.
    #[schema(nullable = false)]
    token_type_hint: Option<String>,
    /// A registered client; by HTTP Basic as well.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// Its secret; by HTTP Basic as well.
    #[schema(nullable = false)]
    client_secret: Option<String>,
}

/// Ends a token's session: the refresh token works no more, introspection calls
/// its access tokens inactive.
///
/// An access token that is a JWT lives on, for those who do not ask, until it
/// expires. A token that is not good is revoked already: 200.
#[utoipa::path(post, path = "/token/revoke", tag = "session",
    request_body(content((RevokeRequest = "application/x-www-form-urlencoded"), (RevokeRequest = "application/json"))),
    responses(
        (status = 200, description = "The token is not, or no longer, good"),
        (status = 400, description = "`invalid_request`", body = TokenRefused),
        (status = 401, description = "`invalid_client`", body = TokenRefused),
        (status = 413, description = "The body is too long", body = TokenRefused),
        (status = 415, description = "The body is neither a form nor JSON", body = TokenRefused),
        (status = 503, description = "`temporarily_unavailable`", body = TokenRefused),
    ))]
#[tracing::instrument(name = "api.token.revoke", skip_all)]
pub(in crate::api) async fn revoke(
    exchange: web::Data<Exchange>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, TokenRefusal> {
    let mut fields = Fields::read(&request, body)?;
    let shown = read_client(&request, &mut fields)?;
    let client = exchange.client(&shown)?;
    let token = fields.required("token");
    fields.finish()?;
    exchange.revoke(&token.into(), client).await?;
    Ok(HttpResponse::Ok().finish())
}
