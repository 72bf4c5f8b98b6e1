//! What is sent and what comes back. Their `Debug` shows no secret.

use std::fmt;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

/// A request to a provider.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to. Without credentials in it.
    pub url: Url,
    /// Headers; one named twice is sent twice.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, which brings its `Content-Type` unless `headers` has one.
    pub body: Body,
    /// Time for everything: connecting, the answer and its body.
    pub timeout: Duration,
    /// Whether the host may be in a private network, or this machine.
    pub allow_private: bool,
    /// Longest decoded body that is read, in bytes; at most
    /// [`MAX_BODY_LENGTH`](super::MAX_BODY_LENGTH).
    pub longest_answer: usize,
}

/// A request's body.
#[derive(Clone, Default)]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// `application/x-www-form-urlencoded`, in this order.
    Form(Vec<(String, String)>),
    /// `application/json`.
    Json(Value),
    /// `application/json` as it was written, to the byte: somebody signed it.
    Written(Vec<u8>),
}

impl Request {
    /// A request without headers and body, to a public address.
    pub fn new(method: Method, url: Url, timeout: Duration) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Body::Empty,
            timeout,
            allow_private: false,
            longest_answer: super::MAX_BODY_LENGTH,
        }
    }
}

// Path, query, headers and body hold tokens.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.url.host_str().unwrap_or_default())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Form(_) => "Form(..)",
            Self::Json(_) => "Json(..)",
            Self::Written(_) => "Written(..)",
        })
    }
}

/// An answer, of any status: a redirect too.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decoded; at most [`MAX_BODY_LENGTH`](super::MAX_BODY_LENGTH).
    pub body: Vec<u8>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}
