//! OAuth 1.0a's legs (RFC 5849 §2): request token, a person, access token.
//!
//! No pages: `authorize` sends back at once, as `person`, a token of the token
//! language. What the callback's own `sandbox` parameter says goes wrong:
//! `unconfirmed` (OAuth 1.0 without the `a`), `json` (answers that are JSON),
//! `html` (a page instead of a token).

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::{Serializer, parse};

use super::oauth1::{Refusal, is_ours, signed};
use super::unique::unique;
use super::{State, token};

/// A request token that nobody signed in for yet.
pub(super) struct Asked {
    secret: String,
    callback: Url,
}

/// A request token that a person signed in for.
pub(super) struct Authorized {
    secret: String,
    verifier: String,
    person: String,
    json: bool,
}

/// `POST /oauth1/request_token`: signed without a token, with a callback.
pub(super) async fn request_token(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let read = signed(&request, |signed| {
        let callback = signed.protocol("oauth_callback")?;
        let callback = Url::parse(callback).ok()?;
        is_ours(&state, signed, "", "").then_some(callback)
    });
    let Some(callback) = read else {
        return Refusal::NotAuthenticated.answer();
    };
    let (name, secret) = (unique(), unique());
    let mut members = vec![
        ("oauth_token", name.clone()),
        ("oauth_token_secret", secret.clone()),
    ];
    let fault = fault(&callback);
    if fault.as_deref() == Some("html") {
        return HttpResponse::Ok().body("<html>later</html>");
    }
    if fault.as_deref() != Some("unconfirmed") {
        members.push(("oauth_callback_confirmed", "true".to_owned()));
    }
    state.asked.put(name, Asked { secret, callback });
    answer(&members, fault.as_deref() == Some("json"))
}

/// `GET /oauth1/authorize?oauth_token=&person=`: back to the callback.
pub(super) async fn authorize(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let value = |wanted: &str| {
        let mut pairs = parse(request.query_string().as_bytes());
        pairs.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
    };
    let person = value("person").filter(|person| token::read(person).is_some());
    let name = value("oauth_token");
    let (Some(person), Some(name)) = (person, name) else {
        return HttpResponse::build(StatusCode::BAD_REQUEST).finish();
    };
    let Some(Asked { secret, callback }) = state.asked.take(&name) else {
        return HttpResponse::build(StatusCode::BAD_REQUEST).finish();
    };
    let verifier = unique();
    let json = fault(&callback).as_deref() == Some("json");
    let mut target = callback;
    target
        .query_pairs_mut()
        .append_pair("oauth_token", &name)
        .append_pair("oauth_verifier", &verifier);
    let authorized = Authorized {
        secret,
        verifier,
        person,
        json,
    };
    state.authorized.put(name, authorized);
    HttpResponse::Found()
        .insert_header((header::LOCATION, target.as_str()))
        .finish()
}

/// `POST /oauth1/access_token`: signed with the request token and its
/// verifier. Whatever comes of it, the request token is used up.
pub(super) async fn access_token(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let read = signed(&request, |signed| {
        let name = signed.protocol("oauth_token")?;
        let authorized = state.authorized.take(name)?;
        let good = is_ours(&state, signed, name, &authorized.secret)
            && signed.protocol("oauth_verifier") == Some(&authorized.verifier);
        good.then_some(authorized)
    });
    let grant = read.and_then(|authorized| {
        let grant = token::read(&authorized.person)?;
        Some((authorized, grant))
    });
    let Some((authorized, grant)) = grant else {
        return Refusal::InvalidToken.answer();
    };
    let members = [
        ("oauth_token", authorized.person),
        ("oauth_token_secret", grant.secret),
    ];
    answer(&members, authorized.json)
}

fn fault(callback: &Url) -> Option<String> {
    let mut pairs = callback.query_pairs();
    pairs.find_map(|(name, value)| (name == "sandbox").then(|| value.into_owned()))
}

fn answer(members: &[(&str, String)], json: bool) -> HttpResponse {
    if json {
        let members: Map<String, Value> = members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
            .collect();
        return HttpResponse::Ok().json(members);
    }
    let form = Serializer::new(String::new())
        .extend_pairs(members)
        .finish();
    HttpResponse::Ok()
        .content_type("application/x-www-form-urlencoded")
        .body(form)
}
