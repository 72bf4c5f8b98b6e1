//! What can go wrong, and how a client is told.

use std::collections::BTreeMap;

use super::provider_error;
use crate::exchange::{ExchangeError, MailTrouble};
use crate::pipeline::AuthError;
use crate::storage::StorageError;

/// Messages by field, as Django REST Framework gives them.
pub(super) type FieldErrors = BTreeMap<String, Vec<String>>;

/// Every way in which a request can fail.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// Fields of the request are wrong.
    #[error("fields of the request are wrong")]
    Fields(FieldErrors),
    /// The body is no JSON, or no object.
    #[error("the body cannot be read: {0}")]
    UnreadableBody(String),
    /// The request holds no credential.
    #[error("the request holds no credential")]
    CredentialMissing,
    /// The request holds several credentials.
    #[error("the request holds several credentials: {0}")]
    SeveralCredentials(String),
    /// The body is too long.
    #[error("the body is too long")]
    PayloadTooLarge,
    /// The body is neither JSON nor a form.
    #[error("the body is neither JSON nor a form")]
    UnsupportedMediaType,
    /// There is nothing at this path.
    #[error("there is nothing at this path")]
    NotFound,
    /// The path knows other methods.
    #[error("the path knows other methods")]
    MethodNotAllowed(&'static str),
    /// The request needs a bearer, or holds something else.
    #[error("the bearer is missing or unreadable")]
    InvalidToken,
    /// Too many wrong tokens came from one sender.
    #[error("too many wrong tokens came from one sender")]
    TooManyGuesses {
        /// Seconds until the next one may be told what it is.
        retry_after: u64,
    },
    /// The use case could not be done.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The database is not ready.
    #[error("not ready: {0}")]
    NotReady(String),
}

/// How a coded error is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// The HTTP status.
    pub(super) status: u16,
    /// The reason, for programs: python-social-auth's word where it has one.
    pub(super) code: &'static str,
    /// The reason, for people.
    pub(super) text: &'static str,
    /// What the client can do; `None` when there is nothing.
    pub(super) recovery: Option<&'static str>,
}

pub(super) const fn kind(status: u16, code: &'static str, text: &'static str) -> Kind {
    Kind {
        status,
        code,
        text,
        recovery: None,
    }
}

impl Kind {
    pub(super) const fn recover(mut self, recovery: &'static str) -> Self {
        self.recovery = Some(recovery);
        self
    }
}

/// The text of whatever is our own fault.
pub(super) const OURS: Kind = kind(500, "unknown_error", "Something went wrong on our side");
/// The one text of all refused credentials: it tells no attacker why.
pub(super) const REFUSED: &str = "The provider's credential was not accepted";
pub(super) const BAD_ANSWER: &str = "The provider's answer could not be used";
pub(super) const NO_DATABASE: Kind =
    kind(503, "unavailable", "The service is unavailable, try again").recover("retry");

impl ApiError {
    /// Status, code and text. Exhaustive, so that no error is without them.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Fields(_) => kind(400, "invalid_parameter", "A field is wrong"),
            Self::UnreadableBody(_) => kind(400, "invalid_parameter", "The body cannot be read"),
            Self::CredentialMissing => kind(
                400,
                "missing_parameter",
                "Send one credential: access_token (with access_token_secret for OAuth 1), id_token, \
                 code, oauth_verifier, openid or payload",
            ),
            Self::SeveralCredentials(_) => {
                kind(400, "invalid_parameter", "Send one credential, not several")
            }
            Self::PayloadTooLarge => kind(413, "payload_too_large", "At most 65536 bytes are read"),
            Self::UnsupportedMediaType => kind(
                415,
                "unsupported_media_type",
                "Send application/json or application/x-www-form-urlencoded, not compressed",
            ),
            Self::NotFound => kind(404, "not_found", "There is nothing here"),
            Self::MethodNotAllowed(_) => kind(405, "method_not_allowed", "Use another method"),
            Self::InvalidToken => invalid_token(),
            Self::TooManyGuesses { .. } => kind(
                429,
                "too_many_requests",
                "Too many wrong tokens came from this address: wait",
            )
            .recover("retry"),
            Self::Exchange(error) => exchange(error),
            Self::NotReady(_) => NO_DATABASE,
        }
    }
}

/// How a client is told of a refusal, for those who are no clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The reason, for programs.
    pub code: &'static str,
}

impl From<Kind> for Refused {
    fn from(kind: Kind) -> Self {
        Self {
            status: kind.status,
            code: kind.code,
        }
    }
}

/// The reason, for people.
pub(super) fn text_of(error: &ExchangeError) -> &'static str {
    exchange(error).text
}

impl From<&ExchangeError> for Refused {
    fn from(error: &ExchangeError) -> Self {
        exchange(error).into()
    }
}

