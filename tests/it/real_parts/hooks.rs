//! A server of hooks in Python, which the standardwebhooks package guards.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::part::Part;
use crate::support::http;

/// The secret that the server knows.
pub(crate) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// One that it does not know.
pub(crate) const OTHER_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Longer than a claim of an event that its instance did not live to settle.
const SOON: Duration = Duration::from_mins(2);

/// A running server of hooks.
pub(crate) struct HookServer(Part);

impl HookServer {
    pub(crate) fn start() -> Self {
        Self(Part::python("hooks.py", &[SECRET]))
    }

    /// Where one of its paths is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.0.url)
    }

    /// The settings of a hook `crm` at a path of it, with more of them.
    pub(crate) fn crm(&self, path: &str, more: Value) -> String {
        let mut section = json!({"url": self.url(path), "secret": SECRET});
        let Value::Object(more) = more else {
            panic!("a table")
        };
        section.as_object_mut().unwrap().extend(more);
        json!({ "crm": section }).to_string()
    }

    /// All calls so far, in their order.
    pub(crate) async fn seen(&self) -> Vec<Value> {
        let seen = http::get(&self.url("seen"), None).await.json();
        seen.as_array().unwrap().clone()
    }

    /// The calls that it took, once there are so many.
    pub(crate) async fn taken(&self, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + SOON;
        loop {
            let mut seen = self.seen().await;
            seen.retain(|call| call["status"] == 200);
            if seen.len() >= count {
                return seen;
            }
            assert!(
                Instant::now() < deadline,
                "{count} calls do not come: {seen:#?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// From now on verified calls fail so: see `hooks.py`.
    pub(crate) async fn fail(&self, how: Value) {
        let request = http::request(Method::POST, &self.url("fail"));
        let reply = http::send(request.json(&how)).await;
        assert_eq!(reply.status, 200);
    }
}
