//! The rows as the tables hold them, and the way to the model and back.
//!
//! The same structs are read, inserted on SQLite, and serialised into the
//! document of a commit on PostgreSQL.

use diesel::deserialize::Queryable;
use diesel::pg::Pg;
use diesel::prelude::{AsChangeset, Insertable, Selectable};
use diesel::sqlite::Sqlite;
use serde::Serialize;

use super::schema::{
    events, idempotent_answers, social_auth_partial, social_auth_usersocialauth, users,
};
use super::types::{Bytes, Id, Json, Moment};
use crate::model::{
    Association, Event, EventKind, IdempotentAnswer, NewAssociation, NewUser, Partial,
    PasswordHash, User, email_key, username_key,
};
use crate::storage::StorageError;

#[derive(Queryable, Selectable, Insertable, AsChangeset, Serialize)]
#[diesel(table_name = users, treat_none_as_default_value = false, treat_none_as_null = true)]
#[diesel(check_for_backend(Sqlite, Pg))]
pub(crate) struct UserRow {
    pub(crate) id: Id,
    pub(crate) username: String,
    pub(crate) username_key: String,
    pub(crate) email: Option<String>,
    pub(crate) email_key: Option<String>,
    pub(crate) verified_email_key: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) fullname: Option<String>,
    pub(crate) picture: Option<String>,
    pub(crate) is_active: bool,
    pub(crate) password: Option<String>,
    pub(crate) extra: Json,
    pub(crate) date_joined: Moment,
    pub(crate) last_login: Option<Moment>,
}

/// The keys of an address: to find it by, and to claim it with once proven.
pub(crate) fn address_keys(email: Option<&str>, proven: bool) -> (Option<String>, Option<String>) {
    let key = email.map(email_key);
    let claim = key.clone().filter(|key| proven && !key.is_empty());
    (key, claim)
}

impl UserRow {
    pub(crate) fn of_new(user: &NewUser) -> Self {
        Self::of(user.as_user())
    }

    pub(crate) fn of(user: User) -> Self {
        let (email_key, verified_email_key) =
            address_keys(user.email.as_deref(), user.email_verified);
        Self {
            id: Id(user.id),
            username_key: username_key(&user.username),
            username: user.username,
            email: user.email,
            email_key,
            verified_email_key,
            first_name: user.first_name,
            last_name: user.last_name,
            fullname: user.fullname,
            picture: user.picture,
            is_active: user.is_active,
            password: (user.password).map(|password| password.as_str().to_owned()),
            extra: Json::object(user.extra),
            date_joined: Moment(user.date_joined),
            last_login: user.last_login.map(Moment),
        }
    }

