//! `POST /logout`: the caller's session ends, or all of them.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use utoipa::ToSchema;

use super::ApiError;
use super::body::Fields;
use super::caller::Caller;
use super::errors::{CodedError, method_not_allowed};
use super::social_sign_up::Refusal;
use crate::exchange::Exchange;
use crate::model::JsonMap;

/// What is to end.
#[derive(ToSchema)]
#[schema(example = json!({"scope": "everywhere"}))]
#[expect(dead_code, reason = "for the schema: the field is taken as it comes")]
pub(super) struct LogoutRequest {
    /// `everywhere` ends all sessions of the caller; this one alone without it.
    #[schema(nullable = false)]
    scope: Option<String>,
}

pub(super) fn resource() -> Resource {
    web::resource(["/logout", "/logout/"])
        .post(log_out)
        .default_service(web::to(method_not_allowed("POST")))
}

/// Ends the caller's session; `scope=everywhere` ends all of theirs.
///
/// Refresh tokens work no more at once. An access token that is a JWT lives on,
/// for those who do not ask `/token/introspect`, until it expires.
#[utoipa::path(post, path = "/logout", tag = "session", security(("bearer" = [])),
    request_body(content((LogoutRequest = "application/json"), (LogoutRequest = "application/x-www-form-urlencoded")),
        description = "Nothing, to end this session alone"),
    responses(
        (status = 204, description = "Ended"),
        (status = 400, description = "A field is wrong", body = Refusal),
        (status = 401, description = "`invalid_token`", body = CodedError),
        (status = 413, description = "The body is too long", body = CodedError),
        (status = 415, description = "The body is neither JSON nor a form", body = CodedError),
        (status = 503, description = "`unavailable`", body = CodedError),
    ))]
#[tracing::instrument(name = "api.logout", skip_all)]
pub(super) async fn log_out(
    exchange: web::Data<Exchange>,
    caller: Caller,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let caller = caller.required()?;
    let mut fields: Fields = match &body {
        Ok(bytes) if bytes.is_empty() && !request.headers().contains_key(CONTENT_TYPE) => {
            JsonMap::new().into()
        }
        _ => Fields::read(&request, body)?,
    };
    let everywhere = match fields.text("scope").as_deref() {
        None => false,
        Some("everywhere") => true,
        Some(_) => {
            fields.note::<()>("scope", "Expected `everywhere`, or nothing.");
            false
        }
    };
    fields.finish()?;
    exchange.log_out(caller, everywhere).await?;
    Ok(HttpResponse::NoContent().finish())
}
