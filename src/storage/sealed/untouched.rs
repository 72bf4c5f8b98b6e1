//! The stores that hold no provider token: handed on as they are.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::SealedStorage;
use crate::model::{
    EmailCode, IdempotentAnswer, NewAccessToken, NewPartial, Nonce, Partial, Session, Turn,
    UsedMark, User,
};
use crate::storage::{
    ClaimedEvent, CodeCheck, CodeTry, Codes, CodesSent, Events, IdempotentAnswers, Marks, Nonces,
    Partials, SessionUser, Sessions, StorageError, Users,
};

#[async_trait]
impl Users for SealedStorage {
    async fn get_user(&self, id: Uuid) -> Result<Option<User>, StorageError> {
        self.inner.get_user(id).await
    }

    async fn user_exists(&self, username: &str) -> Result<bool, StorageError> {
        self.inner.user_exists(username).await
    }

    async fn get_users_by_email(&self, email: &str) -> Result<Vec<User>, StorageError> {
        self.inner.get_users_by_email(email).await
    }
}

#[async_trait]
impl Marks for SealedStorage {
    async fn use_mark(&self, mark: &UsedMark) -> Result<bool, StorageError> {
        self.inner.use_mark(mark).await
    }
}

#[async_trait]
impl Nonces for SealedStorage {
    async fn use_nonce(&self, nonce: &Nonce) -> Result<bool, StorageError> {
        self.inner.use_nonce(nonce).await
    }

    async fn get_nonce(&self, server_url: &str, salt: &str) -> Result<Option<Nonce>, StorageError> {
        self.inner.get_nonce(server_url, salt).await
    }

    async fn delete_nonce(&self, nonce: &Nonce) -> Result<(), StorageError> {
        self.inner.delete_nonce(nonce).await
    }
}

#[async_trait]
impl Codes for SealedStorage {
    async fn make_code(&self, code: &EmailCode) -> Result<(), StorageError> {
        self.inner.make_code(code).await
    }

    async fn get_code(&self, partial_id: Uuid) -> Result<Option<EmailCode>, StorageError> {
        self.inner.get_code(partial_id).await
    }

    async fn verify_code(
        &self,
        code: CodeTry<'_>,
        max_tries: i32,
        now: DateTime<Utc>,
    ) -> Result<CodeCheck, StorageError> {
        self.inner.verify_code(code, max_tries, now).await
    }

    async fn codes_sent(
        &self,
        code: &EmailCode,
        since: DateTime<Utc>,
    ) -> Result<CodesSent, StorageError> {
        self.inner.codes_sent(code, since).await
    }
}

#[async_trait]
impl Partials for SealedStorage {
    async fn store_partial(&self, partial: &NewPartial) -> Result<(), StorageError> {
        self.inner.store_partial(partial).await
    }

    async fn load_partial(
        &self,
        token_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Partial>, StorageError> {
        self.inner.load_partial(token_hash, now).await
    }

    async fn load_partial_by_link(
        &self,
        link_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<Partial>, StorageError> {
        self.inner.load_partial_by_link(link_hash, now).await
    }

    async fn destroy_partial(&self, token_hash: &[u8]) -> Result<bool, StorageError> {
        self.inner.destroy_partial(token_hash).await
    }
}

#[async_trait]
impl Sessions for SealedStorage {
    async fn get_session(&self, id: Uuid) -> Result<Option<SessionUser>, StorageError> {
        self.inner.get_session(id).await
    }

    async fn get_session_by_hash(
        &self,
        refresh_hash: &[u8],
    ) -> Result<Option<SessionUser>, StorageError> {
        self.inner.get_session_by_hash(refresh_hash).await
    }

    async fn get_session_by_access_token(
        &self,
        hash: &[u8],
    ) -> Result<Option<(SessionUser, NewAccessToken)>, StorageError> {
        self.inner.get_session_by_access_token(hash).await
    }

    async fn get_sessions_of(&self, user_id: Uuid) -> Result<Vec<Session>, StorageError> {
        self.inner.get_sessions_of(user_id).await
    }

    async fn turn_session(&self, turn: &Turn) -> Result<bool, StorageError> {
        self.inner.turn_session(turn).await
    }

    async fn keep_access_token(&self, token: &NewAccessToken) -> Result<(), StorageError> {
        self.inner.keep_access_token(token).await
    }

    async fn revoke_session(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
        self.inner.revoke_session(id, now).await
    }

    async fn revoke_sessions_of(
        &self,
        user_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<usize, StorageError> {
        self.inner.revoke_sessions_of(user_id, now).await
    }
}

#[async_trait]
impl Events for SealedStorage {
    async fn claim_events(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<ClaimedEvent>, StorageError> {
        self.inner.claim_events(now, until, limit).await
    }

    async fn next_event(&self) -> Result<Option<DateTime<Utc>>, StorageError> {
        self.inner.next_event().await
    }

    async fn event_done(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
        self.inner.event_done(id, now).await
    }

    async fn put_off_event(&self, id: Uuid, due: DateTime<Utc>) -> Result<bool, StorageError> {
        self.inner.put_off_event(id, due).await
    }

    async fn remove_event(&self, id: Uuid) -> Result<bool, StorageError> {
        self.inner.remove_event(id).await
    }
}

#[async_trait]
impl IdempotentAnswers for SealedStorage {
    async fn get_idempotent_answer(
        &self,
        key_hash: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Option<IdempotentAnswer>, StorageError> {
        self.inner.get_idempotent_answer(key_hash, now).await
    }
}
