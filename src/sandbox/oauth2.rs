//! The OAuth 2 provider: userinfo, tokeninfo, introspection, revocation.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::client::{Form, bearer, error, token_of_client, unauthorized};
use super::token::{Grant, access_part};
use super::{State, now};

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
    if let Some(grant) = state.open(access_part(&token)).await {
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