const fn invalid_token() -> Kind {
    kind(
        401,
        "invalid_token",
        "The access token is missing or not valid",
    )
    .recover("sign_in")
}

fn exchange(error: &ExchangeError) -> Kind {
    match error {
        ExchangeError::BackendMissing => {
            kind(404, "backend_missing", "There is no such provider here")
        }
        ExchangeError::Backend(error) => provider_error::kind_of(error),
        ExchangeError::ChallengeRequired { field: "state" } => kind(
            400,
            "state_mismatch",
            "A code of this provider needs the `state` of a /social_sign_up/challenge",
        )
        .recover("get_a_challenge"),
        ExchangeError::ChallengeRequired { .. } => {
            kind(401, "nonce_mismatch", REFUSED).recover("get_a_challenge")
        }
        ExchangeError::PartialInvalid => kind(
            400,
            "partial_invalid",
            "No sign-in waits for this token: begin again",
        )
        .recover("begin_again"),
        ExchangeError::NotExplained => kind(
            400,
            "credential_not_supported",
            "What works once is not explained: send an access_token, an id_token or a payload",
        ),
        ExchangeError::EmailVerificationRejected => kind(
            400,
            "email_verification_rejected",
            "The code is wrong, used, or no longer good",
        )
        .recover("resend"),
        ExchangeError::MailNotSent { why, .. } => match why {
            MailTrouble::NotSent(_) => kind(
                503,
                "mail_unavailable",
                "The mail could not be sent: ask for it again",
            )
            .recover("resend"),
            MailTrouble::TooMany => kind(
                429,
                "too_many_requests",
                "Too many mails were asked for: wait, then ask again",
            )
            .recover("resend"),
        },
        ExchangeError::Fields(_) | ExchangeError::KeyOfAnother => {
            kind(400, "invalid_parameter", "A field is wrong")
        }
        ExchangeError::Auth(error) => auth(error),
        ExchangeError::InvalidToken => invalid_token(),
        ExchangeError::ReauthenticationRequired => kind(
            401,
            "reauthentication_required",
            "The sign-in is too long ago for this: sign in again",
        )
        .recover("sign_in"),
        ExchangeError::Session(_) | ExchangeError::Sealing => OURS,
        ExchangeError::TooManyConflicts | ExchangeError::CommitUnknown(_) => NO_DATABASE,
        ExchangeError::Storage(error) => storage(error),
    }
}

fn storage(error: &StorageError) -> Kind {
    match error {
        StorageError::Unavailable(_) => NO_DATABASE,
        StorageError::Corrupt { .. } | StorageError::Migration(_) | StorageError::Other(_) => OURS,
    }
}

fn auth(error: &AuthError) -> Kind {
    match error {
        AuthError::IdentityInUse => kind(
            400,
            "identity_in_use",
            "That social media account is already in use",
        )
        .recover("use_existing_account"),
        AuthError::IdentifierMigrationConflict => kind(
            409,
            "identifier_migration_conflict",
            "An account of an older kind is in the way; sign in another way and add this one",
        )
        .recover("use_existing_account"),
        AuthError::Disallowed => kind(
            403,
            "authentication_disallowed",
            "This account may not sign in here",
        ),
        AuthError::EmailInUse { .. } => kind(
            409,
            "email_in_use",
            "An account with this address is here: sign in to it, then add this one",
        )
        .recover("use_existing_account"),
        AuthError::DisconnectDisallowed => kind(
            409,
            "disconnect_disallowed",
            "This is the last way to sign in: add another one first",
        )
        .recover("add_a_way_to_sign_in"),
        AuthError::NotAssociated => kind(404, "not_found", "There is nothing here"),
        AuthError::NoUser => kind(
            400,
            "authentication_disallowed",
            "Error with social authentication",
        ),
        AuthError::UserInactive => kind(400, "user_inactive", "Error with social authentication"),
        AuthError::MissingClaim { .. } => kind(502, "missing_claim", BAD_ANSWER),
        AuthError::InvalidClaim { .. } => kind(401, "invalid_claim", REFUSED),
        AuthError::HookRefused { .. } => {
            kind(403, "hook_refused", "This account may not sign in here")
        }
        AuthError::HookUnavailable => kind(
            503,
            "hook_unavailable",
            "A service that decides here is unavailable, try again",
        )
        .recover("retry"),
        AuthError::Call(error) => provider_error::kind_of(error),
        AuthError::NoIdentity
        | AuthError::InvalidSchema(_)
        | AuthError::InvalidOwnWrite(_)
        | AuthError::StepFailed(_)
        | AuthError::NoRandomness => OURS,
        AuthError::Storage(error) => storage(error),
    }
}
