//! The authorization endpoint: no pages, it sends back at once.

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use url::Url;

use super::Form;
use super::State;
use crate::sandbox::client::error;
use crate::sandbox::unique::unique;
use crate::sandbox::{CLIENT_ID, now, token};

/// A challenge by S256 is a digest of 32 bytes. In characters.
const CHALLENGE_LENGTH: usize = 43;

/// What a code was issued for.
pub(super) struct Code {
    /// A token of the token language.
    pub(super) person: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    /// In seconds since 1970.
    pub(super) issued: u64,
}

/// `GET /oidc/authorize`: the person is `person` or `login_hint`.
pub(in crate::sandbox) async fn authorize(
    state: Data<State>,
    request: HttpRequest,
) -> HttpResponse {
    let issuer = &state.oidc;
    if let Some(answer) = issuer.switches.answer("authorize").await {
        return answer;
    }
    let query = Form::read(request.query_string().as_bytes());
    if query.get("client_id") != Some(CLIENT_ID) {
        return error(StatusCode::BAD_REQUEST, "invalid_client");
    }
    let redirect_uri = query.get("redirect_uri").and_then(redirect_uri);
    let Some((text, mut target)) = redirect_uri else {
        return error(StatusCode::BAD_REQUEST, "invalid_request");
    };
    let denied = issuer.switches.has("authorize", "denied");
    let answer = if denied {
        Err("access_denied")
    } else {
        read(&query, text)
    };
    let (name, value) = match answer {
        Ok(code) => {
            let name = unique();
            issuer.codes.put(name.clone(), code);
            ("code", name)
        }
        Err(code) => ("error", code.to_owned()),
    };
    let mut pairs = target.query_pairs_mut();
    pairs.append_pair(name, &value);
    let wrong = |fault| issuer.switches.has("authorize", fault);
    match query.get("state") {
        _ if wrong("no-state") => {}
        Some(_) if wrong("wrong-state") => drop(pairs.append_pair("state", "another-state")),
        Some(state) => drop(pairs.append_pair("state", state)),
        None => {}
    }
    if wrong("wrong-iss") {
        pairs.append_pair("iss", "https://another-issuer.example");
    } else if !wrong("no-iss") {
        pairs.append_pair("iss", &issuer.name);
    }
    drop(pairs);
    HttpResponse::Found()
        .insert_header((header::LOCATION, target.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// An absolute URL without a fragment, as text and read.
fn redirect_uri(text: &str) -> Option<(&str, Url)> {
    let url = Url::parse(text).ok()?;
    (url.fragment().is_none() && !url.cannot_be_a_base()).then_some((text, url))
}

/// What the code is for, or the error code of RFC 6749 §4.1.2.1.
fn read(query: &Form, redirect_uri: &str) -> Result<Code, &'static str> {
    if query.get("response_type") != Some("code") {
        return Err("unsupported_response_type");
    }
    let scopes = query.get("scope").unwrap_or_default();
    if !scopes.split(' ').any(|scope| scope == "openid") {
        return Err("invalid_scope");
    }
    let challenge = query
        .get("code_challenge")
        .filter(|challenge| challenge.len() == CHALLENGE_LENGTH)
        .filter(|_| query.get("code_challenge_method") == Some("S256"))
        .ok_or("invalid_request")?;
    let person = query.get("person").or_else(|| query.get("login_hint"));
    let person = person.ok_or("login_required")?;
    token::read(person).ok_or("access_denied")?;
    Ok(Code {
        person: person.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        challenge: challenge.to_owned(),
        nonce: query.get("nonce").map(str::to_owned),
        issued: now(),
    })
}
