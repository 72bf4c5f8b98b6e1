//! Answers that no healthy provider gives.

use std::convert::Infallible;
use std::iter;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

/// How long a request that is never answered is held.
const NEVER: Duration = Duration::from_secs(30);
/// A piece of the huge answer, and how many there are: 16 MiB.
static CHUNK: [u8; 64 * 1024] = [b'x'; 64 * 1024];
const CHUNKS: usize = 256;

/// One way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// An error status; its body repeats the token, as some providers do.
    Status(StatusCode),
    /// No answer within 30 s.
    Timeout,
    /// 200 with a page for people.
    Html,
    /// 200 with bytes that are no JSON, though they are said to be.
    Garbage,
    /// 200 with 16 MiB of JSON, streamed.
    Huge,
    /// 200 without a body.
    Empty,
    /// 200 `[]`.
    List,
    /// 200 `null`.
    Null,
}

impl Fault {
    /// All names.
    pub(super) const NAMES: [&'static str; 12] = [
        "401", "403", "404", "429", "500", "timeout", "html", "garbage", "huge", "empty", "list",
        "null",
    ];

    /// The fault of that name in the token language; `None` if unknown.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "401" => Self::Status(StatusCode::UNAUTHORIZED),
            "403" => Self::Status(StatusCode::FORBIDDEN),
            "404" => Self::Status(StatusCode::NOT_FOUND),
            "429" => Self::Status(StatusCode::TOO_MANY_REQUESTS),
            "500" => Self::Status(StatusCode::INTERNAL_SERVER_ERROR),
            "timeout" => Self::Timeout,
            "html" => Self::Html,
            "garbage" => Self::Garbage,
            "huge" => Self::Huge,
            "empty" => Self::Empty,
            "list" => Self::List,
            "null" => Self::Null,
            _ => return None,
        })
    }

    /// Answers with the fault.
    pub(super) async fn answer(self, token: &str) -> HttpResponse {
        match self {
            Self::Status(status) => refusal(status, token),
            Self::Timeout => {
                tokio::time::sleep(NEVER).await;
                HttpResponse::GatewayTimeout().finish()
            }
            Self::Html => HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .body("<!doctype html><title>Down</title><p>We will be back soon.</p>"),
            Self::Garbage => HttpResponse::Ok()
                .content_type("application/json")
                .body(&b"\x00\xff\xfe{\"sub\": garbage,"[..]),
            Self::Huge => huge(),
            Self::Empty => HttpResponse::Ok().content_type("application/json").finish(),
            Self::List => HttpResponse::Ok().json(json!([])),
            Self::Null => HttpResponse::Ok().json(Value::Null),
        }
    }
}

fn refusal(status: StatusCode, token: &str) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    if status == StatusCode::TOO_MANY_REQUESTS {
        answer.insert_header((header::RETRY_AFTER, "7"));
    }
    answer.json(json!({
        "error": "sandbox_fault",
        "error_description": format!("The sandbox refuses the token {token} as asked"),
        "access_token": token,
    }))
}

fn huge() -> HttpResponse {
    let body = iter::once(Bytes::from_static(b"{\"sub\":\"1001\",\"padding\":\""))
        .chain(iter::repeat_n(Bytes::from_static(&CHUNK), CHUNKS))
        .chain(iter::once(Bytes::from_static(b"\"}")));
    HttpResponse::Ok()
        .content_type("application/json")
        .streaming(stream::iter(body.map(Ok::<_, Infallible>)))
}
