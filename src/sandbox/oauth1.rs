//! The OAuth 1.0a provider: who signed this request?

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::signature::SignedRequest;
use super::token::{self, Grant};
use super::{CLIENT_ID, CLIENT_SECRET, State, now};

/// How far a timestamp may be off, in seconds.
const CLOCK_SKEW: u64 = 300;

/// Why a request is refused: the code and the text that X gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NotAuthenticated,
    InvalidToken,
}

/// `GET /oauth1/verify_credentials`: the profile of whoever signed.
pub(super) async fn verify_credentials(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let (token, grant) = match authenticate(&state, &request) {
        Ok(authenticated) => authenticated,
        Err(refusal) => return refusal.answer(),
    };
    tokio::time::sleep(grant.delay).await;
    if let Some(fault) = grant.fault {
        return fault.answer(&token).await;
    }
    let mut members = grant.person.credentials();
    if let Some(echo) = grant.echo {
        members.insert("access_token".to_owned(), echo);
    }
    HttpResponse::Ok().json(Value::Object(members))
}

fn authenticate(state: &State, request: &HttpRequest) -> Result<(String, Grant), Refusal> {
    let checked = signed(request, |signed| check(state, signed));
    let (token, grant) = checked.ok_or(Refusal::NotAuthenticated)?;
    if grant.is_of_another_app || state.is_revoked(&token) {
        return Err(Refusal::InvalidToken);
    }
    Ok((token, grant))
}

/// What `check` makes of a request that claims to be signed; `None` when it
/// cannot be read as one.
pub(super) fn signed<T>(
    request: &HttpRequest,
    check: impl FnOnce(&SignedRequest<'_>) -> Option<T>,
) -> Option<T> {
    let base_uri = base_uri(request)?;
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization
        .map(|value| std::str::from_utf8(value.as_bytes()))
        .transpose()
        .ok()?;
    let method = request.method().as_str();
    let signed = SignedRequest::read(method, &base_uri, request.query_string(), authorization);
    check(&signed?)
}

/// The token and what it was issued for; `None` when anything is amiss.
fn check(state: &State, signed: &SignedRequest<'_>) -> Option<(String, Grant)> {
    let token = signed.protocol("oauth_token")?;
    let grant = token::read(token)?;
    is_ours(state, signed, token, &grant.secret).then(|| (token.to_owned(), grant))
}

/// Whether our app signed it just now, with a token's secret, and for the
/// first time.
pub(super) fn is_ours(
    state: &State,
    signed: &SignedRequest<'_>,
    token: &str,
    secret: &str,
) -> bool {
    let (Some(timestamp), Some(nonce)) = (
        signed.protocol("oauth_timestamp"),
        signed.protocol("oauth_nonce"),
    ) else {
        return false;
    };
    let skew = timestamp.parse::<u64>().map(|given| given.abs_diff(now()));
    let acceptable = signed.protocol("oauth_consumer_key") == Some(CLIENT_ID)
        && !nonce.is_empty()
        && signed.is_version_1()
        && skew.is_ok_and(|skew| skew <= CLOCK_SKEW)
        && signed.is_signed_with(CLIENT_SECRET, secret);
    // Only a signed request may use a nonce up.
    acceptable && state.use_nonce(token, timestamp, nonce)
}

/// RFC 5849 §3.4.1.2; `None` when the request names no host.
fn base_uri(request: &HttpRequest) -> Option<String> {
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(":80").unwrap_or(&host);
    Some(format!("http://{host}{}", request.uri().path()))
}

impl Refusal {
    pub(super) fn answer(self) -> HttpResponse {
        let (code, message) = match self {
            Self::NotAuthenticated => (32, "Could not authenticate you."),
            Self::InvalidToken => (89, "Invalid or expired token."),
        };
        HttpResponse::build(StatusCode::UNAUTHORIZED)
            .insert_header((header::WWW_AUTHENTICATE, "OAuth realm=\"sandbox\""))
            .json(json!({"errors": [{"code": code, "message": message}]}))
    }
}
