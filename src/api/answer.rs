//! What is answered: users, associations, sessions.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exchange::{RemovedAssociation, SignedUp};
use crate::model::{Association, JsonMap, User};
use crate::session::Tokens;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4e", "username": "alice",
    "email": "alice@example.com", "email_verified": true,
    "first_name": "Alice", "last_name": "Liddell", "fullname": "Alice Liddell",
    "picture": "https://pictures.example/alice.png"
}))]
pub(super) struct UserAnswer {
    /// Our id of the user.
    id: Uuid,
    /// Unique; case is folded.
    username: String,
    /// Null when none is known.
    email: Option<String>,
    /// Whether this user, and no other, has proven the address.
    email_verified: bool,
    /// Given name; null when unknown.
    first_name: Option<String>,
    /// Family name; null when unknown.
    last_name: Option<String>,
    /// Whole name; null when unknown.
    fullname: Option<String>,
    /// URL of a picture; null when unknown.
    picture: Option<String>,
}

impl From<User> for UserAnswer {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            username: user.username,
            email: user.email,
            email_verified: user.email_verified,
            first_name: user.first_name,
            last_name: user.last_name,
            fullname: user.fullname,
            picture: user.picture,
        }
    }
}

/// The user that a credential became.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4e", "username": "alice",
    "email": "alice@example.com", "email_verified": true,
    "first_name": "Alice", "last_name": "Liddell", "fullname": "Alice Liddell",
    "picture": "https://pictures.example/alice.png",
    "is_new": true, "new_association": true,
    "social_auth": {"id": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4f", "provider": "sandbox", "uid": "1001", "client_id": "sandbox-app"},
    "session": {"access_token": "eyJ…", "token_type": "Bearer", "expires_in": 600, "refresh_token": "s3cr3t…"}
}))]
pub(super) struct SignUpAnswer {
    #[serde(flatten)]
    user: UserAnswer,
    /// Whether the user was created just now.
    is_new: bool,
    /// Whether the social account was associated just now.
    new_association: bool,
    /// The social account; absent when the pipeline associates none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    social_auth: Option<SocialAuthName>,
    /// Social accounts that the user has no more: the proven address led to an
    /// account, and these were never vouched for by it. Absent when none went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    removed_social_auth: Vec<RemovedSocialAuth>,
    /// A new session; absent when a bearer came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session: Option<SessionAnswer>,
}

impl From<SignedUp> for SignUpAnswer {
    fn from(signed_up: SignedUp) -> Self {
        Self {
            user: signed_up.user.into(),
            is_new: signed_up.is_new,
            new_association: signed_up.new_association,
            social_auth: signed_up.social.map(|social| SocialAuthName {
                id: social.id,
                provider: social.provider,
                uid: social.uid,
                client_id: signed_up.client_id,
            }),
            removed_social_auth: (signed_up.removed.into_iter())
                .map(RemovedSocialAuth::from)
                .collect(),
            session: signed_up.tokens.map(SessionAnswer::from),
        }
    }
}

/// A social account, named.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SocialAuthName {
    /// Our id of the association.
    id: Uuid,
    /// The provider.
    provider: String,
    /// The provider's id of the person.
    uid: String,
    /// Which of our client ids the credential was issued to; null when nothing
    /// binds it.
    client_id: Option<String>,
}

/// A social account that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RemovedSocialAuth {
    /// The id that it had.
    id: Uuid,
    /// The provider.
    provider: String,
}

impl From<RemovedAssociation> for RemovedSocialAuth {
    fn from(removed: RemovedAssociation) -> Self {
        Self {
            id: removed.id,
            provider: removed.provider,
        }
    }
}

/// A session of ours.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionAnswer {
    /// A JWT; send it as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
    /// Opaque; to be kept safe.
    refresh_token: String,
}

impl std::fmt::Debug for SessionAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionAnswer").finish_non_exhaustive()
    }
}

impl From<Tokens> for SessionAnswer {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token.expose_secret().to_owned(),
        }
    }
}

/// A social account of the caller's, with what is kept of it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4f", "provider": "sandbox", "uid": "1001",
    "extra_data": {"access_token": "alice", "auth_time": 1_795_255_200, "token_type": null},
    "created": "2026-11-21T10:00:00Z", "modified": "2026-11-21T10:00:00Z"
}))]
pub(super) struct SocialAuthAnswer {
    /// Our id of the association.
    id: Uuid,
    /// The provider.
    provider: String,
    /// The provider's id of the person.
    uid: String,
    /// Provider tokens and profile values.
    #[schema(value_type = Object)]
    extra_data: JsonMap,
    /// When it was associated.
    created: DateTime<Utc>,
    /// When it last changed.
    modified: DateTime<Utc>,
}

impl From<Association> for SocialAuthAnswer {
    fn from(association: Association) -> Self {
        Self {
            id: association.id,
            provider: association.provider,
            uid: association.uid,
            extra_data: association.extra_data,
            created: association.created,
            modified: association.modified,
        }
    }
}
