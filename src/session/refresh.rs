//! Refresh tokens: opaque, 256 bit, known to us only by their hash.

use secrecy::{ExposeSecret as _, SecretString};

use crate::crypto::one_use;
use crate::model::{Ids, NoRandomness};

/// A refresh token and what is kept of it.
pub(super) struct Refresh {
    pub(super) token: SecretString,
    pub(super) hash: Vec<u8>,
}

pub(super) fn new_refresh(ids: &dyn Ids) -> Result<Refresh, NoRandomness> {
    let token = one_use::new_token(ids)?;
    let hash = one_use::digest(token.expose_secret()).to_vec();
    Ok(Refresh { token, hash })
}

/// The hash by which a refresh token's session is looked up.
///
/// `None` when the text cannot be a refresh token of ours (an access token,
/// say): there is nothing to look up.
pub fn refresh_hash(token: &str) -> Option<Vec<u8>> {
    one_use::is_token(token).then(|| one_use::digest(token).to_vec())
}
