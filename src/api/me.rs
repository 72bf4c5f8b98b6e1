//! `/me`: the caller, and what belongs to them.

use actix_web::{HttpResponse, Resource, web};

use super::ApiError;
use super::answer::{SocialAuthAnswer, UserAnswer};
use super::caller::Caller;
use super::errors::{CodedError, method_not_allowed};
use crate::exchange::Exchange;

pub(super) fn resource() -> Resource {
    web::resource(["/me", "/me/"])
        .get(me)
        .default_service(web::to(method_not_allowed("GET")))
}

pub(super) fn social_auth_resource() -> Resource {
    web::resource(["/me/social_auth", "/me/social_auth/"])
        .get(social_auth)
        .default_service(web::to(method_not_allowed("GET")))
}

/// The caller.
#[utoipa::path(get, path = "/me", tag = "account", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller", body = UserAnswer),
        (status = 401, description = "`invalid_token`", body = CodedError),
        (status = 503, description = "`unavailable`", body = CodedError),
    ))]
pub(super) async fn me(
    exchange: web::Data<Exchange>,
    caller: Caller,
) -> Result<HttpResponse, ApiError> {
    let user = exchange.me(caller.required()?).await?;
    Ok(HttpResponse::Ok().json(UserAnswer::from(user)))
}

/// The caller's social accounts, oldest first, provider tokens included.
#[utoipa::path(get, path = "/me/social_auth", tag = "account", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's social accounts", body = [SocialAuthAnswer]),
        (status = 401, description = "`invalid_token`", body = CodedError),
        (status = 503, description = "`unavailable`", body = CodedError),
    ))]
pub(super) async fn social_auth(
    exchange: web::Data<Exchange>,
    caller: Caller,
) -> Result<HttpResponse, ApiError> {
    let associations = exchange.social_auths(caller.required()?).await?;
    let answers: Vec<SocialAuthAnswer> = associations.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(answers))
}
