//! Who is calling, and what belongs to them.

use uuid::Uuid;

use super::{Exchange, ExchangeError};
use crate::model::{Association, User};

/// Whose access token came along; the user may be gone by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentUser {
    /// The user's id.
    pub id: Uuid,
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
        Ok(CurrentUser { id: claims.user_id })
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
