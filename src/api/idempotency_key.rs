//! The `Idempotency-Key` of a request, and what is answered about it.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};

use super::ApiError;
use super::error::FieldErrors;
use crate::exchange::IdempotencyKey;

/// The header's name, as errors tell it.
const HEADER: &str = "Idempotency-Key";
/// Tells that an answer was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key: `None` without the header. One that is none is an error, never
/// passed over: the client relies on it.
pub(super) struct KeyHeader(pub(super) Option<IdempotencyKey>);

impl FromRequest for KeyHeader {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<KeyHeader, ApiError> {
    let mut given = request.headers().get_all(HEADER);
    let Some(first) = given.next() else {
        return Ok(KeyHeader(None));
    };
    if given.next().is_some() {
        return Err(wrong("This header is given twice."));
    }
    let key = first.to_str().ok().and_then(IdempotencyKey::of);
    match key {
        Some(key) => Ok(KeyHeader(Some(key))),
        None => Err(wrong("Expected 1 to 255 visible ASCII characters.")),
    }
}

fn wrong(message: &str) -> ApiError {
    ApiError::Fields(messages(message))
}

/// What a key of another request is answered with.
pub(super) fn of_another() -> FieldErrors {
    messages("This key was used for another request: take a new one.")
}

fn messages(message: &str) -> FieldErrors {
    FieldErrors::from([(HEADER.to_owned(), vec![message.to_owned()])])
}
