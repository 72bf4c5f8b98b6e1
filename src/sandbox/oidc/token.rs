//! The token endpoint: codes and refresh tokens become tokens.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::id_token::Order;
use super::{Form, Issuer, State};
use crate::sandbox::client::{error, form_of_client};
use crate::sandbox::now;
use crate::sandbox::token::{Grant, access_part, refresh_token};
use crate::sandbox::unique::unique;

/// How long a code waits. In seconds.
const CODE_LIFETIME: u64 = 600;
/// How long an access token is said to be valid. In seconds.
const LIFETIME: u64 = 3600;

/// What a grant is good for.
struct Granted {
    person: String,
    nonce: Option<String>,
}

/// `POST /oidc/token`: RFC 6749 §4.1.3 and §6, RFC 7636 §4.5.
pub(in crate::sandbox) async fn token(
    state: Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let form = match form_of_client(&request, &body) {
        Ok(form) => form,
        Err(refusal) => return refusal.answer(),
    };
    let granted = match form.get("grant_type") {
        Some("authorization_code") => redeem(&state.oidc, &form),
        Some("refresh_token") => refresh(&state, &form),
        Some(_) => Err("unsupported_grant_type"),
        None => Err("invalid_request"),
    };
    let granted = match granted {
        Ok(granted) => granted,
        Err(code) => return error(StatusCode::BAD_REQUEST, code),
    };
    // By now the code is used, whatever becomes of the answer.
    if let Some(answer) = state.oidc.switches.answer("token").await {
        return answer;
    }
    let Some(grant) = state.open(&granted.person).await else {
        return error(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    match tokens(&state.oidc, granted, &grant) {
        Some(tokens) => written(&state.oidc, tokens),
        None => HttpResponse::InternalServerError().finish(),
    }
}

fn redeem(issuer: &Issuer, form: &Form) -> Result<Granted, &'static str> {
    let code = form.get("code").ok_or("invalid_request")?;
    let redirect_uri = form.get("redirect_uri").ok_or("invalid_request")?;
    let verifier = form.get("code_verifier").ok_or("invalid_request")?;
    // Whoever guesses at the rest has one try.
    let code = issuer.codes.take(code).ok_or("invalid_grant")?;
    let is_fresh = now() <= code.issued.saturating_add(CODE_LIFETIME);
    if !is_fresh || redirect_uri != code.redirect_uri || !proves(verifier, &code.challenge) {
        return Err("invalid_grant");
    }
    Ok(Granted {
        person: code.person,
        nonce: code.nonce,
    })
}

/// RFC 7636 §4.1 and §4.6.
fn proves(verifier: &str, challenge: &str) -> bool {
    let fits = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
    fits && URL_SAFE_NO_PAD.encode(digest) == challenge
}

fn refresh(state: &State, form: &Form) -> Result<Granted, &'static str> {
    let token = form.get("refresh_token").ok_or("invalid_request")?;
    let access_token = access_part(token);
    if access_token == token || state.is_revoked(token) || state.is_revoked(access_token) {
        return Err("invalid_grant");
    }
    Ok(Granted {
        person: person(access_token).to_owned(),
        nonce: None,
    })
}

/// Whose token `issued:<text>:<t>` is.
fn person(access_token: &str) -> &str {
    let inner = access_token.strip_prefix("issued:");
    inner
        .and_then(|inner| inner.split_once(':'))
        .map_or(access_token, |(_, person)| person)
}

fn tokens(issuer: &Issuer, granted: Granted, grant: &Grant) -> Option<Map<String, Value>> {
    let access_token = format!("issued:{}:{}", unique(), granted.person);
    let order = Order {
        nonce: granted.nonce,
        access_token: Some(access_token.clone()),
        faults: issuer.switches.at("id_token"),
        ..Order::default()
    };
    let id_token = order.fill(&issuer.name, grant, &issuer.keys)?;
    let mut tokens = Map::new();
    for (name, value) in [
        ("refresh_token", json!(refresh_token(&access_token))),
        ("access_token", json!(access_token)),
        ("token_type", json!("Bearer")),
        ("expires_in", json!(LIFETIME)),
        ("scope", json!("openid profile email")),
        ("id_token", json!(id_token)),
    ] {
        tokens.insert(name.to_owned(), value);
    }
    Some(tokens)
}

fn written(issuer: &Issuer, mut tokens: Map<String, Value>) -> HttpResponse {
    let faults = issuer.switches.at("token");
    for fault in &faults {
        match *fault {
            "error-200" => {
                tokens.clear();
                tokens.insert("error".to_owned(), json!("invalid_grant"));
            }
            "expires-in-text" => {
                tokens.insert("expires_in".to_owned(), json!(LIFETIME.to_string()));
            }
            "mac" => drop(tokens.insert("token_type".to_owned(), json!("mac"))),
            "no-access-token" => drop(tokens.remove("access_token")),
            "no-id-token" => drop(tokens.remove("id_token")),
            _ => {}
        }
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    if !faults.contains(&"form") {
        return answer.json(Value::Object(tokens));
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &tokens {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        form.append_pair(name, &value);
    }
    answer
        .content_type("application/x-www-form-urlencoded")
        .body(form.finish())
}
