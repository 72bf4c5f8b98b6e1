//! `POST /complete/{backend}`: a halted sign-up goes on; GET looks at it. The
//! link of a mail leads here too.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, Resource, web};

use super::ApiError;
use super::answer::SignUpAnswer;
use super::body::Fields;
use super::caller::Caller;
use super::error::FieldErrors;
use super::errors::{CodedError, method_not_allowed};
use super::guessed::told;
use super::halted::{HaltedAnswer, halted_answer};
use super::idempotency_key::KeyHeader;
use super::mail_page::{self, Confirmed};
use super::sender::Sender;
use super::social_sign_up::{Refusal, answered};
use crate::exchange::{Exchange, Resume, ShownLink};

pub(super) fn resource() -> Resource {
    web::resource(["/complete/{backend}", "/complete/{backend}/"])
        .get(look)
        .post(complete)
        .default_service(web::to(method_not_allowed("GET, POST")))
}

/// Resumes a halted sign-up.
///
/// The body holds the token of the 202 answer and the fields that it asked for;
/// no other field is taken. The answer is as that of `/social_sign_up`, so it may
/// be 202 again. A wrong field is 400, and the sign-up still waits. Where a mail
/// proves an address, `verification_code` is the mail's, and `resend` asks for
/// another one. The link of a mail posts here too; it confirms, and signs
/// nobody in.
#[utoipa::path(post, path = "/complete/{backend}", tag = "sign-up",
    security((), ("bearer" = [])),
    params(
        ("backend" = String, Path, description = "The provider"),
        ("Idempotency-Key" = Option<String>, Header, description = "As at /social_sign_up",
            min_length = 1, max_length = 255),
    ),
    request_body(content(
        (CompleteRequest = "application/json"),
        (CompleteRequest = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "The address of a mail's link is confirmed", body = Confirmed),
        (status = 201, description = "The user, new or known", body = SignUpAnswer),
        (status = 202, description = "A further step waits for the client", body = HaltedAnswer),
        (status = 400, description = "Fields are wrong, or `partial_invalid`", body = Refusal),
        (status = 401, description = "The bearer is not accepted", body = CodedError),
        (status = 403, description = "A rule keeps this person out", body = CodedError),
        (status = 404, description = "No such provider", body = CodedError),
        (status = 409, description = "An account under an older id is in the way", body = CodedError),
        (status = 413, description = "The body is too long", body = CodedError),
        (status = 415, description = "The body is neither JSON nor a form", body = CodedError),
        (status = 429, description = "Too many mails were asked for: the members of 202 come along; or too many wrong tokens came from this address", body = CodedError),
        (status = 500, description = "Our own fault", body = CodedError),
        (status = 502, description = "The provider's answer cannot be used", body = CodedError),
        (status = 503, description = "The database, or a hook, is unavailable; or `mail_unavailable`, with the members of 202", body = CodedError),
        (status = 504, description = "Somebody whom a step asked did not answer in time", body = CodedError),
    ))]
#[tracing::instrument(name = "api.complete", skip_all)]
pub(super) async fn complete(
    exchange: web::Data<Exchange>,
    backend: web::Path<String>,
    (caller, sender, key): (Caller, Sender, KeyHeader),
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let mut fields = Fields::read(&request, body)?;
    let name = exchange.partial_token_name(&backend);
    let token = fields.text(name);
    if token.is_none() && !fields.is_noted(name) {
        fields.note::<()>(name, REQUIRED);
    }
    let (input, partial_token) = (fields.finish()?, token.unwrap_or_default().into());
    let backend = backend.into_inner();
    let code = input.get(CODE).and_then(|code| code.as_str());
    if let Some(code) = code
        && exchange.is_link_token(&partial_token).await?
    {
        let link = ShownLink {
            backend,
            link_token: partial_token,
            code: code.into(),
        };
        return mail_page::confirm(&exchange, (&request, sender.0), &link).await;
    }
    let request = Resume {
        backend,
        input,
        partial_token,
        caller: caller.0,
        sender: sender.0,
    };
    match key.0 {
        None => match exchange.resume(request).await {
            Ok(outcome) => Ok(answered(outcome, false)),
            Err(error) => Err(told(&exchange, sender.0, error)),
        },
        Some(key) => match Box::pin(exchange.resume_once(request, &key)).await {
            Ok(answer) => Ok(answered(answer.outcome, answer.replayed)),
            Err(error) => Err(told(&exchange, sender.0, error)),
        },
    }
}

/// What a halted sign-up waits for. It is not resumed by being looked at.
///
/// The link of a mail leads here with a `verification_code` as well: then it is
/// a page with a button, and changes nothing either.
#[utoipa::path(get, path = "/complete/{backend}", tag = "sign-up",
    params(
        ("backend" = String, Path, description = "The provider"),
        ("partial_token" = String, Query, description = "The token of the 202 answer"),
        ("verification_code" = Option<String>, Query, description = "Of a mail's link"),
    ),
    responses(
        (status = 200, description = "It still waits, for this; or the page of a mail's link", content(
            (HaltedAnswer = "application/json"),
            (String = "text/html"),
        )),
        (status = 400, description = "The token is missing, or `partial_invalid`", content(
            (Refusal = "application/json"),
            (String = "text/html"),
        )),
        (status = 404, description = "No such provider", body = CodedError),
        (status = 429, description = "Too many wrong tokens came from this address", body = CodedError),
        (status = 503, description = "The database is unavailable", body = CodedError),
    ))]
pub(super) async fn look(
    exchange: web::Data<Exchange>,
    backend: web::Path<String>,
    sender: Sender,
    query: web::Query<BTreeMap<String, String>>,
) -> Result<HttpResponse, ApiError> {
    let name = exchange.partial_token_name(&backend);
    let mut query = query.into_inner();
    let token = query.remove(name);
    if let Some(code) = query.remove(CODE) {
        let link = ShownLink {
            backend: backend.into_inner(),
            link_token: token.unwrap_or_default().into(),
            code: code.into(),
        };
        return mail_page::ask(&exchange, sender.0, &link).await;
    }
    let token = token.ok_or_else(|| {
        ApiError::Fields(FieldErrors::from([(
            name.to_owned(),
            vec![REQUIRED.to_owned()],
        )]))
    })?;
    let run = exchange.halted_run(&backend, &token.into()).await;
    let run = run.map_err(|error| told(&exchange, sender.0, error))?;
    Ok(HttpResponse::Ok().json(halted_answer(run)))
}

/// The field of a mail's code.
const CODE: &str = "verification_code";
const REQUIRED: &str = "This field is required.";

/// The token of a halted sign-up, and the fields that its step wants.
#[derive(utoipa::ToSchema)]
#[schema(example = json!({"partial_token": "nq0hq…", "email": "ada@example.com"}))]
#[expect(dead_code, reason = "for the schema: the fields are the step's")]
pub(super) struct CompleteRequest {
    /// The token of the 202 answer. Goes by another name where
    /// `PARTIAL_PIPELINE_TOKEN_NAME` says so.
    partial_token: String,
}
