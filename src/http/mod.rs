//! The one client for outgoing HTTP: what a provider's answer may cost is bounded.
//!
//! - https only; http for a loopback host, and only where private addresses
//!   are allowed (the sandbox).
//! - Private addresses are refused on the resolved address, when connecting.
//! - No redirect is followed, no cookie kept, no proxy variable read.
//! - One deadline for connecting, answer and body; 1 MiB of decoded body.
//!
//! With a proxy, names are resolved there: only addresses that stand in the
//! URL itself can be refused here. Loopback hosts never go through the proxy.
//!
//! A request whose connection was given up by the other side before it was
//! looked at is sent once more (HTTP/2 says so); nothing else is sent twice.
//!
//! [`HttpClient::replaying`] asks nobody: a [`Recording`] answers, for those
//! who hold a definition against exchanges that they wrote down.

mod client;
mod error;
mod guard;
mod json_request;
mod message;
mod options;
mod recording;

pub use client::{HttpClient, MAX_BODY_LENGTH, install_crypto};
pub use error::{HttpError, HttpSetupError};
pub use json_request::{CALL_TIMEOUT, CallLimits, JsonRequest};
pub use message::{Answer, Body, Request};
pub use options::HttpOptions;
pub use recording::Recording;
pub use reqwest::Method;
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use url::Url;

#[cfg(test)]
mod test_servers;
#[cfg(test)]
mod tests;
