//! Who is calling, and what belongs to them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Exchange, ExchangeError};
use crate::model::{Association, User};

/// Whose access token came along; the user may be gone by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentUser {
    /// The user's id.
    pub id: Uuid,
    /// The session of the token; it may have ended since.
    pub session_id: Uuid,
    /// When the person signed in; `None` in a token that does not say.
    pub authenticated: Option<DateTime<Utc>>,
}

impl Exchange {
    /// Checks an access token of ours; asks no database.
    ///
    /// # Errors
    /// [`ExchangeError::InvalidToken`] for whatever is not right with it.
    pub fn authenticate(&self, bearer: &str) -> Result<CurrentUser, ExchangeError> {
        let claims = self
            .sessions
            .verify(bearer, self.clock.now())
            .map_err(|_refused| ExchangeError::InvalidToken)?;
        Ok(CurrentUser {
            id: claims.user_id,
            session_id: claims.session_id,
            authenticated: claims.authenticated,
        })
    }

    /// Checks an access token that says nothing by itself; `None` when it is
    /// none of that kind, so that [`Exchange::authenticate`] is to be asked.
    ///
    /// # Errors
    /// [`ExchangeError::InvalidToken`] when it is not good, and those of the
    /// database.
    pub async fn authenticate_opaque(
        &self,
        bearer: &str,
    ) -> Result<Option<CurrentUser>, ExchangeError> {
        let Some(hash) = self.opaque_hash(bearer) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let found = self.storage.get_session_by_access_token(&hash).await?;
        let ((session, _), _) = found
            .filter(|((session, user), token)| {
                let for_us = session.audience.is_none();
                for_us && user.is_active && session.is_alive(now) && now < token.expires
            })
            .ok_or(ExchangeError::InvalidToken)?;
        Ok(Some(CurrentUser {
            id: session.user_id,
            session_id: session.id,
            authenticated: Some(session.created),
        }))
    }

    /// The user behind an access token.
    ///
    /// # Errors
    /// [`ExchangeError::InvalidToken`] when the user is gone or not active.
    pub async fn me(&self, caller: CurrentUser) -> Result<User, ExchangeError> {
        self.storage
            .get_user(caller.id)
            .await?
            .filter(|user| user.is_active)
            .ok_or(ExchangeError::InvalidToken)
    }

    /// The user behind an access token whose session lives still: asked when a
    /// commit found that something is not as it was.
    ///
    /// # Errors
    /// [`ExchangeError::InvalidToken`] when the session has ended, or the user
    /// is gone or not active.
    pub(super) async fn still_me(&self, caller: CurrentUser) -> Result<User, ExchangeError> {
        let found = self.storage.get_session(caller.session_id).await?;
        let (_, user) = found
            .filter(|(session, user)| {
                session.revoked.is_none() && user.id == caller.id && user.is_active
            })
            .ok_or(ExchangeError::InvalidToken)?;
        Ok(user)
    }

    /// Whether the caller may change what can be signed in with: asks no database.
    ///
    /// # Errors
    /// [`ExchangeError::ReauthenticationRequired`] when the sign-in is older than
    /// [`Exchange::association_max_auth_age`], or its age unknown.
    pub(super) fn signed_in_lately(&self, caller: CurrentUser) -> Result<(), ExchangeError> {
        let Some(longest) = self.association_max_auth_age else {
            return Ok(());
        };
        let now = self.clock.now();
        let age = caller.authenticated.map(|at| now.signed_duration_since(at));
        match age {
            Some(age) if age <= longest => Ok(()),
            _ => Err(ExchangeError::ReauthenticationRequired),
        }
    }

    /// The user's social accounts, oldest first, provider tokens opened.
    ///
    /// # Errors
    /// [`ExchangeError::InvalidToken`] when the user is gone or not active.
    pub async fn social_auths(
        &self,
        caller: CurrentUser,
    ) -> Result<Vec<Association>, ExchangeError> {
        let user = self.me(caller).await?;
        let associations = self.storage.get_social_auth_for_user(user.id, None, None);
        Ok(associations.await?)
    }
}
