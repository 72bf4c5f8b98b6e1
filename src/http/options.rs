//! How an operator wants calls to be made.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// How the client reaches the world.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// `http://`, `https://` or `socks5://`, credentials allowed. `None`: direct.
    ///
    /// Names are then resolved by the proxy, so that only addresses in the URL
    /// itself are refused here.
    pub proxy: Option<SecretString>,
    /// A PEM file of further certificate authorities; `None`: the usual ones.
    pub ca_bundle: Option<PathBuf>,
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Addresses of hosts, instead of what a name server says: the operator's
    /// choice, private or not, and past any proxy. Port 0 stands for the URL's
    /// own, which is also used whenever the URL names one.
    pub resolve: BTreeMap<String, SocketAddr>,
}
