//! The OAuth 2 provider: userinfo, tokeninfo, introspection, revocation.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::percent::decode_form;
use super::token::Grant;
use super::{CLIENT_ID, CLIENT_SECRET, State, now};

/// How long before or after now a token expires, in seconds.
const LIFETIME: u64 = 3600;

/// `GET /oauth2/userinfo`: the profile that a bearer token opens.
pub(super) async fn userinfo(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let Some(token) = bearer(&request) else {
        return unauthorized("invalid_token", "Bearer");
    };
    let Some(grant) = state.open(token).await else {
        return unauthorized("invalid_token", "Bearer error=\"invalid_token\"");
    };
    if let Some(fault) = grant.fault {
        return fault.answer(token).await;
    }
    let mut claims = grant.person.userinfo();
    if let Some(echo) = grant.echo {
        claims.insert("access_token".to_owned(), echo);
    }
    ok(claims)
}

/// `GET /oauth2/tokeninfo?access_token=…`: which app and whom it is for.
pub(super) async fn tokeninfo(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let query = Form::read(request.query_string().as_bytes());
    let Some(token) = query.get("access_token") else {
        return error(StatusCode::BAD_REQUEST, "invalid_request");
    };
    let Some(grant) = state.open(token).await else {
        return error(StatusCode::BAD_REQUEST, "invalid_token");
    };
    if let Some(fault) = grant.binding_fault {
        return fault.answer(token).await;
    }
    let mut members = binding(&grant, "aud");
    members.insert("scope".to_owned(), json!("profile email"));
    ok(members)
}

/// `POST /oauth2/introspect`: RFC 7662.
pub(super) async fn introspect(
    state: Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let token = match token_of_client(&request, &body) {
        Ok(token) => token,
        Err(refusal) => return refusal.answer(),
    };
    let inactive = || HttpResponse::Ok().json(json!({"active": false}));
    let Some(grant) = state.open(&token).await else {
        return inactive();
    };
    if let Some(fault) = grant.binding_fault {
        return fault.answer(&token).await;
    }
    if grant.expired {
        return inactive();
    }
    let mut members = binding(&grant, "client_id");
    members.insert("active".to_owned(), json!(true));
    ok(members)
}

/// `POST /oauth2/revoke`: RFC 7009. Faults of `fail:` show here as well.
pub(super) async fn revoke(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let token = match token_of_client(&request, &body) {
        Ok(token) => token,
        Err(refusal) => return refusal.answer(),
    };
    // A token that is unknown, or revoked already, is a success there.
    if let Some(grant) = state.open(&token).await {
        if let Some(fault) = grant.fault {
            return fault.answer(&token).await;
        }
        state.revoke(&token);
    }
    HttpResponse::Ok().finish()
}

/// What tokeninfo and introspection say alike.
fn binding(grant: &Grant, app_member: &str) -> Map<String, Value> {
    let mut members = Map::new();
    if let Some(app) = &grant.app {
        members.insert(app_member.to_owned(), app.clone());
    }
    if let Some(subject) = &grant.binding_subject {
        members.insert("sub".to_owned(), subject.clone());
    }
    let expires = if grant.expired {
        now().saturating_sub(LIFETIME)
    } else {
        now().saturating_add(LIFETIME)
    };
    members.insert("exp".to_owned(), json!(expires));
    members
}

fn ok(members: Map<String, Value>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(Value::Object(members))
}

fn error(status: StatusCode, code: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"error": code}))
}

fn unauthorized(code: &str, challenge: &str) -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header((header::WWW_AUTHENTICATE, challenge))
        .json(json!({"error": code}))
}

fn authorization<'r>(request: &'r HttpRequest, scheme: &str) -> Option<&'r str> {
    let header = request.headers().get(header::AUTHORIZATION)?;
    let header = std::str::from_utf8(header.as_bytes()).ok()?;
    let (given, rest) = header.split_once(' ')?;
    given
        .eq_ignore_ascii_case(scheme)
        .then(|| rest.trim_start_matches(' '))
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    authorization(request, "Bearer")
}

/// Why a client's call is refused.
enum Refusal {
    InvalidClient,
    InvalidRequest,
}

impl Refusal {
    fn answer(&self) -> HttpResponse {
        match self {
            Self::InvalidClient => unauthorized("invalid_client", "Basic realm=\"sandbox\""),
            Self::InvalidRequest => error(StatusCode::BAD_REQUEST, "invalid_request"),
        }
    }
}

/// The `token` of the form of a call that our client made.
fn token_of_client(request: &HttpRequest, body: &[u8]) -> Result<String, Refusal> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(Refusal::InvalidRequest);
    }
    let form = Form::read(body);
    let basic = authorization(request, "Basic");
    let (id, secret) = match basic {
        // RFC 6749 §2.3: one method of authentication a request.
        Some(_) if form.has("client_secret") => return Err(Refusal::InvalidRequest),
        Some(encoded) => basic_credentials(encoded),
        None => form
            .get("client_id")
            .zip(form.get("client_secret"))
            .map(|(id, secret)| (id.to_owned(), secret.to_owned())),
    }
    .ok_or(Refusal::InvalidClient)?;
    let secret_is_right = secret.as_bytes().ct_eq(CLIENT_SECRET.as_bytes());
    if id != CLIENT_ID || !bool::from(secret_is_right) {
        return Err(Refusal::InvalidClient);
    }
    let token = form.get("token").ok_or(Refusal::InvalidRequest)?;
    Ok(token.to_owned())
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are base64.
fn basic_credentials(encoded: &str) -> Option<(String, String)> {
    let bytes = STANDARD.decode(encoded.trim_end()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |part| String::from_utf8(decode_form(part)?).ok();
    Some((decoded(id)?, decoded(secret)?))
}

/// The fields of a form or a query.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// `None` when the field is absent, or repeated: RFC 6749 §3.2 forbids it.
    fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }
}
