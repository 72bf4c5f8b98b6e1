//! `openapi.yaml`, written from the code.

use actix_web::{HttpResponse, Resource, web};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::errors::method_not_allowed;
use super::examples::{Examples, other_method};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "sociable",
        description = "Turns a social provider's token into a user of your app.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        super::social_sign_up::social_sign_up,
        super::complete::complete,
        super::complete::look,
        super::disconnect::disconnect,
        super::challenge::challenge,
        super::request_token::request_token,
        super::me::me,
        super::me::social_auth,
        super::token::token,
        super::token::revoke,
        super::token::introspect,
        super::logout::log_out,
        super::well_known::jwks,
        super::well_known::server,
        super::providers::list,
        super::health::alive,
        super::health::ready,
        openapi_yaml,
    ),
    modifiers(&Bearer, &OtherMethods, &Examples),
    tags(
        (name = "sign-up", description = "From a provider's token to a user"),
        (name = "session", description = "Tokens of ours"),
        (name = "account", description = "The caller and what belongs to them"),
        (name = "operation", description = "For those who run the server"),
    ),
)]
struct Document;

/// Adds the one way to show who calls.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The `session.access_token` of a sign-up"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let basic = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some("A registered client with a secret"))
            .build();
        components.add_security_scheme("client", SecurityScheme::Http(basic));
    }
}

/// Says of every path how another method is answered.
struct OtherMethods;

impl Modify for OtherMethods {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let paths = document.paths.paths.values_mut();
        for operation in paths
            .flat_map(|path| [&mut path.get, &mut path.post])
            .flatten()
        {
            let responses = &mut operation.responses.responses;
            responses.insert("405".to_owned(), other_method().into());
        }
    }
}

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The document as YAML, as it is kept in `openapi.yaml`.
///
/// # Errors
/// When it cannot be written as YAML; a defect of ours.
pub fn yaml() -> Result<String, String> {
    document().to_yaml().map_err(|error| error.to_string())
}

pub(super) fn resource() -> Resource {
    web::resource(["/openapi.yaml", "/openapi.yaml/"])
        .get(openapi_yaml)
        .default_service(web::to(method_not_allowed("GET")))
}

/// This document.
#[utoipa::path(get, path = "/openapi.yaml", tag = "operation",
    responses((status = 200, description = "This document", body = Object, content_type = "application/yaml")))]
pub(super) async fn openapi_yaml() -> HttpResponse {
    match yaml() {
        Ok(text) => HttpResponse::Ok()
            .content_type("application/yaml")
            .body(text),
        Err(_unwritable) => HttpResponse::InternalServerError().finish(),
    }
}
