//! `POST /token/introspect`: what a token is (RFC 7662), for registered clients.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::client::read_client;
use super::{TokenRefusal, TokenRefused};
use crate::api::body::Fields;
use crate::exchange::{Exchange, Introspected};
use crate::session::Client;

/// What a token is; of one that is not good, that alone.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "active": true, "sub": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4e", "username": "alice",
    "token_type": "Bearer", "iss": "https://login.example.com",
    "aud": "https://login.example.com", "exp": 1_795_255_800, "iat": 1_795_255_200,
    "auth_time": 1_795_255_200, "sid": "0193479e-1a8c-7cc0-b0d5-7c1b2f2f0f4f"
}))]
pub(in crate::api) struct IntrospectAnswer {
    /// Whether the token is good: its session lives, its user is active.
    active: bool,
    #[serde(flatten)]
    about: Option<About>,
}

/// What is told of a good token.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct About {
    /// Our id of the user.
    sub: Uuid,
    /// The user's name.
    username: String,
    /// `Bearer`; absent for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// Who issued it.
    iss: String,
    /// Who it is for.
    aud: String,
    /// When it expires, unix seconds.
    exp: i64,
    /// When it was issued, unix seconds.
    iat: i64,
    /// When the person signed in, unix seconds.
    auth_time: i64,
    /// The session.
    sid: Uuid,
    /// The token's own id; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    /// The registered client that opened the session; absent for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
}

/// The token in question.
#[derive(ToSchema)]
#[schema(example = json!({"token": "eyJ…"}))]
#[expect(dead_code, reason = "for the schema: the fields are taken one by one")]
pub(in crate::api) struct IntrospectRequest {
    /// An access token or a refresh token.
    token: String,
    /// Ignored: a token tells what it is.
    #[schema(nullable = false)]
    token_type_hint: Option<String>,
}

impl IntrospectAnswer {
    fn of(found: Option<Introspected>, issuer: &str) -> Self {
        let about = found.map(|token| About {
            sub: token.user.id,
            username: token.user.username,
            token_type: token.is_access_token.then_some("Bearer"),
            iss: issuer.to_owned(),
            aud: token.audience,
            exp: token.expires.timestamp(),
            iat: token.issued.timestamp(),
            auth_time: token.session.created.timestamp(),
            sid: token.session.id,
            jti: token.token_id,
            client_id: token.session.client,
        });
        Self {
            active: about.is_some(),
            about,
        }
    }
}

/// Tells a registered client what a token is.
///
/// Unknown, expired and revoked are told alike.
#[utoipa::path(post, path = "/token/introspect", tag = "session", security(("client" = [])),
    request_body(content((IntrospectRequest = "application/x-www-form-urlencoded"), (IntrospectRequest = "application/json"))),
    responses(
        (status = 200, description = "What it is", body = IntrospectAnswer),
        (status = 400, description = "`invalid_request`", body = TokenRefused),
        (status = 401, description = "`invalid_client`: only clients with a secret may ask", body = TokenRefused),
        (status = 413, description = "The body is too long", body = TokenRefused),
        (status = 415, description = "The body is neither a form nor JSON", body = TokenRefused),
        (status = 503, description = "`temporarily_unavailable`", body = TokenRefused),
    ))]
#[tracing::instrument(name = "api.token.introspect", skip_all)]
pub(in crate::api) async fn introspect(
    exchange: web::Data<Exchange>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, TokenRefusal> {
    let mut fields = Fields::read(&request, body)?;
    let shown = read_client(&request, &mut fields)?;
    let client = exchange.client(&shown)?;
    if !client.is_some_and(Client::is_confidential) {
        return Err(TokenRefusal::ClientNeeded);
    }
    let token = fields.required("token");
    fields.finish()?;
    let found = exchange.introspect(&token.into()).await?;
    let answer = IntrospectAnswer::of(found, exchange.sessions.issuer());
    Ok(HttpResponse::Ok().json(answer))
}
