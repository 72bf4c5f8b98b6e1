//! The bearer of a request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};

use super::ApiError;
use crate::exchange::{CurrentUser, Exchange};

/// Who calls: `None` without an `Authorization` header. One that is not good
/// is an error, never "nobody".
pub(super) struct Caller(pub(super) Option<CurrentUser>);

impl Caller {
    /// The user; an error when nobody called.
    pub(super) fn required(self) -> Result<CurrentUser, ApiError> {
        self.0.ok_or(ApiError::InvalidToken)
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read(request: &HttpRequest) -> Result<Option<CurrentUser>, ApiError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return Ok(None);
    };
    let token = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let (Some(token), None) = (token, headers.next()) else {
        return Err(ApiError::InvalidToken);
    };
    let exchange = request
        .app_data::<web::Data<Exchange>>()
        .ok_or(ApiError::InvalidToken)?;
    Ok(Some(exchange.authenticate(token)?))
}