    pub(crate) fn into_model(self) -> Result<User, StorageError> {
        Ok(User {
            id: self.id.0,
            username: self.username,
            email: self.email,
            email_verified: self.verified_email_key.is_some(),
            first_name: self.first_name,
            last_name: self.last_name,
            fullname: self.fullname,
            picture: self.picture,
            is_active: self.is_active,
            password: self.password.map(PasswordHash::new),
            extra: self.extra.into_object("users", "extra")?,
            date_joined: self.date_joined.0,
            last_login: self.last_login.map(|moment| moment.0),
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = social_auth_usersocialauth, treat_none_as_default_value = false)]
#[diesel(check_for_backend(Sqlite, Pg))]
pub(crate) struct AssociationRow {
    pub(crate) id: Id,
    pub(crate) user_id: Id,
    pub(crate) provider: String,
    pub(crate) uid: String,
    pub(crate) extra_data: Json,
    pub(crate) proven_email_key: Option<String>,
    pub(crate) created: Moment,
    pub(crate) modified: Moment,
}

impl AssociationRow {
    pub(crate) fn of_new(new: &NewAssociation) -> Self {
        Self {
            id: Id(new.id()),
            user_id: Id(new.user_id()),
            provider: new.provider().to_owned(),
            uid: new.uid().to_owned(),
            extra_data: Json::object(new.extra_data().clone()),
            proven_email_key: new.proven_email_key().map(str::to_owned),
            created: Moment(new.created()),
            modified: Moment(new.created()),
        }
    }

    pub(crate) fn into_model(self) -> Result<Association, StorageError> {
        Ok(Association {
            id: self.id.0,
            user_id: self.user_id.0,
            provider: self.provider,
            uid: self.uid,
            extra_data: self
                .extra_data
                .into_object("social_auth_usersocialauth", "extra_data")?,
            proven_email_key: self.proven_email_key,
            created: self.created.0,
            modified: self.modified.0,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = social_auth_partial, treat_none_as_default_value = false)]
#[diesel(check_for_backend(Sqlite, Pg))]
pub(crate) struct PartialRow {
    pub(crate) id: Id,
    pub(crate) token_hash: Bytes,
    pub(crate) link_hash: Option<Bytes>,
    pub(crate) backend: String,
    pub(crate) next_step: String,
    pub(crate) data: Json,
    pub(crate) user_id: Option<Id>,
    pub(crate) created: Moment,
    pub(crate) expires: Moment,
}

impl PartialRow {
    pub(crate) fn of(partial: &Partial) -> Self {
        Self {
            id: Id(partial.id),
            token_hash: Bytes(partial.token_hash.clone()),
            link_hash: partial.link_hash.clone().map(Bytes),
            backend: partial.backend.clone(),
            next_step: partial.next_step.clone(),
            data: Json(partial.data.clone()),
            user_id: partial.user_id.map(Id),
            created: Moment(partial.created),
            expires: Moment(partial.expires),
        }
    }

    pub(crate) fn into_model(self) -> Partial {
        Partial {
            id: self.id.0,
            token_hash: self.token_hash.0,
            link_hash: self.link_hash.map(|hash| hash.0),
            backend: self.backend,
            next_step: self.next_step,
            data: self.data.0,
            user_id: self.user_id.map(|id| id.0),
            created: self.created.0,
            expires: self.expires.0,
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = idempotent_answers, check_for_backend(Sqlite, Pg))]
pub(crate) struct IdempotentAnswerRow {
    pub(crate) key_hash: Bytes,
    pub(crate) request_digest: Bytes,
    pub(crate) answer: String,
    pub(crate) created: Moment,
    pub(crate) expires: Moment,
}

impl IdempotentAnswerRow {
    pub(crate) fn of(kept: &IdempotentAnswer) -> Self {
        Self {
            key_hash: Bytes(kept.key_hash.clone()),
            request_digest: Bytes(kept.request_digest.clone()),
            answer: kept.answer.clone(),
            created: Moment(kept.created),
            expires: Moment(kept.expires),
        }
    }

    pub(crate) fn into_model(self) -> IdempotentAnswer {
        IdempotentAnswer {
            key_hash: self.key_hash.0,
            request_digest: self.request_digest.0,
            answer: self.answer,
            created: self.created.0,
            expires: self.expires.0,
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
#[diesel(check_for_backend(Sqlite, Pg))]
pub(crate) struct EventRow {
    pub(crate) id: Id,
    pub(crate) kind: String,
    pub(crate) user_id: Option<Id>,
    pub(crate) payload: Json,
    pub(crate) created: Moment,
    pub(crate) hook: Option<String>,
    pub(crate) due: Option<Moment>,
}

impl EventRow {
    pub(crate) fn of(event: &Event) -> Self {
        Self {
            id: Id(event.id),
            kind: event.kind.name().to_owned(),
            user_id: event.user_id.map(Id),
            payload: Json(event.payload.clone()),
            created: Moment(event.created),
            hook: event.hook.clone(),
            due: event.due.map(Moment),
        }
    }

    pub(crate) fn into_model(self) -> Result<Event, StorageError> {
        let kind = EventKind::from_name(&self.kind).ok_or(StorageError::Corrupt {
            table: "events",
            column: "kind",
        })?;
        Ok(Event {
            id: self.id.0,
            kind,
            user_id: self.user_id.map(|id| id.0),
            payload: self.payload.0,
            created: self.created.0,
            hook: self.hook,
            due: self.due.map(|due| due.0),
        })
    }
}
