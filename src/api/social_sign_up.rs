//! `POST /social_sign_up`: a provider's token becomes a user.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, Resource, web};
use serde::Serialize;
use utoipa::ToSchema;
use validator::{Validate as _, ValidationErrors};

use super::ApiError;
use super::answer::SignUpAnswer;
use super::body::Fields;
use super::caller::Caller;
use super::credential::{self, SignUpRequest};
use super::error::{FieldErrors, Refused};
use super::errors::{CodedError, FieldMessages, method_not_allowed};
use super::explained::explained;
use super::halted::{HaltedAnswer, halted_answer};
use super::idempotency_key::{KeyHeader, REPLAYED};
use super::sender::Sender;
use crate::exchange::{CurrentUser, Exchange, SignUp, SignUpOutcome};
use crate::model::{ClientInput, JsonMap};

pub(super) fn resource() -> Resource {
    web::resource(["/social_sign_up", "/social_sign_up/"])
        .post(social_sign_up)
        .default_service(web::to(method_not_allowed("POST")))
}

/// Signs up, signs in, or with a bearer associates.
#[utoipa::path(post, path = "/social_sign_up", tag = "sign-up",
    security((), ("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII \
        characters, random: within two minutes the same request with the same key gets the first \
        answer again, with `Idempotency-Replayed: true`", min_length = 1, max_length = 255),
        ("explain" = Option<String>, Query, description = "Commits nothing and tells step by step \
            what the sign-up would come to; only where `server.explain` is on")),
    request_body(content(
        (SignUpRequest = "application/json"),
        (SignUpRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "With `explain`: what it would come to", body = Object),
        (status = 201, description = "The user, new or known", body = SignUpAnswer),
        (status = 202, description = "A step waits for the client: resume at POST /complete/{backend}", body = HaltedAnswer),
        (status = 400, description = "Fields are wrong, or the credential cannot be used here", body = Refusal),
        (status = 401, description = "The credential, or the bearer, is not accepted", body = CodedError),
        (status = 403, description = "A rule keeps this person out", body = CodedError),
        (status = 404, description = "No such provider", body = CodedError),
        (status = 409, description = "An account under an older id is in the way", body = CodedError),
        (status = 413, description = "The body is too long", body = CodedError),
        (status = 415, description = "The body is neither JSON nor a form", body = CodedError),
        (status = 429, description = "Too many mails were asked for; the members of 202 come along", body = CodedError),
        (status = 500, description = "Our own fault", body = CodedError),
        (status = 502, description = "The provider's answer cannot be used", body = CodedError),
        (status = 503, description = "The provider, the database or a hook is unavailable; or `mail_unavailable`, with the members of 202", body = CodedError),
        (status = 504, description = "The provider did not answer in time", body = CodedError),
    ))]
#[tracing::instrument(name = "api.social_sign_up", skip_all)]
pub(super) async fn social_sign_up(
    exchange: web::Data<Exchange>,
    (caller, sender): (Caller, Sender),
    key: KeyHeader,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let asked = request.query_string();
    let sign_up = read(Fields::read(&request, body)?, (caller.0, sender.0))?;
    if is_explain(asked) {
        if !exchange.explains {
            let message = "Not here: server.explain is off.".to_owned();
            let errors = FieldErrors::from([("explain".to_owned(), vec![message])]);
            return Err(ApiError::Fields(errors));
        }
        let played = exchange.explain(sign_up).await?;
        return Ok(HttpResponse::Ok().json(explained(&played)));
    }
    let request = sign_up;
    match key.0 {
        None => Ok(answered(exchange.sign_up(request).await?, false)),
        Some(key) => {
            let answer = Box::pin(exchange.sign_up_once(request, &key)).await?;
            Ok(answered(answer.outcome, answer.replayed))
        }
    }
}

/// A client that asks for a play must not get the real thing.
fn is_explain(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "explain")
}

/// 201 with the user, or 202 with what a step waits for.
pub(super) fn answered(outcome: SignUpOutcome, replayed: bool) -> HttpResponse {
    let mut answer = match outcome {
        SignUpOutcome::SignedUp(_) => HttpResponse::Created(),
        SignUpOutcome::Halted(_) => HttpResponse::Accepted(),
    };
    if replayed {
        answer.insert_header((REPLAYED, "true"));
    }
    match outcome {
        SignUpOutcome::SignedUp(signed_up) => answer.json(SignUpAnswer::from(*signed_up)),
        SignUpOutcome::Halted(run) => answer.json(halted_answer(*run)),
    }
}

/// Either kind of refusal.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "for the schema: errors are written where they arise"
)]
pub(super) enum Refusal {
    /// With a code.
    Coded(CodedError),
    /// By field.
    Fields(FieldMessages),
}

/// Reads the fields of a body as a request to `/social_sign_up` is read,
/// nobody being signed in.
///
/// # Errors
/// As a client is told that a field is wrong, or the credential.
pub fn read_sign_up(fields: JsonMap) -> Result<SignUp, Refused> {
    read(fields.into(), (None, None)).map_err(|error| error.kind().into())
}

/// Reads a sign-up of these fields.
pub(super) fn read(
    mut fields: Fields,
    (caller, sender): (Option<CurrentUser>, Option<IpAddr>),
) -> Result<SignUp, ApiError> {
    let kind = credential::kind(&fields);
    let request = SignUpRequest::take(&mut fields, kind.as_ref().ok().copied());
    if let Err(errors) = request.validate() {
        fields.note_missing(messages(&errors));
    }
    for field in request.lacking() {
        if !fields.is_noted(field) {
            fields.note::<()>(field, "This field is required.");
        }
    }
    let rest = fields.finish()?;
    kind?;
    let input = ClientInput {
        client_id: request.client_id.clone(),
        fields: rest,
        token_response: token_response(request.token_response.clone()),
    };
    Ok(SignUp {
        provider: request.provider.clone().unwrap_or_default(),
        credential: request.credential().ok_or(ApiError::CredentialMissing)?,
        input,
        caller,
        sender,
        terms: None,
    })
}

/// The posted token is the credential: a second one is not listened to.
fn token_response(given: Option<JsonMap>) -> JsonMap {
    let mut given = given.unwrap_or_default();
    given.remove("access_token");
    given
}

/// The validator's findings in the words of Django REST Framework.
pub(super) fn messages(errors: &ValidationErrors) -> FieldErrors {
    errors
        .field_errors()
        .into_iter()
        .map(|(field, errors)| {
            let messages = errors
                .iter()
                .map(|error| error.message.as_deref().unwrap_or("Not valid.").to_owned())
                .collect();
            (field.to_string(), messages)
        })
        .collect()
}
