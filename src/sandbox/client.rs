//! Who calls, and with which fields: what the endpoints of OAuth 2 share.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::percent::decode_form;
use super::{CLIENT_ID, CLIENT_SECRET};

/// An error as RFC 6749 §5.2 writes it.
pub(super) fn error(status: StatusCode, code: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"error": code}))
}

pub(super) fn unauthorized(code: &str, challenge: &str) -> HttpResponse {
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

pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    authorization(request, "Bearer")
}

/// Why a client's call is refused.
pub(super) enum Refusal {
    InvalidClient,
    InvalidRequest,
}

impl Refusal {
    pub(super) fn answer(&self) -> HttpResponse {
        match self {
            Self::InvalidClient => unauthorized("invalid_client", "Basic realm=\"sandbox\""),
            Self::InvalidRequest => error(StatusCode::BAD_REQUEST, "invalid_request"),
        }
    }
}

/// The form of a call that our client made, by `Basic` or its own fields.
pub(super) fn form_of_client(request: &HttpRequest, body: &[u8]) -> Result<Form, Refusal> {
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
    Ok(form)
}

/// The `token` of the form of a call that our client made.
pub(super) fn token_of_client(request: &HttpRequest, body: &[u8]) -> Result<String, Refusal> {
    let form = form_of_client(request, body)?;
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
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// `None` when the field is absent, or repeated: RFC 6749 §3.2 forbids it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }
}

/// The members of a JSON object, or the fields of a form as texts.
///
/// An empty body has none; `None` when it is neither.
pub(super) fn members(request: &HttpRequest, body: &[u8]) -> Option<Map<String, Value>> {
    if request.content_type() == "application/json" {
        return serde_json::from_slice(body).ok();
    }
    if body.is_empty() {
        return Some(Map::new());
    }
    if request.content_type() != "application/x-www-form-urlencoded" {
        return None;
    }
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(body).into_owned() {
        if members.insert(name, Value::from(value)).is_some() {
            return None;
        }
    }
    Some(members)
}
