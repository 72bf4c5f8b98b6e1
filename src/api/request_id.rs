//! An id for every request: in its answer, in its log lines.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use crate::exchange::Exchange;

tokio::task_local! {
    static CURRENT: Current;
}

/// The request that is being answered.
struct Current {
    id: String,
    mounted_at: String,
}

/// The id of the request that is being answered; empty outside of one.
pub(super) fn current() -> String {
    CURRENT
        .try_with(|current| current.id.clone())
        .unwrap_or_default()
}

/// What stands before our paths, where clients see them: `/auth`, or nothing.
pub(super) fn mounted_at() -> String {
    CURRENT
        .try_with(|current| current.mounted_at.clone())
        .unwrap_or_default()
}

/// The public URL's path, where there is one: a proxy may hide it from us. Else
/// the scope that we are mounted at.
fn mount_of(request: &ServiceRequest) -> String {
    let exchange = request.app_data::<web::Data<Exchange>>();
    let public_url = exchange.and_then(|exchange| exchange.mailing.public_url.as_ref());
    let public_path = public_url.map_or("", |url| url.path().trim_end_matches('/'));
    if !public_path.is_empty() {
        return public_path.to_owned();
    }
    let ours = request.match_info().unprocessed();
    let scope = request.path().strip_suffix(ours).unwrap_or_default();
    scope.trim_end_matches('/').to_owned()
}

/// The span of a request: its id, method and route. Not its path or query,
/// which a client may have put a token into.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().copied();
        tracing::info_span!(
            "request",
            request_id = %id.map(|id| id.to_string()).unwrap_or_default(),
            method = %request.method(),
            route = request.match_pattern().unwrap_or_default(),
        )
    }

    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}

/// Runs a request under its id; gives its answer the headers all answers have.
///
/// # Errors
/// Those of the services within.
pub async fn answer_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default();
    let started = std::time::Instant::now();
    let current = Current {
        id: id.clone(),
        mounted_at: mount_of(&request),
    };
    let answer = CURRENT.scope(current, next.call(request)).await;
    let mut answer = match answer {
        Ok(answer) => answer.map_into_boxed_body(),
        Err(error) => return Err(error),
    };
    let elapsed = started.elapsed();
    tracing::info!(
        status = answer.status().as_u16(),
        milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    // A page of ours allows itself a little more than an answer to a program.
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}
