//! The token endpoint's use cases: who asks, on which terms, and for what.

use secrecy::{ExposeSecret as _, SecretString};

use super::{Exchange, ExchangeError};
use crate::model::{Changes, EndedSessions, EventKind, Session, User};
use crate::session::{Client, NotThatClient, RefreshToken, Refreshed, ShownClient, Terms, Tokens};

/// How often a refresh token is turned while others are faster.
const ATTEMPTS: usize = 3;

/// Why the token endpoint gives nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GrantError {
    /// The client is not known, or is not who it says.
    #[error(transparent)]
    InvalidClient(#[from] NotThatClient),
    /// The refresh token is unknown, expired, used up, of another client, or of
    /// a session that has ended: it is not told which.
    #[error("the refresh token is not good")]
    InvalidGrant,
    /// The client may not have tokens made out to that one.
    #[error("the client may not have tokens made out to that audience")]
    InvalidTarget,
    /// The use case behind it could not be done.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
}

impl Exchange {
    /// Who asks; `None` when nobody is named.
    ///
    /// # Errors
    /// [`GrantError::InvalidClient`].
    pub fn client(&self, shown: &ShownClient) -> Result<Option<&Client>, GrantError> {
        Ok(self.clients.identify(shown)?)
    }

    /// The terms of a session that a client opens, made out to `audience`, or
    /// to ourselves.
    ///
    /// # Errors
    /// [`GrantError::InvalidTarget`] for an audience that it may not address.
    pub fn terms_for(
        &self,
        client: Option<&Client>,
        audience: Option<&str>,
    ) -> Result<Terms, GrantError> {
        let of_all = self.sessions.terms();
        let mut terms = client.map_or_else(|| of_all.clone(), |client| client.terms(of_all));
        if let Some(audience) = audience.filter(|audience| *audience != self.sessions.issuer()) {
            let allowed = client.is_some_and(|client| client.may_address(audience));
            if !allowed {
                return Err(GrantError::InvalidTarget);
            }
            terms.audience = Some(audience.to_owned());
        }
        Ok(terms)
    }

    /// The terms that were stored; `None` for those of no client, and when what
    /// was allowed then no longer is.
    pub(super) fn terms_again(
        &self,
        client: Option<&str>,
        audience: Option<&str>,
    ) -> Option<Terms> {
        let client = self.clients.get(client?)?;
        self.terms_for(Some(client), audience).ok()
    }

    /// New tokens for a refresh token.
    ///
    /// The token stays good until its successor is used, so that a client that
    /// lost the answer asks again. One that was used up ends its session, with
    /// an event: somebody has a copy.
    ///
    /// # Errors
    /// [`GrantError::InvalidGrant`], and those of the database.
    pub async fn refresh(
        &self,
        refresh_token: &SecretString,
        client: Option<&Client>,
    ) -> Result<Tokens, GrantError> {
        let shown = RefreshToken::parse(refresh_token.expose_secret());
        let shown = shown.ok_or(GrantError::InvalidGrant)?;
        for _ in 0..ATTEMPTS {
            let session = self.session_of(&shown, client).await?;
            let terms = self.terms_of(&session);
            let (now, ids) = (self.clock.now(), self.ids.as_ref());
            let refreshed = self.sessions.refresh((&session, &shown), &terms, now, ids);
            let (turn, keep, tokens) = match refreshed.map_err(ExchangeError::from)? {
                Refreshed::Tokens { turn, keep, tokens } => (turn, keep, tokens),
                Refreshed::Reused => {
                    self.end_reused(&session).await?;
                    return Err(GrantError::InvalidGrant);
                }
            };
            if let Some(turn) = turn
                && !self
                    .storage
                    .turn_session(&turn)
                    .await
                    .map_err(ExchangeError::from)?
            {
                continue;
            }
            if let Some(token) = keep {
                let kept = self.storage.keep_access_token(&token).await;
                kept.map_err(ExchangeError::from)?;
            }
            return Ok(tokens);
        }
        Err(ExchangeError::TooManyConflicts.into())
    }

    /// The living session of a refresh token, of this client.
    async fn session_of(
        &self,
        shown: &RefreshToken,
        client: Option<&Client>,
    ) -> Result<Session, GrantError> {
        let hash = shown.refresh_hash();
        let found = self.storage.get_session_by_hash(&hash).await;
        let found = found.map_err(ExchangeError::from)?;
        let alive = |(session, user): &(Session, User)| {
            session.is_alive(self.clock.now()) && user.is_active && is_of(session, client)
        };
        let (session, _) = found.filter(alive).ok_or(GrantError::InvalidGrant)?;
        Ok(session)
    }

    fn terms_of(&self, session: &Session) -> Terms {
        let again = self.terms_again(session.client.as_deref(), session.audience.as_deref());
        again.unwrap_or_else(|| self.sessions.terms().clone())
    }

    async fn end_reused(&self, session: &Session) -> Result<(), GrantError> {
        let mut changes = Changes {
            ended_sessions: Some(EndedSessions {
                user_id: session.user_id,
                only: Some(session.id),
                at: self.clock.now(),
            }),
            ..Changes::default()
        };
        let told = self.raise_of_session(&mut changes, EventKind::SessionReused, session);
        tracing::warn!(session = %session.id, "a refresh token was used again: its session ended");
        self.commit_all(changes, &told).await?;
        Ok(())
    }
}

/// Whether a session is this client's. One that no client opened is anybody's
/// who has its token.
pub(super) fn is_of(session: &Session, client: Option<&Client>) -> bool {
    match &session.client {
        None => true,
        Some(id) => client.is_some_and(|client| client.id() == id),
    }
}
