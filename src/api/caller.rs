//! The bearer of a request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::FutureExt as _;
use futures_util::future::{Either, LocalBoxFuture};

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

type Read = Result<Caller, ApiError>;

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Either<Ready<Read>, LocalBoxFuture<'static, Read>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (exchange, token) = match bearer(request) {
            Ok(Some(both)) => both,
            Ok(None) => return Either::Left(ready(Ok(Self(None)))),
            Err(error) => return Either::Left(ready(Err(error))),
        };
        if !exchange.sessions.is_opaque() {
            let caller = exchange.authenticate(token);
            return Either::Left(ready(caller.map(Some).map(Self).map_err(Into::into)));
        }
        let (exchange, token) = (exchange.clone(), token.to_owned());
        let looked_up = async move {
            let caller = match exchange.authenticate_opaque(&token).await? {
                Some(caller) => caller,
                None => exchange.authenticate(&token)?,
            };
            Ok(Self(Some(caller)))
        };
        Either::Right(looked_up.boxed_local())
    }
}

/// The bearer, and who can tell whose it is.
fn bearer(request: &HttpRequest) -> Result<Option<(&web::Data<Exchange>, &str)>, ApiError> {
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
    Ok(Some((exchange, token)))
}
