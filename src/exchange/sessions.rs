//! Sessions end, and are told of: revocation, introspection, logging out.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::grants::is_of;
use super::{CurrentUser, Exchange, ExchangeError, GrantError};
use crate::crypto::one_use;
use crate::model::{Changes, EndedSessions, Session, User};
use crate::session::{Client, RefreshToken};

/// What is told of a good token (RFC 7662, section 2.2).
#[derive(Debug)]
pub struct Introspected {
    /// Whose it is.
    pub user: User,
    /// Its session.
    pub session: Session,
    /// Whether it is an access token; a refresh token otherwise.
    pub is_access_token: bool,
    /// The token's own id; `None` when it has none.
    pub token_id: Option<Uuid>,
    /// Who it is for.
    pub audience: String,
    /// When it was issued.
    pub issued: DateTime<Utc>,
    /// When it stops working.
    pub expires: DateTime<Utc>,
}

impl Exchange {
    /// What a token is; `None` for one that is not good, for whatever reason.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn introspect(
        &self,
        token: &SecretString,
    ) -> Result<Option<Introspected>, ExchangeError> {
        let found = match RefreshToken::parse(token.expose_secret()) {
            Some(shown) => self.introspect_refresh(&shown).await?,
            None => self.introspect_access(token).await?,
        };
        let now = self.clock.now();
        Ok(found.filter(|token| {
            token.user.is_active && token.session.is_alive(now) && now < token.expires
        }))
    }

    async fn introspect_refresh(
        &self,
        shown: &RefreshToken,
    ) -> Result<Option<Introspected>, ExchangeError> {
        let hash = shown.refresh_hash();
        let found = self.storage.get_session_by_hash(&hash);
        let good = |(session, _): &(Session, User)| shown.is_good_for(session);
        Ok(found
            .await?
            .filter(good)
            .map(|(session, user)| Introspected {
                user,
                is_access_token: false,
                token_id: None,
                audience: self.sessions.issuer().to_owned(),
                issued: session.turned,
                expires: session.expires,
                session,
            }))
    }

    async fn introspect_access(
        &self,
        token: &SecretString,
    ) -> Result<Option<Introspected>, ExchangeError> {
        let issuer = || self.sessions.issuer().to_owned();
        if let Some(hash) = self.opaque_hash(token.expose_secret()) {
            let found = self.storage.get_session_by_access_token(&hash).await?;
            return Ok(found.map(|((session, user), token)| Introspected {
                user,
                is_access_token: true,
                token_id: None,
                audience: session.audience.clone().unwrap_or_else(issuer),
                issued: token.issued,
                expires: token.expires,
                session,
            }));
        }
        let now = self.clock.now();
        let Ok(claims) = self.sessions.verify_for_anyone(token.expose_secret(), now) else {
            return Ok(None);
        };
        let found = self.storage.get_session(claims.session_id).await?;
        let of_user = |(session, _): &(Session, User)| session.user_id == claims.user_id;
        Ok(found.filter(of_user).map(|(session, user)| Introspected {
            user,
            session,
            is_access_token: true,
            token_id: Some(claims.token_id),
            audience: claims.audience,
            issued: claims.issued,
            expires: claims.expires,
        }))
    }

    /// The hash by which an opaque access token is looked up; `None` when the
    /// text is none, or there are none.
    pub(super) fn opaque_hash(&self, token: &str) -> Option<Vec<u8>> {
        let opaque = self.sessions.is_opaque() && one_use::is_token(token);
        opaque.then(|| one_use::digest(token).to_vec())
    }

    /// Ends the session of a token, whether an access token or a refresh token;
    /// a token that is not good is revoked already (RFC 7009, section 2.2).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn revoke(
        &self,
        token: &SecretString,
        client: Option<&Client>,
    ) -> Result<(), GrantError> {
        // One that was used up was this session's too: whoever shows it knew it.
        let session = if let Some(shown) = RefreshToken::parse(token.expose_secret()) {
            let hash = shown.refresh_hash();
            let found = self.storage.get_session_by_hash(&hash).await;
            let found = found.map_err(ExchangeError::from)?;
            found.map(|(session, _)| session)
        } else {
            let found = self.introspect_access(token).await?;
            found.map(|token| token.session)
        };
        if let Some(session) = session.filter(|session| is_of(session, client)) {
            let ended = self.storage.revoke_session(session.id, self.clock.now());
            ended.await.map_err(ExchangeError::from)?;
        }
        Ok(())
    }

    /// Ends the caller's session, or all of theirs. Access tokens that say for
    /// themselves what they are live on until they expire.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn log_out(
        &self,
        caller: CurrentUser,
        everywhere: bool,
    ) -> Result<(), ExchangeError> {
        let now = self.clock.now();
        if !everywhere {
            self.storage.revoke_session(caller.session_id, now).await?;
            return Ok(());
        }
        // In a commit, which voids what halted as well.
        let changes = Changes {
            ended_sessions: Some(EndedSessions {
                user_id: caller.id,
                only: None,
                at: now,
            }),
            ..Changes::default()
        };
        self.commit_all(changes, &[]).await
    }
}
