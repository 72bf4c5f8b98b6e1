//! What can go wrong with a credential and its provider, as a client is told.

use super::error::{BAD_ANSWER, FieldErrors, Kind, NO_DATABASE, OURS, REFUSED, kind};
use crate::backends::BackendError;
use crate::model::CredentialKind;

/// A refusal after which the SDK should be asked for a new credential.
const fn fresh_kind(status: u16, code: &'static str, text: &'static str) -> Kind {
    kind(status, code, text).recover("get_a_fresh_credential")
}

/// A failure that may be over when the request is sent again.
const fn retry_kind(status: u16, code: &'static str, text: &'static str) -> Kind {
    kind(status, code, text).recover("retry")
}

const fn credential_not_supported() -> Kind {
    kind(
        400,
        "credential_not_supported",
        "This provider does not take this kind of credential",
    )
}

/// Status, code and text. Exhaustive, so that no error is without them.
pub(super) fn kind_of(error: &BackendError) -> Kind {
    use BackendError as E;
    match error {
        E::CredentialNotSupported { .. } | E::NoCredentialTaken(_) | E::WrongField { .. } => {
            credential_not_supported()
        }
        E::ClientUnknown | E::InvalidField { .. } => {
            kind(400, "invalid_parameter", "A field is wrong")
        }
        E::UnboundCredential(_) => kind(
            400,
            "unbound_credential",
            "An access token of this provider cannot be bound to this app",
        ),
        E::CredentialRejected => fresh_kind(401, "credential_rejected", REFUSED),
        E::TokenRevoked => fresh_kind(401, "token_revoked", REFUSED),
        E::InvalidSignature => fresh_kind(401, "invalid_signature", REFUSED),
        E::Expired => fresh_kind(401, "response_expired", REFUSED),
        E::NonceMismatch => fresh_kind(401, "nonce_mismatch", REFUSED),
        E::Replayed => fresh_kind(401, "token_replayed", REFUSED),
        E::CodeRejected => fresh_kind(401, "authorization_code_rejected", REFUSED),
        E::InvalidClaim { .. } | E::OtherProvider(_) => kind(401, "invalid_claim", REFUSED),
        E::NotMarked => NO_DATABASE,
        E::StateMismatch => fresh_kind(
            400,
            "state_mismatch",
            "The `state` is not one of ours, or not of this sign-in",
        ),
        E::Declined => kind(
            400,
            "authorization_declined",
            "The person did not sign in at the provider",
        )
        .recover("sign_in"),
        E::RedirectUriNotAllowed(_) => kind(
            400,
            "redirect_uri_not_allowed",
            "The `redirect_uri` is not in this provider's list",
        ),
        E::MembershipRequired => kind(
            403,
            "membership_required",
            "This account is not a member of what is asked for",
        ),
        E::NotYetValid => kind(502, "response_not_yet_valid", BAD_ANSWER),
        E::MalformedResponse => kind(502, "malformed_response", BAD_ANSWER),
        E::MissingClaim { .. } => kind(502, "missing_claim", BAD_ANSWER),
        E::HttpError { .. } => kind(502, "http_error", BAD_ANSWER),
        E::ConnectionFailed => {
            retry_kind(502, "connection_failed", "The provider cannot be reached")
        }
        E::TlsError => kind(502, "tls_error", "The provider cannot be reached safely"),
        E::Timeout => retry_kind(504, "timeout", "The provider did not answer in time"),
        E::Unavailable | E::ClientRejected => {
            retry_kind(503, "unavailable", "The provider is unavailable")
        }
        E::RateLimited { .. } => {
            retry_kind(503, "rate_limited", "The provider limits our requests")
        }
        E::Misconfigured(_) => OURS,
    }
}

/// What a field that is wrong for its provider is answered with.
pub(super) fn wrong_field(field: &str, problem: &str) -> FieldErrors {
    FieldErrors::from([(field.to_owned(), vec![problem.to_owned()])])
}

/// What a wrong kind of credential is answered with, for people.
pub(super) fn wrong_kind(given: CredentialKind, expected: CredentialKind) -> FieldErrors {
    let message = match (given, expected) {
        (CredentialKind::AccessToken, CredentialKind::OAuth1) => "This field is required.",
        _ => "This provider takes an access_token alone.",
    };
    let field = CredentialKind::OAuth1.field().to_owned();
    FieldErrors::from([(field, vec![message.to_owned()])])
}

/// What a `client_id` that is none of ours is answered with.
pub(super) fn unknown_client() -> FieldErrors {
    let message = "This is none of our client ids at this provider.";
    FieldErrors::from([("client_id".to_owned(), vec![message.to_owned()])])
}
