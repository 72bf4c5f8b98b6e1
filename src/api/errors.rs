//! Errors as they are answered: their bodies and headers.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::{ApiError, Kind};
use super::halted::halted_answer;
use super::provider_error::{unknown_client, wrong_field, wrong_kind};
use super::{idempotency_key, request_id};
use crate::backends::BackendError;
use crate::exchange::{ExchangeError, MailTrouble};
use crate::model::CredentialKind;
use crate::pipeline::AuthError;

/// Seconds after which a try may help, when nobody said better.
const RETRY_SECONDS: u64 = 1;

/// Seconds after which another mail may be asked for, at the latest.
const MAILS_RETRY_SECONDS: u64 = 900;

/// An error that has a code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "errors": "That social media account is already in use",
    "code": "identity_in_use",
    "recovery": "use_existing_account",
    "request_id": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4e"
}))]
pub(super) struct CodedError {
    /// The reason, for people.
    errors: String,
    /// The reason, for programs.
    code: &'static str,
    /// What the client can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    recovery: Option<&'static str>,
    /// The providers that the existing account signs in with, where the person
    /// has proven that the address is theirs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    sign_in_with: Vec<String>,
    /// The request's id, which our logs have as well.
    request_id: String,
}

/// Messages by field, as Django REST Framework gives them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"provider": ["This field is required."]}))]
pub(super) struct FieldMessages(std::collections::BTreeMap<String, Vec<String>>);

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let kind = self.kind();
        if kind.status >= 500 {
            // Once, here, with its cause; the client gets a fixed text.
            tracing::error!(code = kind.code, cause = %self, "a request failed");
        } else {
            tracing::info!(code = kind.code, reason = %self, "a request was refused");
        }
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            Self::InvalidToken | Self::Exchange(ExchangeError::InvalidToken) => {
                answer.insert_header((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
            }
            Self::MethodNotAllowed(allowed) => {
                answer.insert_header((ALLOW, *allowed));
            }
            _ => {}
        }
        if matches!(kind.status, 429 | 503) {
            answer.insert_header((RETRY_AFTER, self.retry_after().to_string()));
        }
        match self {
            Self::Fields(fields) | Self::Exchange(ExchangeError::Fields(fields)) => {
                answer.json(fields)
            }
            Self::Exchange(ExchangeError::Backend(BackendError::CredentialNotSupported {
                given: given @ CredentialKind::AccessToken,
                expected: expected @ CredentialKind::OAuth1,
                ..
            })) => answer.json(wrong_kind(*given, *expected)),
            Self::Exchange(ExchangeError::Backend(BackendError::InvalidField {
                field,
                problem,
            })) => answer.json(wrong_field(field, problem)),
            Self::Exchange(ExchangeError::KeyOfAnother) => {
                answer.json(idempotency_key::of_another())
            }
            Self::Exchange(ExchangeError::Backend(BackendError::ClientUnknown)) => {
                answer.json(unknown_client())
            }
            // What waits is told as by 202, so that the client can go on.
            Self::Exchange(ExchangeError::MailNotSent { run, .. }) => {
                let mut body = halted_answer((**run).clone());
                if let Ok(Value::Object(error)) = serde_json::to_value(self.coded(kind)) {
                    body.extend(error);
                }
                answer.json(body)
            }
            _ => answer.json(self.coded(kind)),
        }
    }
}

impl ApiError {
    fn coded(&self, kind: Kind) -> CodedError {
        CodedError {
            errors: self.text(kind.text),
            code: kind.code,
            recovery: kind.recovery,
            sign_in_with: self.sign_in_with(),
            request_id: request_id::current(),
        }
    }

    /// The fixed text, and for a client's own mistakes what exactly it was.
    pub(super) fn text(&self, fixed: &str) -> String {
        match self {
            Self::UnreadableBody(why) => format!("{fixed}: {why}"),
            Self::SeveralCredentials(fields) => format!("{fixed}: {fields}"),
            Self::Exchange(ExchangeError::Backend(BackendError::CredentialNotSupported {
                given,
                expected,
                ..
            })) => format!(
                "{fixed}: {}, but {}",
                given.field(),
                expected.fields().join(" + ")
            ),
            // It tells nothing but what stands in the token itself.
            Self::Exchange(ExchangeError::Backend(
                error @ (BackendError::WrongField { .. } | BackendError::OtherProvider(_)),
            )) => {
                format!("{fixed}: {error}")
            }
            Self::Exchange(ExchangeError::Auth(AuthError::HookRefused { text })) => text.clone(),
            _ => fixed.to_owned(),
        }
    }

    fn sign_in_with(&self) -> Vec<String> {
        match self {
            Self::Exchange(ExchangeError::Auth(AuthError::EmailInUse { sign_in_with })) => {
                sign_in_with.clone()
            }
            _ => Vec::new(),
        }
    }

    /// Seconds after which a try may help.
    pub(super) fn retry_after(&self) -> u64 {
        match self {
            Self::TooManyGuesses {
                retry_after: seconds,
            }
            | Self::Exchange(
                ExchangeError::Backend(BackendError::RateLimited {
                    retry_after: Some(seconds),
                })
                | ExchangeError::Auth(AuthError::Call(BackendError::RateLimited {
                    retry_after: Some(seconds),
                })),
            ) => *seconds,
            Self::Exchange(ExchangeError::MailNotSent {
                why: MailTrouble::TooMany,
                ..
            }) => MAILS_RETRY_SECONDS,
            _ => RETRY_SECONDS,
        }
    }
}

/// Answers what no path knows.
pub(super) async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}

/// Answers a method that a path does not know; says which it does.
pub(super) fn method_not_allowed(
    allowed: &'static str,
) -> impl Fn(HttpRequest) -> std::future::Ready<Result<HttpResponse, ApiError>> + Clone {
    move |_request| std::future::ready(Err(ApiError::MethodNotAllowed(allowed)))
}
