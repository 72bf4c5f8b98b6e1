//! What a step waits for, and what it is told when the run goes on.

use std::fmt;
use std::sync::OnceLock;

use secrecy::SecretString;
use serde_json::Value;

use super::{AuthError, Fields};
use crate::crypto::one_use;
use crate::model::{Ids, JsonMap};

/// A run that waits for the client: for fields, for a visit to a page, or for
/// whatever the step's own answer says.
#[derive(Default)]
pub struct Halt {
    /// The fields that the client may send; `None` when nothing is to be sent
    /// but the token.
    pub required: Option<Fields>,
    /// A page that the person has to visit first; `None` when there is none.
    pub open: Option<String>,
    /// The address that has to be proven: a mail with a code goes there, and
    /// the run goes on once [`Inputs::is_confirmed`](super::Inputs::is_confirmed)
    /// says so. `None` when nothing is to be mailed.
    pub mail: Option<String>,
    /// Further members of the answer.
    pub answer: JsonMap,
}

impl fmt::Debug for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Halt")
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

impl Halt {
    /// Waits for these fields.
    pub fn for_fields(fields: Fields) -> Self {
        Self {
            required: Some(fields),
            ..Self::default()
        }
    }

    /// Waits until the person has been at a page; the client then resumes.
    pub fn until_visited(url: String) -> Self {
        Self {
            open: Some(url),
            ..Self::default()
        }
    }

    /// Waits until the person has proven, by a mail, that an address is theirs.
    ///
    /// # Errors
    /// None that can happen: the fields are fixed.
    pub fn until_proven(email: String) -> Result<Self, AuthError> {
        Ok(Self {
            required: Some(Fields::verification_code()?),
            mail: Some(email),
            ..Self::default()
        })
    }

    /// Waits, and answers with members of the step's own.
    #[must_use]
    pub fn answering(mut self, member: &str, value: Value) -> Self {
        self.answer.insert(member.to_owned(), value);
        self
    }
}

/// The partial that a run becomes if a step halts it: python-social-auth's
/// `current_partial`.
///
/// Its link token is there before the step returns, so that it can stand in a
/// mail or a URL. It confirms, and resumes nothing.
pub struct CurrentPartial<'a> {
    backend: &'a str,
    ids: &'a dyn Ids,
    link_token: OnceLock<SecretString>,
}

impl<'a> CurrentPartial<'a> {
    /// The partial of a run that has not halted yet.
    pub fn new(backend: &'a str, ids: &'a dyn Ids) -> Self {
        Self {
            backend,
            ids,
            link_token: OnceLock::new(),
        }
    }

    /// The backend's name.
    pub fn backend(&self) -> &str {
        self.backend
    }

    /// The token for a mail or a URL; the same each time it is asked for.
    ///
    /// # Errors
    /// [`AuthError::NoRandomness`].
    pub fn link_token(&self) -> Result<&SecretString, AuthError> {
        if let Some(token) = self.link_token.get() {
            return Ok(token);
        }
        let token = one_use::new_token(self.ids).map_err(|_none| AuthError::NoRandomness)?;
        Ok(self.link_token.get_or_init(|| token))
    }

    /// The token that a step asked for; `None` when none did.
    pub fn given_link_token(&self) -> Option<&SecretString> {
        self.link_token.get()
    }
}
