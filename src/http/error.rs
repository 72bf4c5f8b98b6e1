//! Why a call failed: a kind and nothing more, so that nothing can leak.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::guard;

/// Why there is no answer. Knows neither URL nor header nor body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The deadline passed, of the connection or of the whole call.
    #[error("the provider did not answer in time")]
    Timeout,
    /// The name was not found, or the connection refused or lost.
    #[error("the provider could not be reached")]
    Connection,
    /// The provider's certificate or its TLS was not accepted.
    #[error("the provider's TLS was not accepted")]
    Tls,
    /// The decoded body is longer than 1 MiB.
    #[error("the provider's answer is too large")]
    TooLarge,
    /// A private address, or a URL with credentials in it.
    #[error("the address may not be asked")]
    ForbiddenAddress,
    /// Not https, nor http where that is allowed.
    #[error("the address is not an https one")]
    ForbiddenScheme,
    /// The URL is none, or a header cannot be one.
    #[error("the request cannot be written")]
    Unwritable,
    /// The answer is not HTTP, or its encoding is broken.
    #[error("the provider's answer is not proper HTTP")]
    Protocol,
}

impl From<reqwest::Error> for HttpError {
    fn from(fault: reqwest::Error) -> Self {
        let mut by_transport = fault.is_connect() || fault.is_dns();
        for cause in causes(&fault) {
            if cause.is::<guard::Forbidden>() {
                return Self::ForbiddenAddress;
            }
            if cause.is::<rustls::Error>() {
                return Self::Tls;
            }
            by_transport |= cause.downcast_ref::<io::Error>().is_some_and(is_transport)
                || cause
                    .downcast_ref::<hyper::Error>()
                    .is_some_and(hyper::Error::is_incomplete_message);
        }
        if fault.is_timeout() {
            Self::Timeout
        } else if by_transport {
            Self::Connection
        } else {
            Self::Protocol
        }
    }
}

/// A fault of the connection; a body that does not decode is an `io::Error` too.
fn is_transport(fault: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        fault.kind(),
        BrokenPipe | ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// All causes, also those inside an `io::Error`, whose `source` passes over them.
fn causes(fault: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(fault.source(), |cause| cause_of(*cause))
}

fn cause_of<'e>(fault: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match fault
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => fault.source(),
    }
}

/// Why there is no client. Does not show the proxy's URL: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The CA bundle cannot be read.
    #[error("the CA bundle {} cannot be read: {source}", path.display())]
    CaBundleUnreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The CA bundle holds no certificate, or one that is broken.
    #[error("the CA bundle {} is not a list of PEM certificates", path.display())]
    CaBundleInvalid {
        /// The file.
        path: PathBuf,
    },
    /// The proxy is not an http, https or socks5 URL with a host.
    #[error("the proxy is not an http://, https:// or socks5:// URL")]
    ProxyInvalid,
    /// The user agent cannot be a header.
    #[error("the user agent holds characters that a header cannot")]
    UserAgentInvalid,
    /// TLS cannot be set up on this machine.
    #[error("the HTTP client cannot be set up")]
    Client,
}
