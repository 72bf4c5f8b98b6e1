//! The rows of sessions and of access tokens.

use diesel::deserialize::Queryable;
use diesel::pg::Pg;
use diesel::prelude::{Insertable, Selectable};
use diesel::sqlite::Sqlite;
use serde::Serialize;

use super::schema::{access_tokens, sessions};
use super::types::{Bytes, Id, Moment};
use crate::model::{NewAccessToken, NewSession, Session};

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
#[diesel(check_for_backend(Sqlite, Pg))]
pub(crate) struct SessionRow {
    pub(crate) id: Id,
    pub(crate) user_id: Id,
    pub(crate) client: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) refresh_hash: Bytes,
    pub(crate) turn_hash: Bytes,
    pub(crate) turn_salt: Bytes,
    pub(crate) prior_hash: Option<Bytes>,
    pub(crate) turned: Moment,
    pub(crate) created: Moment,
    pub(crate) expires: Moment,
    pub(crate) ends: Moment,
    pub(crate) revoked: Option<Moment>,
}

impl SessionRow {
    pub(crate) fn of_new(session: &NewSession) -> Self {
        Self {
            id: Id(session.id),
            user_id: Id(session.user_id),
            client: session.client.clone(),
            audience: session.audience.clone(),
            refresh_hash: Bytes(session.refresh_hash.clone()),
            turn_hash: Bytes(session.turn_hash.clone()),
            turn_salt: Bytes(Vec::new()),
            prior_hash: None,
            turned: Moment(session.created),
            created: Moment(session.created),
            expires: Moment(session.expires),
            ends: Moment(session.ends),
            revoked: None,
        }
    }

    pub(crate) fn into_model(self) -> Session {
        Session {
            id: self.id.0,
            user_id: self.user_id.0,
            client: self.client,
            audience: self.audience,
            refresh_hash: self.refresh_hash.0,
            turn_hash: self.turn_hash.0,
            turn_salt: self.turn_salt.0,
            prior_hash: self.prior_hash.map(|hash| hash.0),
            turned: self.turned.0,
            created: self.created.0,
            expires: self.expires.0,
            ends: self.ends.0,
            revoked: self.revoked.map(|moment| moment.0),
        }
    }
}

#[derive(Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = access_tokens, check_for_backend(Sqlite, Pg))]
pub(crate) struct AccessTokenRow {
    pub(crate) hash: Bytes,
    pub(crate) session_id: Id,
    pub(crate) issued: Moment,
    pub(crate) expires: Moment,
}

impl AccessTokenRow {
    pub(crate) fn of(token: &NewAccessToken) -> Self {
        Self {
            hash: Bytes(token.hash.clone()),
            session_id: Id(token.session_id),
            issued: Moment(token.issued),
            expires: Moment(token.expires),
        }
    }

    pub(crate) fn into_model(self) -> NewAccessToken {
        NewAccessToken {
            hash: self.hash.0,
            session_id: self.session_id.0,
            issued: self.issued.0,
            expires: self.expires.0,
        }
    }
}
