//! What becomes of an association that exists.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Association, ExtraData};

/// New values for an association that exists.
#[derive(Clone, PartialEq)]
pub struct AssociationChanges {
    /// The association; the commit fails with `RowGone` if it is no more.
    pub id: Uuid,
    /// The user it must still belong to.
    pub user_id: Uuid,
    /// The backend's name. Never changed; sealed values are bound to it.
    pub provider: String,
    /// The uid under which it must still stand; sealed values are bound to it.
    pub uid: String,
    /// The uid that it moves to; `None` when it stays where it is.
    pub moved: Option<MovedUid>,
    /// The address that is proven with it, folded; `None` leaves what is stored.
    pub proven_email_key: Option<String>,
    /// Keys to set; keys that are stored and not named here stay.
    pub extra_data: ExtraData,
    /// When it is written.
    pub modified: DateTime<Utc>,
}

impl fmt::Debug for AssociationChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssociationChanges")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl AssociationChanges {
    /// Changes of the extra data of `association`.
    pub fn of(association: &Association, extra_data: ExtraData, modified: DateTime<Utc>) -> Self {
        Self {
            id: association.id,
            user_id: association.user_id,
            provider: association.provider.clone(),
            uid: association.uid.clone(),
            moved: None,
            proven_email_key: None,
            extra_data,
            modified,
        }
    }

    /// The uid under which it stands once this is committed.
    pub fn uid_afterwards(&self) -> &str {
        self.moved.as_ref().map_or(&self.uid, |moved| &moved.to)
    }
}

/// The move of an association to another uid of the same person.
///
/// Only a verified identity makes one: its constructor is called in
/// `backends::verified` and nowhere else (a test of the house holds that).
#[derive(Clone, PartialEq)]
pub struct MovedUid {
    to: String,
    unchanged_since: DateTime<Utc>,
}

impl fmt::Debug for MovedUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MovedUid(..)")
    }
}

impl MovedUid {
    /// A move to a verified uid.
    pub(crate) fn of_verified(to: String, unchanged_since: DateTime<Utc>) -> Self {
        Self {
            to,
            unchanged_since,
        }
    }

    /// The uid that it moves to.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// When the row was last written, as it was read; the commit fails with
    /// `RowGone` if it was written since, because all of it is sealed anew.
    pub fn unchanged_since(&self) -> DateTime<Utc> {
        self.unchanged_since
    }
}
