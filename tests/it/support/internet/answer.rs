//! What a host of the fake internet answers, its faults included.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// An answer, ready to be sent any number of times.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status, sent with a made-up reason.
    pub(crate) status: u16,
    /// Sent as they are; `Content-Length` is added.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as it goes over the wire.
    pub(crate) body: Vec<u8>,
    pub(super) fault: Option<Fault>,
    pub(super) delay: Duration,
}

/// How an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    Hang,
    Close,
    Garbage,
    Endless,
    Truncated,
}

impl Answer {
    /// An answer of that type and body.
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: body.into(),
            fault: None,
            delay: Duration::ZERO,
        }
    }

    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// A plain text.
    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    /// A form-encoded answer, as old token endpoints give.
    pub(crate) fn form(status: u16, pairs: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        Self::new(status, "application/x-www-form-urlencoded", body)
    }

    /// A page where a machine's answer was expected.
    pub(crate) fn html(status: u16) -> Self {
        let page = "<!doctype html><title>Oops</title><h1>Something went wrong</h1>";
        Self::new(status, "text/html; charset=utf-8", page)
    }

    /// A JSON text of about so many bytes, its length announced.
    pub(crate) fn huge(bytes: usize) -> Self {
        Self::new(
            200,
            "application/json",
            format!("{{\"x\":\"{}\"}}", "a".repeat(bytes)),
        )
    }

    /// Takes the request and never answers.
    pub(crate) fn hang() -> Self {
        Self::text(200, "").broken(Fault::Hang)
    }

    /// Takes the request and closes the connection.
    pub(crate) fn close() -> Self {
        Self::text(200, "").broken(Fault::Close)
    }

    /// Sends bytes that are no HTTP, then closes.
    pub(crate) fn garbage() -> Self {
        Self::text(200, "").broken(Fault::Garbage)
    }

    /// A JSON text that never ends, in chunks, as fast as it is taken.
    pub(crate) fn endless() -> Self {
        Self::json(200, &Value::Null).broken(Fault::Endless)
    }

    /// This answer with half of its body, then closed.
    pub(crate) fn truncated(self) -> Self {
        self.broken(Fault::Truncated)
    }

    /// This answer with a header more.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// This answer with its body compressed.
    pub(crate) fn gzip(mut self) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.body).unwrap();
        self.body = encoder.finish().unwrap();
        self.header("Content-Encoding", "gzip")
    }

    /// This answer, given so much later.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn broken(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }
}
