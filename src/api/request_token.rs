//! `POST /social_sign_up/request_token`: OAuth 1's first leg, for browsers.

use actix_web::{HttpRequest, HttpResponse, Resource, web};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;
use validator::Validate;

use super::ApiError;
use super::body::Fields;
use super::credential::{PROVIDER_MAX, plain, token};
use super::errors::{CodedError, method_not_allowed};
use super::limits::TEXT_MAX_LENGTH;
use super::social_sign_up::{Refusal, messages};
use crate::backends::RequestToken;
use crate::exchange::Exchange;

const PATHS: [&str; 2] = [
    "/social_sign_up/request_token",
    "/social_sign_up/request_token/",
];

pub(super) fn resource() -> Resource {
    web::resource(PATHS)
        .post(request_token)
        .default_service(web::to(method_not_allowed("POST")))
}

/// Where a person is to be sent, and where they shall come back to.
#[derive(Validate, ToSchema)]
#[schema(example = json!({"provider": "twitter", "redirect_uri": "https://app.example/callback"}))]
pub(super) struct RequestTokenRequest {
    /// The backend's name, as `GET /providers` lists it.
    #[validate(required(message = "This field is required."), length(max = "PROVIDER_MAX", message = "Ensure this field has no more than 32 characters."), custom(function = plain))]
    #[schema(required = true, nullable = false, max_length = 32)]
    provider: Option<String>,
    /// Exactly one of the addresses that the operator lists.
    #[validate(required(message = "This field is required."), length(max = "TEXT_MAX_LENGTH", message = "Ensure this field has no more than 2048 characters."), custom(function = token))]
    #[schema(required = true, nullable = false, max_length = 2048)]
    redirect_uri: Option<String>,
    /// Which of our client ids asks; the first one without it.
    #[schema(nullable = false)]
    client_id: Option<String>,
}

/// A request token. Its secret stays here.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "oauth_token": "Z6eEdO8MOmk394WozF5oKyuAv855l4Mlqo7hhlSLik",
    "request_token": "v1.0123456789abcdef.Zm9v…",
    "authorize_url": "https://api.twitter.com/oauth/authenticate?oauth_token=Z6eEdO8MOmk394WozF5oKyuAv855l4Mlqo7hhlSLik",
    "expires_in": 600
}))]
pub(super) struct RequestTokenAnswer {
    /// The provider's; comes back with the person.
    oauth_token: String,
    /// For the sign-up's `request_token`; the client keeps it meanwhile.
    request_token: String,
    /// Where to send the person.
    authorize_url: String,
    /// Seconds until it no longer works.
    expires_in: i64,
}

impl From<RequestToken> for RequestTokenAnswer {
    fn from(given: RequestToken) -> Self {
        Self {
            oauth_token: given.oauth_token,
            request_token: given.request_token.expose_secret().to_owned(),
            authorize_url: given.authorize_url,
            expires_in: given.expires_in,
        }
    }
}

/// Begins a sign-in by OAuth 1 in a browser.
#[utoipa::path(post, path = "/social_sign_up/request_token", tag = "sign-up",
    request_body(content(
        (RequestTokenRequest = "application/json"),
        (RequestTokenRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "A request token", body = RequestTokenAnswer),
        (status = 400, description = "Fields are wrong, or the provider has no such leg", body = Refusal),
        (status = 404, description = "No such provider", body = CodedError),
        (status = 413, description = "The body is too long", body = CodedError),
        (status = 415, description = "The body is neither JSON nor a form", body = CodedError),
        (status = 500, description = "Our own fault", body = CodedError),
        (status = 502, description = "The provider's answer cannot be used", body = CodedError),
        (status = 503, description = "The provider is unavailable", body = CodedError),
        (status = 504, description = "The provider did not answer in time", body = CodedError),
    ))]
#[tracing::instrument(name = "api.request_token", skip_all)]
pub(super) async fn request_token(
    exchange: web::Data<Exchange>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let mut fields = Fields::read(&request, body)?;
    let asked = RequestTokenRequest {
        provider: fields.text("provider"),
        redirect_uri: fields.text("redirect_uri"),
        client_id: fields.text("client_id"),
    };
    if let Err(errors) = asked.validate() {
        fields.note_missing(messages(&errors));
    }
    fields.finish()?;
    let provider = asked.provider.unwrap_or_default();
    let redirect_uri = asked.redirect_uri.unwrap_or_default();
    let given = exchange.request_token(&provider, &redirect_uri, asked.client_id.as_deref());
    let answer = RequestTokenAnswer::from(given.await?);
    Ok(HttpResponse::Ok().json(answer))
}
