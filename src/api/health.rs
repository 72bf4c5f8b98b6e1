//! Whether the server lives, and whether it can serve.

use actix_web::{HttpResponse, Resource, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiError;
use super::errors::{CodedError, method_not_allowed};
use crate::exchange::Exchange;

/// All is well.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
pub(super) struct Health {
    /// Always `ok`; anything else is an error's status.
    status: &'static str,
}

pub(super) fn healthz() -> Resource {
    web::resource(["/healthz", "/healthz/"])
        .get(alive)
        .default_service(web::to(method_not_allowed("GET")))
}

pub(super) fn readyz() -> Resource {
    web::resource(["/readyz", "/readyz/"])
        .get(ready)
        .default_service(web::to(method_not_allowed("GET")))
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = 200, description = "The process answers", body = Health)))]
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok" })
}

/// Whether the database answers.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "The database answers", body = Health),
        (status = 503, description = "`unavailable`", body = CodedError),
    ))]
pub(super) async fn ready(exchange: web::Data<Exchange>) -> Result<HttpResponse, ApiError> {
    exchange
        .storage
        .ping()
        .await
        .map_err(|error| ApiError::NotReady(error.to_string()))?;
    Ok(HttpResponse::Ok().json(Health { status: "ok" }))
}
