//! `POST /oidc/id_token`: an id token to order, for tests and for curl.
//!
//! | member | what it does |
//! |---|---|
//! | `person` | whose it is: any token of the token language, else `alice` |
//! | `nonce` | the claim `nonce` |
//! | `access_token` | the claim `at_hash` goes with this token |
//! | `ttl` | seconds from `iat` to `exp`, 600 by default, may be negative |
//! | `alg` | `RS256` (default) to `RS512`, `PS256` to `PS512`, `ES256`, `HS256`, `none` |
//! | `key` | `current` (default), `previous`, `other` |
//! | `fault` | one of `forgery.rs`, or several: a list, or with commas |
//! | `claims` `header` | objects whose members replace the right ones |
//! | `without` | members to leave out of both, as `fault` |
//! | `raw_claims` `raw_header` | the text itself |
//! | `format` | `text` for the bare token, else `{"id_token": …}` |
//!
//! A form may say the same; its objects are JSON texts.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::State;
use super::forgery::FAULTS;
use super::id_token::Order;
use super::keys::Signer;
use super::members;
use crate::sandbox::switches::{names, refused};
use crate::sandbox::token;

/// An id token as the members of the body want it.
pub(in crate::sandbox) async fn id_token(
    state: Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let Some(mut wishes) = members(&request, &body) else {
        return refused("a JSON object or a form is needed");
    };
    let person = match text(&mut wishes, "person") {
        Ok(person) => person.unwrap_or_else(|| "alice".to_owned()),
        Err(wrong) => return refused(&wrong),
    };
    let Some(grant) = token::read(&person) else {
        return refused("person: unknown");
    };
    let read = text(&mut wishes, "format").and_then(|format| Ok((format, order(wishes)?)));
    let (format, order) = match read {
        Ok(read) => read,
        Err(wrong) => return refused(&wrong),
    };
    let Some(token) = order.fill(&state.oidc.name, &grant, &state.oidc.keys) else {
        return refused("alg or key: there is none like that");
    };
    match format.as_deref() {
        Some("text") => HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body(token),
        _ => HttpResponse::Ok().json(json!({"id_token": token})),
    }
}

fn order(mut wishes: Map<String, Value>) -> Result<Order, String> {
    let mut order = Order {
        nonce: text(&mut wishes, "nonce")?,
        access_token: text(&mut wishes, "access_token")?,
        raw_claims: text(&mut wishes, "raw_claims")?,
        raw_header: text(&mut wishes, "raw_header")?,
        claims: object(&mut wishes, "claims")?,
        header: object(&mut wishes, "header")?,
        without: list(&mut wishes, "without")?,
        ..Order::default()
    };
    order.faults = list(&mut wishes, "fault")?
        .iter()
        .map(|fault| {
            let known = FAULTS.iter().find(|known| *known == fault);
            known
                .copied()
                .ok_or_else(|| format!("fault: there are {}", FAULTS.join(", ")))
        })
        .collect::<Result<_, _>>()?;
    if let Some(alg) = text(&mut wishes, "alg")? {
        order.alg = alg;
    } else if order.faults.contains(&"der-signature") {
        "ES256".clone_into(&mut order.alg);
    }
    order.signer = match text(&mut wishes, "key")?.as_deref() {
        None | Some("current") => Signer::Current,
        Some("previous") => Signer::Previous,
        Some("other") => Signer::Other,
        Some(_) => return Err("key: current, previous or other".to_owned()),
    };
    if let Some(ttl) = wishes.remove("ttl") {
        let text = ttl.as_str().map_or_else(|| ttl.to_string(), str::to_owned);
        order.ttl = text
            .parse()
            .map_err(|_no_number| "ttl: a whole number of seconds")?;
    }
    match wishes.keys().next() {
        None => Ok(order),
        Some(unknown) => Err(format!("{unknown}: no such member")),
    }
}

fn text(wishes: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match wishes.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name}: a text")),
    }
}

fn list(wishes: &mut Map<String, Value>, name: &str) -> Result<Vec<String>, String> {
    let value = wishes.remove(name).unwrap_or_default();
    names(&value).ok_or_else(|| format!("{name}: a name or a list of names"))
}

fn object(wishes: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, String> {
    let read = match wishes.remove(name) {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(members)) => return Ok(members),
        Some(Value::String(text)) => serde_json::from_str(&text).ok(),
        Some(_) => None,
    };
    read.ok_or_else(|| format!("{name}: a JSON object"))
}
