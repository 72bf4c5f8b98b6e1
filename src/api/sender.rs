//! Where a request comes from.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::X_FORWARDED_FOR;
use actix_web::{FromRequest, HttpRequest};

use super::ApiError;

/// Whether a proxy stands before us that says whom it speaks for.
#[derive(Debug, Clone, Copy)]
pub struct BehindProxy(pub bool);

/// The client's network address; `None` when it is not known.
pub(super) struct Sender(pub(super) Option<IpAddr>);

impl FromRequest for Sender {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let behind = request.app_data::<BehindProxy>();
        let address = if behind.is_some_and(|behind| behind.0) {
            forwarded(request)
        } else {
            request.peer_addr().map(|peer| peer.ip())
        };
        ready(Ok(Self(address)))
    }
}

/// The last entry is our own proxy's word, earlier ones are the client's.
fn forwarded(request: &HttpRequest) -> Option<IpAddr> {
    let last = request.headers().get_all(X_FORWARDED_FOR).last()?;
    let address = last.to_str().ok()?.rsplit(',').next()?;
    address.trim().parse().ok()
}
