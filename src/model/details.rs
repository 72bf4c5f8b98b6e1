//! What a provider says of a person, in our words.

use serde::{Deserialize, Serialize};

use super::JsonMap;

/// A person as a provider describes them. A closed struct: whatever else an
/// answer holds (`is_staff`, `id`, …) cannot become a user's field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The name to propose; `None` when the provider gave none.
    pub username: Option<String>,
    /// The address, in the provider's case. `Some("")` when it was given empty.
    pub email: Option<String>,
    /// Whether the provider says, in so many words, that it checked it.
    pub email_verified: bool,
    /// Whole name.
    pub fullname: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// URL of a picture.
    pub picture: Option<String>,
    /// Further details that the definition names under `[user.other]`.
    pub other: JsonMap,
}

impl Details {
    /// The names of what is known.
    pub fn known_names(&self) -> Vec<&str> {
        let named = [
            ("username", &self.username),
            ("email", &self.email),
            ("fullname", &self.fullname),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("picture", &self.picture),
        ];
        let known = named.into_iter().filter(|(_, text)| text.is_some());
        known
            .map(|(name, _)| name)
            .chain(self.other.keys().map(String::as_str))
            .collect()
    }
}
