//! `POST` or `DELETE /disconnect/{backend}`: a social account is disconnected.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use serde::Deserialize;
use uuid::Uuid;

use super::ApiError;
use super::body::Fields;
use super::caller::Caller;
use super::errors::{CodedError, method_not_allowed};
use super::guessed::told;
use super::halted::{HaltedAnswer, halted_answer};
use super::sender::Sender;
use super::social_sign_up::Refusal;
use crate::exchange::{Disconnect, DisconnectOutcome, Exchange};
use crate::model::JsonMap;

pub(super) fn resource() -> Resource {
    at(["/disconnect/{backend}", "/disconnect/{backend}/"])
}

pub(super) fn one_resource() -> Resource {
    at([
        "/disconnect/{backend}/{association_id}",
        "/disconnect/{backend}/{association_id}/",
    ])
}

fn at(paths: [&str; 2]) -> Resource {
    web::resource(paths)
        .post(disconnect)
        .delete(disconnect)
        .default_service(web::to(method_not_allowed("DELETE, POST")))
}

/// What is to be disconnected.
#[derive(Deserialize)]
pub(super) struct What {
    backend: String,
    association_id: Option<String>,
}

/// Disconnects the caller's accounts at a provider.
///
/// The last way to sign in stays: 409. A step may halt; then the body holds the
/// token of the 202 answer and what it asked for. `DELETE` does the same.
#[utoipa::path(post, path = "/disconnect/{backend}", tag = "account",
    security(("bearer" = [])),
    params(("backend" = String, Path, description = "The provider; it need not be configured any more")),
    request_body(content(
        (DisconnectRequest = "application/json"),
        (DisconnectRequest = "application/x-www-form-urlencoded"),
    ), description = "Only to resume a disconnection that halted"),
    responses(
        (status = 204, description = "Disconnected"),
        (status = 202, description = "A step waits for the client", body = HaltedAnswer),
        (status = 400, description = "Fields are wrong, or `partial_invalid`", body = Refusal),
        (status = 401, description = "`invalid_token`, or `reauthentication_required`", body = CodedError),
        (status = 403, description = "A step refuses", body = CodedError),
        (status = 404, description = "The caller has no such account", body = CodedError),
        (status = 409, description = "It is the last way to sign in", body = CodedError),
        (status = 413, description = "The body is too long", body = CodedError),
        (status = 415, description = "The body is neither JSON nor a form", body = CodedError),
        (status = 429, description = "Too many wrong tokens came from this address", body = CodedError),
        (status = 502, description = "An answer that a step asked for cannot be used", body = CodedError),
        (status = 503, description = "The database, or a hook, is unavailable", body = CodedError),
        (status = 504, description = "Somebody whom a step asked did not answer in time", body = CodedError),
    ))]
#[tracing::instrument(name = "api.disconnect", skip_all)]
pub(super) async fn disconnect(
    exchange: web::Data<Exchange>,
    what: web::Path<What>,
    (caller, sender): (Caller, Sender),
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let caller = caller.required()?;
    let What {
        backend,
        association_id,
    } = what.into_inner();
    // What is no id is nobody's association.
    let association_id = association_id
        .map(|id| Uuid::try_parse(&id).map_err(|_no_id| ApiError::NotFound))
        .transpose()?;
    let mut fields = read(&request, body)?;
    let token = fields.text(exchange.partial_token_name(&backend));
    let request = Disconnect {
        input: fields.finish()?,
        backend,
        association_id,
        caller,
        partial_token: token.map(Into::into),
    };
    let outcome = exchange.disconnect(request).await;
    let outcome = outcome.map_err(|error| told(&exchange, sender.0, error))?;
    Ok(match outcome {
        DisconnectOutcome::Disconnected => HttpResponse::NoContent().finish(),
        DisconnectOutcome::Halted(run) => HttpResponse::Accepted().json(halted_answer(*run)),
    })
}

/// Most disconnections have no body.
fn read(
    request: &HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<Fields, ApiError> {
    match &body {
        Ok(bytes) if bytes.is_empty() && !request.headers().contains_key(CONTENT_TYPE) => {
            Ok(JsonMap::new().into())
        }
        _ => Fields::read(request, body),
    }
}

/// The token of a halted disconnection, and the fields that its step wants.
#[derive(utoipa::ToSchema)]
#[schema(example = json!({}))]
#[expect(dead_code, reason = "for the schema: the fields are the step's")]
pub(super) struct DisconnectRequest {
    /// The token of the 202 answer.
    #[schema(nullable = false)]
    partial_token: Option<String>,
}
