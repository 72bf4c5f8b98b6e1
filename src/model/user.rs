//! A user of the app.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{JsonMap, PasswordHash};

/// Longest username, in characters.
pub const USERNAME_MAX_LENGTH: usize = 150;
/// Longest e-mail address, in characters.
pub const EMAIL_MAX_LENGTH: usize = 254;
/// Longest provider name, in characters.
pub const PROVIDER_MAX_LENGTH: usize = 32;
/// Longest uid, in characters.
pub const UID_MAX_LENGTH: usize = 255;

/// A user of the app, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Our id of the user.
    pub id: Uuid,
    /// Unique when case is folded (see [`username_key`]).
    pub username: String,
    /// As the provider wrote it; `None` when none is known. Not unique.
    pub email: Option<String>,
    /// Whether this user, and no other, has proven [`User::email`].
    pub email_verified: bool,
    /// Given name; `None` when unknown.
    pub first_name: Option<String>,
    /// Family name; `None` when unknown.
    pub last_name: Option<String>,
    /// Whole name; `None` when unknown.
    pub fullname: Option<String>,
    /// URL of a picture; `None` when unknown. Never fetched.
    pub picture: Option<String>,
    /// An inactive user gets no session.
    pub is_active: bool,
    /// A hash that was imported, or set by a step; `None` for people who never
    /// had one.
    pub password: Option<PasswordHash>,
    /// Further fields, by `USER_FIELDS` and `USER_FIELD_MAPPING`.
    pub extra: JsonMap,
    /// When the user was created.
    pub date_joined: DateTime<Utc>,
    /// The last sign-in; `None` before the first.
    pub last_login: Option<DateTime<Utc>>,
}

/// A user that does not exist yet; the id is already given.
#[derive(Debug, Clone, PartialEq)]
pub struct NewUser {
    /// Our id of the user.
    pub id: Uuid,
    /// At most [`USERNAME_MAX_LENGTH`] characters, not empty.
    pub username: String,
    /// At most [`EMAIL_MAX_LENGTH`] characters; `None` when none is known.
    pub email: Option<String>,
    /// Claims the address for this user alone; only with an `email`.
    pub email_verified: bool,
    /// Given name; `None` when unknown.
    pub first_name: Option<String>,
    /// Family name; `None` when unknown.
    pub last_name: Option<String>,
    /// Whole name; `None` when unknown.
    pub fullname: Option<String>,
    /// URL of a picture; `None` when unknown.
    pub picture: Option<String>,
    /// A hash that is imported, or set by a step; `None` otherwise.
    pub password: Option<PasswordHash>,
    /// Further fields.
    pub extra: JsonMap,
    /// When the user is created.
    pub date_joined: DateTime<Utc>,
}

impl User {
    /// Whether the user can sign in by a password, wherever that is asked.
    pub fn has_usable_password(&self) -> bool {
        (self.password.as_ref()).is_some_and(PasswordHash::is_usable)
    }
}

impl NewUser {
    /// A user with nothing but a name.
    pub fn new(id: Uuid, username: String, date_joined: DateTime<Utc>) -> Self {
        Self {
            id,
            username,
            email: None,
            email_verified: false,
            first_name: None,
            last_name: None,
            fullname: None,
            picture: None,
            password: None,
            extra: JsonMap::new(),
            date_joined,
        }
    }

    /// Takes over the profile of `user`, which is this user with changes.
    pub fn follow(&mut self, user: &User) {
        self.username.clone_from(&user.username);
        self.email.clone_from(&user.email);
        self.email_verified = user.email_verified;
        self.first_name.clone_from(&user.first_name);
        self.last_name.clone_from(&user.last_name);
        self.fullname.clone_from(&user.fullname);
        self.picture.clone_from(&user.picture);
        self.password.clone_from(&user.password);
        self.extra.clone_from(&user.extra);
    }

    /// The user as it will be once committed.
    pub fn as_user(&self) -> User {
        User {
            id: self.id,
            username: self.username.clone(),
            email: self.email.clone(),
            email_verified: self.email_verified,
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            fullname: self.fullname.clone(),
            picture: self.picture.clone(),
            is_active: true,
            password: self.password.clone(),
            extra: self.extra.clone(),
            date_joined: self.date_joined,
            last_login: None,
        }
    }
}

/// Changes of one user: a field that is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserChanges {
    /// The new username.
    pub username: Option<String>,
    /// The new address; `Some(None)` clears it.
    pub email: Option<Option<String>>,
    /// Whether the address is proven. Read only together with `email`:
    /// changing one without the other would leave a key of another address.
    pub email_verified: bool,
    /// The new given name; `Some(None)` clears it.
    pub first_name: Option<Option<String>>,
    /// The new family name; `Some(None)` clears it.
    pub last_name: Option<Option<String>>,
    /// The new whole name; `Some(None)` clears it.
    pub fullname: Option<Option<String>>,
    /// The new picture's URL; `Some(None)` clears it.
    pub picture: Option<Option<String>>,
    /// Activates or deactivates.
    pub is_active: Option<bool>,
    /// The new password's hash; `Some(None)` clears it.
    pub password: Option<Option<PasswordHash>>,
    /// Keys to set in [`User::extra`]; other keys stay.
    pub extra: JsonMap,
    /// The time of the sign-in.
    pub last_login: Option<DateTime<Utc>>,
}

impl UserChanges {
    /// Whether anything but the time of the last sign-in changes.
    pub fn touches_profile(&self) -> bool {
        let login_only = Self {
            last_login: self.last_login,
            ..Self::default()
        };
        *self != login_only
    }

    /// Adds later changes: where both speak, the later word counts.
    pub fn merge(&mut self, later: Self) {
        if later.email.is_some() {
            self.email_verified = later.email_verified;
        }
        self.username = later.username.or(self.username.take());
        self.email = later.email.or(self.email.take());
        self.first_name = later.first_name.or(self.first_name.take());
        self.last_name = later.last_name.or(self.last_name.take());
        self.fullname = later.fullname.or(self.fullname.take());
        self.picture = later.picture.or(self.picture.take());
        self.is_active = later.is_active.or(self.is_active);
        self.password = later.password.or(self.password.take());
        self.extra.extend(later.extra);
        self.last_login = later.last_login.or(self.last_login);
    }

    /// Writes the changes into `user`, as a commit would.
    pub fn apply_to(&self, user: &mut User) {
        if let Some(username) = &self.username {
            user.username.clone_from(username);
        }
        if let Some(email) = &self.email {
            user.email.clone_from(email);
            user.email_verified = self.email_verified && email.is_some();
        }
        let texts = [
            (&self.first_name, &mut user.first_name),
            (&self.last_name, &mut user.last_name),
            (&self.fullname, &mut user.fullname),
            (&self.picture, &mut user.picture),
        ];
        for (new, old) in texts {
            if let Some(text) = new {
                old.clone_from(text);
            }
        }
        user.is_active = self.is_active.unwrap_or(user.is_active);
        if let Some(password) = &self.password {
            user.password.clone_from(password);
        }
        user.extra.extend(self.extra.clone());
        user.last_login = self.last_login.or(user.last_login);
    }
}

/// What makes a username unique: compatibility forms and case are folded.
pub fn username_key(username: &str) -> String {
    fold(username)
}

/// What makes a proven address unique: trimmed, case folded.
pub fn email_key(email: &str) -> String {
    fold(email.trim())
}

fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}
