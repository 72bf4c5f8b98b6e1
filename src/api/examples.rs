//! An example of every error, for the document.

use serde_json::json;
use utoipa::Modify;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::error::ApiError;
use crate::backends::BackendError;
use crate::exchange::ExchangeError;
use crate::model::CredentialKind;
use crate::pipeline::AuthError;
use crate::storage::StorageError;

/// Adds to every error answer what it looks like, code by code.
pub(super) struct Examples;

impl Modify for Examples {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let bearer = path.starts_with("/me");
            let resumes = path.starts_with("/complete");
            let signs_up = path.starts_with("/social_sign_up");
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                for (status, response) in &mut operation.responses.responses {
                    let RefOr::T(response) = response else {
                        continue;
                    };
                    let errors = samples().into_iter().filter(|error| {
                        (signs_up && !is_of_partial(error))
                            || (resumes && (is_of_partial(error) || is_of_pipeline(error)))
                            || (bearer && is_of_bearer(error))
                            || is_of_all(error)
                    });
                    for error in errors {
                        add(response, status, &error);
                    }
                }
            }
        }
    }
}

/// How a path answers a method that it does not know.
pub(super) fn other_method() -> Response {
    ResponseBuilder::new()
        .description("`method_not_allowed`; `Allow` names the path's methods")
        .content(
            "application/json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("CodedError")))
                .build(),
        )
        .build()
}

fn is_of_all(error: &ApiError) -> bool {
    matches!(error, ApiError::MethodNotAllowed(_) | ApiError::NotReady(_))
}

fn is_of_partial(error: &ApiError) -> bool {
    matches!(error, ApiError::Exchange(ExchangeError::PartialInvalid))
}

/// What a run can end with when the provider is not asked.
fn is_of_pipeline(error: &ApiError) -> bool {
    use ExchangeError::{Auth, Backend};
    let of_provider = matches!(error, ApiError::Exchange(Backend(_)));
    let of_credential = matches!(error, ApiError::CredentialMissing);
    let exchange = matches!(
        error,
        ApiError::Exchange(Auth(_) | ExchangeError::BackendMissing)
    );
    exchange || (!of_provider && !of_credential && !is_of_partial(error))
}

fn is_of_bearer(error: &ApiError) -> bool {
    matches!(error, ApiError::InvalidToken)
}

fn add(response: &mut Response, status: &str, error: &ApiError) {
    let kind = error.kind();
    if kind.status.to_string() != status {
        return;
    }
    let Some(RefOr::T(content)) = response.content.get_mut("application/json") else {
        return;
    };
    let mut value = json!({
        "errors": error.text(kind.text),
        "code": kind.code,
        "request_id": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4e",
    });
    if let (Some(recovery), Some(fields)) = (kind.recovery, value.as_object_mut()) {
        fields.insert("recovery".to_owned(), recovery.into());
    }
    let example = ExampleBuilder::new().value(Some(value)).build();
    content
        .examples
        .insert(kind.code.to_owned(), example.into());
}

/// One error of every kind that a client can meet.
fn samples() -> Vec<ApiError> {
    let claim = || "sub".to_owned();
    let provider = || "github".to_owned();
    let backends = [
        BackendError::CredentialNotSupported {
            provider: provider(),
            given: CredentialKind::OAuth1,
            expected: CredentialKind::AccessToken,
        },
        BackendError::UnboundCredential(provider()),
        BackendError::CredentialRejected,
        BackendError::InvalidSignature,
        BackendError::Expired,
        BackendError::NotYetValid,
        BackendError::NonceMismatch,
        BackendError::StateMismatch,
        BackendError::Replayed,
        BackendError::CodeRejected,
        BackendError::RedirectUriNotAllowed(provider()),
        BackendError::TokenRevoked,
        BackendError::MembershipRequired,
        BackendError::MalformedResponse,
        BackendError::MissingClaim { claim: claim() },
        BackendError::InvalidClaim { claim: claim() },
        BackendError::HttpError { status: 302 },
        BackendError::ConnectionFailed,
        BackendError::TlsError,
        BackendError::Timeout,
        BackendError::Unavailable,
        BackendError::RateLimited { retry_after: None },
    ];
    let auths = [
        AuthError::IdentityInUse,
        AuthError::IdentifierMigrationConflict,
        AuthError::Disallowed,
        AuthError::EmailInUse {
            sign_in_with: Vec::new(),
        },
        AuthError::NoUser,
        AuthError::UserInactive,
        AuthError::Storage(StorageError::Other(String::new())),
    ];
    let exchanges = backends
        .into_iter()
        .map(ExchangeError::Backend)
        .chain(auths.into_iter().map(ExchangeError::Auth))
        .chain([ExchangeError::BackendMissing, ExchangeError::PartialInvalid]);
    exchanges
        .map(ApiError::Exchange)
        .chain([
            ApiError::UnreadableBody("not JSON at line 1 column 1".to_owned()),
            ApiError::CredentialMissing,
            ApiError::PayloadTooLarge,
            ApiError::UnsupportedMediaType,
            ApiError::MethodNotAllowed("POST"),
            ApiError::InvalidToken,
            ApiError::NotReady(String::new()),
        ])
        .collect()
}
