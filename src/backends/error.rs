//! Why a credential was not accepted.

use crate::crypto::jose::JoseError;
use crate::model::CredentialKind;

/// A backend's refusal, or a provider's failure. No variant holds a token, a
/// URL or anything of a provider's body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// This backend does not take this kind of credential.
    #[error("`{provider}` takes `{}`, not `{}`", .expected.field(), .given.field())]
    CredentialNotSupported {
        /// The backend.
        provider: String,
        /// What was sent.
        given: CredentialKind,
        /// What it takes.
        expected: CredentialKind,
    },
    /// The request names an app that is none of ours, or cannot be proven.
    #[error("the request's `client_id` is none of ours")]
    ClientUnknown,
    /// Nothing can bind a raw access token of this provider to our app.
    #[error("an access token of `{0}` cannot be bound to this app")]
    UnboundCredential(String),
    /// The provider does not know the token, or it belongs to another app.
    #[error("the provider does not accept the credential for this app")]
    CredentialRejected,
    /// The signature of a token, an assertion or a payload is not good.
    #[error("the credential's signature is not good")]
    InvalidSignature,
    /// The credential's time is over, or it is older than is accepted.
    #[error("the credential's time is over")]
    Expired,
    /// The credential says that its time is still to come.
    #[error("the credential's time is still to come")]
    NotYetValid,
    /// The credential's nonce is not the expected one.
    #[error("the credential's nonce is not the expected one")]
    NonceMismatch,
    /// The request's `state` is not one of ours, or not of this sign-in.
    #[error("the request's `state` is not the expected one")]
    StateMismatch,
    /// The credential works once, and was used before.
    #[error("the credential was used before")]
    Replayed,
    /// The database does not keep that the credential is used.
    #[error("the database does not keep that the credential is used")]
    NotMarked,
    /// The person came back without having signed in at the provider.
    #[error("the person did not sign in at the provider")]
    Declined,
    /// The provider does not accept the code, or not with this verifier.
    #[error("the provider does not accept the code")]
    CodeRejected,
    /// The request's `redirect_uri` is not in this provider's list.
    #[error("the request's `redirect_uri` is not in the list of `{0}`")]
    RedirectUriNotAllowed(String),
    /// A field of the request is not what it must be for this provider.
    #[error("`{field}`: {problem}")]
    InvalidField {
        /// The field of the request.
        field: &'static str,
        /// What is wrong with it, for people. Holds nothing of its value.
        problem: &'static str,
    },
    /// The credential came in a field that it does not belong in.
    #[error("this looks like {looks_like}: send it as `{field}`")]
    WrongField {
        /// What it looks like: `an ID token`, `an authorization code`, …
        looks_like: &'static str,
        /// The field, or the provider, that it is for.
        field: &'static str,
    },
    /// The token names the issuer of another provider, which it should go to.
    #[error("this looks like a token of `{0}`: send it with that provider's name")]
    OtherProvider(String),
    /// The provider says that the token was taken back, or has run out.
    #[error("the provider says that the token is revoked")]
    TokenRevoked,
    /// The person is not in the organisation that the operator asks for.
    #[error("the person is not a member of what the operator asks for")]
    MembershipRequired,
    /// The definition takes no credential of any kind yet.
    #[error("`{0}` takes no credential")]
    NoCredentialTaken(String),
    /// The provider's answer is not what it must be.
    #[error("the provider's answer cannot be read")]
    MalformedResponse,
    /// A value that must be in the answer is missing.
    #[error("the provider's answer lacks `{claim}`")]
    MissingClaim {
        /// The value's name.
        claim: String,
    },
    /// A value of the answer is not acceptable.
    #[error("the provider's answer holds an unacceptable `{claim}`")]
    InvalidClaim {
        /// The value's name.
        claim: String,
    },
    /// The provider answered with a status that makes no sense here.
    #[error("the provider answered with status {status}")]
    HttpError {
        /// The status.
        status: u16,
    },
    /// The provider cannot be reached.
    #[error("the provider cannot be reached")]
    ConnectionFailed,
    /// The provider's certificate is not good.
    #[error("the provider's certificate is not accepted")]
    TlsError,
    /// The provider did not answer in time.
    #[error("the provider did not answer in time")]
    Timeout,
    /// The provider has a failure of its own.
    #[error("the provider is unavailable")]
    Unavailable,
    /// The provider asks us to slow down.
    #[error("the provider limits our requests")]
    RateLimited {
        /// Seconds to wait, if it said so.
        retry_after: Option<u64>,
    },
    /// The provider does not accept our own client id and secret.
    #[error("the provider does not accept this app's client id and secret")]
    ClientRejected,
    /// A definition or a setting of ours cannot work: what is wrong.
    #[error("the backend is misconfigured: {0}")]
    Misconfigured(&'static str),
}

impl From<JoseError> for BackendError {
    fn from(fault: JoseError) -> Self {
        match fault {
            JoseError::TooLong | JoseError::Malformed | JoseError::WrongClaims => {
                Self::CredentialRejected
            }
            JoseError::WrongType => Self::InvalidClaim {
                claim: "typ".to_owned(),
            },
            JoseError::WrongAlgorithm
            | JoseError::Critical
            | JoseError::UnknownKey
            | JoseError::AmbiguousKey
            | JoseError::WrongSignature => Self::InvalidSignature,
            JoseError::ForeignProvider | JoseError::KeyRejected | JoseError::NotSigned => {
                Self::Misconfigured("no token can be signed or verified")
            }
        }
    }
}
