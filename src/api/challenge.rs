//! `POST /social_sign_up/challenge`: what a sign-in is begun with.

use actix_web::{HttpRequest, HttpResponse, Resource, web};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;
use validator::Validate;

use super::ApiError;
use super::body::Fields;
use super::credential::{PROVIDER_MAX, plain};
use super::errors::{CodedError, method_not_allowed};
use super::social_sign_up::{Refusal, messages};
use crate::exchange::{Challenge, Exchange};

pub(super) fn resource() -> Resource {
    web::resource(["/social_sign_up/challenge", "/social_sign_up/challenge/"])
        .post(challenge)
        .default_service(web::to(method_not_allowed("POST")))
}

/// At which provider a person will be asked to sign in.
#[derive(Validate, ToSchema)]
#[schema(example = json!({"provider": "sandbox"}))]
pub(super) struct ChallengeRequest {
    /// The backend's name, as `GET /providers` lists it.
    #[validate(required(message = "This field is required."), length(max = "PROVIDER_MAX", message = "Ensure this field has no more than 32 characters."), custom(function = plain))]
    #[schema(required = true, nullable = false, max_length = 32)]
    provider: Option<String>,
}

/// Values for the request to the provider; each works once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "nonce": "v1.0123456789abcdef.Zm9v…",
    "nonce_sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "state": "v1.0123456789abcdef.YmFy…",
    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256", "expires_in": 600
}))]
pub(super) struct ChallengeAnswer {
    /// For `nonce`, and for the sign-up's `nonce`.
    nonce: String,
    /// Its SHA-256 in hexadecimal digits, for SDKs that want that.
    nonce_sha256: String,
    /// For `state`, and for the sign-up's `state`.
    state: String,
    /// For the sign-up's `code_verifier`; keep it from everybody else.
    code_verifier: String,
    /// For `code_challenge`.
    code_challenge: String,
    /// Always `S256`.
    code_challenge_method: &'static str,
    /// Seconds until they no longer work.
    expires_in: i64,
}

impl From<Challenge> for ChallengeAnswer {
    fn from(challenge: Challenge) -> Self {
        Self {
            nonce: challenge.nonce.expose_secret().to_owned(),
            nonce_sha256: challenge.nonce_sha256,
            state: challenge.state.expose_secret().to_owned(),
            code_verifier: challenge.code_verifier.expose_secret().to_owned(),
            code_challenge: challenge.code_challenge,
            code_challenge_method: "S256",
            expires_in: challenge.expires_in,
        }
    }
}

/// Gives out a nonce, a `state` and a PKCE pair.
#[utoipa::path(post, path = "/social_sign_up/challenge", tag = "sign-up",
    request_body(content(
        (ChallengeRequest = "application/json"),
        (ChallengeRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "A challenge", body = ChallengeAnswer),
        (status = 400, description = "Fields are wrong", body = Refusal),
        (status = 404, description = "No such provider", body = CodedError),
        (status = 413, description = "The body is too long", body = CodedError),
        (status = 415, description = "The body is neither JSON nor a form", body = CodedError),
        (status = 500, description = "Our own fault", body = CodedError),
    ))]
#[tracing::instrument(name = "api.challenge", skip_all)]
pub(super) async fn challenge(
    exchange: web::Data<Exchange>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let mut fields = Fields::read(&request, body)?;
    let asked = ChallengeRequest {
        provider: fields.text("provider"),
    };
    if let Err(errors) = asked.validate() {
        fields.note_missing(messages(&errors));
    }
    fields.finish()?;
    let provider = asked.provider.unwrap_or_default();
    let answer = ChallengeAnswer::from(exchange.challenge(&provider)?);
    Ok(HttpResponse::Ok().json(answer))
}
