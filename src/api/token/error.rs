//! Refusals of the token endpoint and its kin: RFC 6749, section 5.2.

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::error::{ApiError, FieldErrors};
use crate::api::halted::halted_answer;
use crate::api::request_id;
use crate::exchange::{ExchangeError, GrantError, HaltedRun};
use crate::model::JsonMap;

/// Every way in which a request for tokens can fail.
#[derive(Debug, thiserror::Error)]
pub(in crate::api) enum TokenRefusal {
    /// A parameter is missing, doubled, or not what it must be.
    #[error("invalid_request")]
    InvalidRequest(String),
    /// The grant type is none of ours.
    #[error("unsupported_grant_type")]
    UnsupportedGrantType,
    /// There are no scopes.
    #[error("invalid_scope")]
    InvalidScope,
    /// The `Authorization` header is no HTTP Basic.
    #[error("invalid_client: the header is no HTTP Basic")]
    BadBasic,
    /// Only a registered client with a secret may ask this.
    #[error("invalid_client: a confidential client is needed")]
    ClientNeeded,
    /// A step waits for the person.
    #[error("interaction_required")]
    Halted(Box<HaltedRun>),
    /// The use case could not be done.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The request could not be read, or the sign-up not be done.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// A refusal, as OAuth 2.0 has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "error": "invalid_grant", "error_description": "The refresh token is not good",
    "request_id": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4e"
}))]
pub(in crate::api) struct TokenRefused {
    /// The reason, for programs: a code of RFC 6749, RFC 8693 or OpenID Connect.
    error: &'static str,
    /// The reason, for people.
    error_description: String,
    /// The finer reason that `/social_sign_up` would give.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<&'static str>,
    /// The request's id, which our logs have as well.
    request_id: String,
}

impl From<ExchangeError> for TokenRefusal {
    fn from(error: ExchangeError) -> Self {
        Self::Api(error.into())
    }
}

/// Status, error and description.
type Said = (u16, &'static str, String);

impl TokenRefusal {
    fn said(&self) -> Said {
        let fixed = |status, error, text: &str| (status, error, text.to_owned());
        match self {
            Self::InvalidRequest(text) => (400, "invalid_request", text.clone()),
            Self::UnsupportedGrantType => fixed(
                400,
                "unsupported_grant_type",
                "Send `refresh_token` or `urn:ietf:params:oauth:grant-type:token-exchange`",
            ),
            Self::InvalidScope => fixed(400, "invalid_scope", "There are no scopes here"),
            Self::Halted(_) => fixed(400, "interaction_required", "A step waits for the person"),
            Self::BadBasic | Self::ClientNeeded | Self::Grant(GrantError::InvalidClient(_)) => {
                fixed(401, "invalid_client", "The client is not known")
            }
            Self::Grant(GrantError::InvalidGrant) => {
                fixed(400, "invalid_grant", "The refresh token is not good")
            }
            Self::Grant(GrantError::InvalidTarget) => fixed(
                400,
                "invalid_target",
                "This client may not have tokens made out to that audience",
            ),
            Self::Grant(GrantError::Exchange(error)) | Self::Api(ApiError::Exchange(error)) => {
                of_exchange(error)
            }
            Self::Api(error) => of_api(error),
        }
    }

    fn code(&self) -> Option<&'static str> {
        match self {
            Self::Api(ApiError::Exchange(error)) | Self::Grant(GrantError::Exchange(error)) => {
                Some(crate::api::error::Refused::from(error).code)
            }
            _ => None,
        }
    }
}

fn of_exchange(error: &ExchangeError) -> Said {
    if let ExchangeError::Fields(fields) = error {
        return (400, "invalid_request", described(fields));
    }
    let refused = crate::api::error::Refused::from(error);
    let text = crate::api::error::text_of(error).to_owned();
    match refused.status {
        500 => (500, "server_error", text),
        status @ (429 | 502..=504) => (status, "temporarily_unavailable", text),
        // RFC 8693, section 2.2.2: whatever is wrong with a subject token.
        _ => (400, "invalid_request", text),
    }
}

fn of_api(error: &ApiError) -> Said {
    let kind = error.kind();
    match error {
        ApiError::Fields(fields) => (400, "invalid_request", described(fields)),
        _ => (kind.status, "invalid_request", error.text(kind.text)),
    }
}

fn described(fields: &FieldErrors) -> String {
    let told = fields
        .iter()
        .map(|(field, messages)| format!("{field}: {}", messages.join(" ")));
    told.collect::<Vec<_>>().join(" ")
}

impl ResponseError for TokenRefusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.said().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let (status, error, error_description) = self.said();
        if status >= 500 {
            tracing::error!(error, cause = %self, "a request for tokens failed");
        } else {
            tracing::info!(error, reason = %self, "a request for tokens was refused");
        }
        let mut answer = HttpResponse::build(self.status_code());
        if status == 401 {
            answer.insert_header((WWW_AUTHENTICATE, "Basic realm=\"sociable\""));
        }
        if matches!(status, 429 | 503) {
            let seconds = match self {
                Self::Api(error) => error.retry_after(),
                _ => 1,
            };
            answer.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        let refused = TokenRefused {
            error,
            error_description,
            code: self.code(),
            request_id: request_id::current(),
        };
        match self {
            Self::Halted(run) => answer.json(halted(run, &refused)),
            _ => answer.json(refused),
        }
    }
}

/// What waits, beside the refusal.
fn halted(run: &HaltedRun, refused: &TokenRefused) -> JsonMap {
    let mut body = halted_answer(run.clone());
    if let Ok(Value::Object(refused)) = serde_json::to_value(refused) {
        body.extend(refused);
    }
    body
}
