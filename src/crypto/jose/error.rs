//! Why a token or a key is not taken. Nothing here holds any of either.

/// Why a token was not signed or not accepted. Holds nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// Another cryptography was installed in this process before ours.
    #[error("another JOSE provider was installed first")]
    ForeignProvider,
    /// The seed makes no key.
    #[error("the signing key was rejected")]
    KeyRejected,
    /// The claims could not be signed.
    #[error("the token could not be signed")]
    NotSigned,
    /// Longer than [`MAX_TOKEN_LENGTH`](super::MAX_TOKEN_LENGTH).
    #[error("the token is too long")]
    TooLong,
    /// Not three base64url parts, or not JSON inside.
    #[error("the token is malformed")]
    Malformed,
    /// `typ` is not the expected one.
    #[error("the token is of another type")]
    WrongType,
    /// `alg` is not allowed, or not what its key is for.
    #[error("the token names another algorithm than its key")]
    WrongAlgorithm,
    /// `crit` or `b64` asks for what is not understood here.
    #[error("the token demands an extension")]
    Critical,
    /// `kid` is missing, or names none of the keys.
    #[error("the token names no known key")]
    UnknownKey,
    /// Several keys could be meant; none of them is tried.
    #[error("the token could be of several keys")]
    AmbiguousKey,
    /// The signature is not the key's.
    #[error("the token's signature does not match")]
    WrongSignature,
    /// The signature matches, the claims are not of the expected form.
    #[error("the token's claims are of another form")]
    WrongClaims,
}

/// Why a JWK Set is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// Longer than [`MAX_JWKS_LENGTH`](super::MAX_JWKS_LENGTH).
    #[error("the key set is too long")]
    TooLong,
    /// More than [`MAX_KEYS`](super::MAX_KEYS).
    #[error("the key set holds too many keys")]
    TooManyKeys,
    /// No JSON object with a list of objects as `keys`, or a member twice.
    #[error("the key set is malformed")]
    Malformed,
    /// It shows a private or a symmetric key: whoever reads it could sign.
    #[error("the key set shows a private key")]
    PrivateKey,
}

/// Why a configured key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No public key: RSA of 2048 bit or more, P-256, P-384 or Ed25519.
    #[error("expected a public key in PEM: RSA of 2048 bit or more, P-256, P-384 or Ed25519")]
    NotAPublicKey,
    /// Nothing is signed with an empty secret.
    #[error("the secret is empty")]
    EmptySecret,
    /// A secret only ever makes HS256 and HS512.
    #[error("a secret is for HS256 or HS512 alone")]
    NotSymmetric,
}
