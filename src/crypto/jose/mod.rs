//! Compact JWTs: those that we sign, and those that a provider signed.
//!
//! Ours ([`SigningKey`], [`verify`]) have one algorithm and known keys, and go
//! through `jsonwebtoken`. A provider's ([`Jws`], [`Jwks`]) go to `ring`
//! directly: the library would decode and copy a key for each token, and its
//! claims would keep the last of two members of one name. No time and no
//! network here.

mod algorithm;
mod error;
mod json;
mod jwk;
mod jwks;
mod jws;
mod key;
mod own;
mod spki;

pub use algorithm::SignatureAlgorithm;
pub use error::{JoseError, JwksError, KeyError};
pub use json::strict_object;
pub use jwks::{Jwks, MAX_JWKS_LENGTH, MAX_KEYS};
pub use jws::{Jws, VerifiedJws};
pub use key::VerificationKey;
pub use own::{SigningKey, VerifyingKey, install, verify};

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN_LENGTH: usize = 16 * 1024;

#[cfg(test)]
pub(crate) mod test_tokens;
#[cfg(test)]
mod tests;
