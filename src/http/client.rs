//! The client itself: three connection pools that share their limits, or a
//! recording in their place.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Proxy, Response, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::guard::{self, GuardedResolver, PinnedResolver, Route};
use super::{Answer, Body, HttpError, HttpOptions, HttpSetupError, Recording, Request};

/// Longest decoded body that is read, in bytes: 1 MiB.
pub const MAX_BODY_LENGTH: usize = 1024 * 1024;

/// Installs `ring` as the cryptography of TLS; harmless when one is installed.
pub fn install_crypto() {
    // A provider that the host application installed before serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Sends requests to providers.
#[derive(Clone)]
pub struct HttpClient {
    source: Source,
}

/// Where answers come from.
#[derive(Clone)]
enum Source {
    Network(Pools),
    Recording(Recording),
}

#[derive(Clone)]
struct Pools {
    // Pools of their own: a connection made to a private address must not be
    // found again by a request that may not go there.
    public: Client,
    private: Client,
    loopback: Client,
    /// To the hosts that have an address of the operator's.
    pinned: Client,
    hosts: Arc<BTreeMap<String, SocketAddr>>,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

impl HttpClient {
    /// A client. Installs the cryptography, see [`install_crypto`].
    ///
    /// # Errors
    /// [`HttpSetupError`] says which option is at fault.
    pub fn new(options: &HttpOptions) -> Result<Self, HttpSetupError> {
        install_crypto();
        let common = Common {
            user_agent: HeaderValue::from_str(&options.user_agent)
                .map_err(|_not_a_header| HttpSetupError::UserAgentInvalid)?,
            connect_timeout: options.connect_timeout,
            authorities: authorities(options.ca_bundle.as_deref())?,
        };
        let hosts = Arc::new(options.resolve.clone());
        let proxy = options.proxy.as_ref().map(proxy_url).transpose()?;
        let pools = Pools {
            public: common.build(Route::Public, proxy.as_ref())?,
            private: common.build(Route::Private, proxy.as_ref())?,
            loopback: common.build(Route::Loopback, None)?,
            pinned: common.build_with(Route::Pinned, None, PinnedResolver(Arc::clone(&hosts)))?,
            hosts,
        };
        Ok(Self {
            source: Source::Network(pools),
        })
    }

    /// A client that asks nobody: the recording answers, and keeps requests.
    pub fn replaying(recording: &Recording) -> Self {
        Self {
            source: Source::Recording(recording.clone()),
        }
    }

    /// Sends a request and reads the answer, of whatever status.
    ///
    /// # Errors
    /// [`HttpError`], of which none tells more than its kind.
    pub async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        let pools = match &self.source {
            Source::Network(pools) => pools,
            Source::Recording(recording) => {
                guard::route(&request.url, request.allow_private)?;
                return recording.play(request);
            }
        };
        let route = match guard::route(&request.url, request.allow_private)? {
            Route::Public | Route::Private if pools.pins(&request.url) => Route::Pinned,
            route => route,
        };
        let client = match route {
            Route::Public => &pools.public,
            Route::Private => &pools.private,
            Route::Loopback => &pools.loopback,
            Route::Pinned => &pools.pinned,
        };
        // The future is large; callers await it inside futures of their own.
        Box::pin(exchange(client, request)).await
    }
}

impl Pools {
    /// Whether the operator says where a URL's host is.
    fn pins(&self, url: &Url) -> bool {
        let host = url.host_str();
        host.is_some_and(|host| self.hosts.contains_key(host))
    }
}

struct Common {
    user_agent: HeaderValue,
    connect_timeout: Duration,
    authorities: Vec<Certificate>,
}

impl Common {
    fn build(&self, route: Route, proxy: Option<&Url>) -> Result<Client, HttpSetupError> {
        let proxy_host = proxy.and_then(Url::host_str).map(str::to_owned);
        self.build_with(route, proxy, GuardedResolver::new(route, proxy_host))
    }

    fn build_with(
        &self,
        route: Route,
        proxy: Option<&Url>,
        resolver: impl Resolve + 'static,
    ) -> Result<Client, HttpSetupError> {
        let builder = new_builder()
            .user_agent(self.user_agent.clone())
            .connect_timeout(self.connect_timeout)
            .tls_certs_merge(self.authorities.iter().cloned())
            .redirect(redirect::Policy::none())
            .referer(false)
            .gzip(true)
            .https_only(route != Route::Loopback)
            .dns_resolver(resolver)
            // Else the machine's proxy variables would be read.
            .no_proxy();
        let builder = match proxy {
            Some(url) => builder
                .proxy(Proxy::all(url.clone()).map_err(|_with_url| HttpSetupError::ProxyInvalid)?),
            None => builder,
        };
        builder.build().map_err(|_fault| HttpSetupError::Client)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes clients"
)]
fn new_builder() -> ClientBuilder {
    Client::builder()
}

/// Mozilla's authorities, so that a machine without any works, and the bundle's.
fn authorities(bundle: Option<&Path>) -> Result<Vec<Certificate>, HttpSetupError> {
    let mut authorities = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_broken| HttpSetupError::Client)?;
    if let Some(path) = bundle {
        let pem = std::fs::read(path).map_err(|source| HttpSetupError::CaBundleUnreadable {
            path: path.to_owned(),
            source,
        })?;
        let own = Certificate::from_pem_bundle(&pem)
            .ok()
            .filter(|certificates| !certificates.is_empty())
            .filter(|_| are_authorities(&pem))
            .ok_or_else(|| HttpSetupError::CaBundleInvalid {
                path: path.to_owned(),
            })?;
        authorities.extend(own);
    }
    Ok(authorities)
}

/// Whether TLS will take every certificate of a bundle.
fn are_authorities(pem: &[u8]) -> bool {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let mut store = rustls::RootCertStore::empty();
    CertificateDer::pem_slice_iter(pem)
        .all(|certificate| certificate.is_ok_and(|certificate| store.add(certificate).is_ok()))
}

fn proxy_url(text: &SecretString) -> Result<Url, HttpSetupError> {
    let mut url: Url = text
        .expose_secret()
        .parse()
        .map_err(|_not_a_url| HttpSetupError::ProxyInvalid)?;
    match url.scheme() {
        "http" | "https" | "socks5h" => {}
        // Resolved by the proxy in every scheme, as the documentation says.
        "socks5" => url
            .set_scheme("socks5h")
            .map_err(|()| HttpSetupError::ProxyInvalid)?,
        _ => return Err(HttpSetupError::ProxyInvalid),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(HttpSetupError::ProxyInvalid);
    }
    Ok(url)
}

/// Sends by this client, within the request's time.
pub(super) async fn exchange(client: &Client, request: Request) -> Result<Answer, HttpError> {
    let timeout = request.timeout;
    let longest = request.longest_answer.min(MAX_BODY_LENGTH);
    let answer = async {
        let response = client.execute(prepare(client, request)?).await?;
        read(response, longest).await
    };
    tokio::time::timeout(timeout, answer)
        .await
        .unwrap_or(Err(HttpError::Timeout))
}

fn prepare(client: &Client, request: Request) -> Result<reqwest::Request, reqwest::Error> {
    let mut builder = client.request(request.method, request.url);
    for (name, mut value) in request.headers {
        // Never in HTTP/2's table of headers, never in a Debug.
        value.set_sensitive(value.is_sensitive() || name == AUTHORIZATION);
        builder = builder.header(name, value);
    }
    match request.body {
        Body::Empty => builder,
        Body::Form(fields) => builder.form(&fields),
        Body::Json(value) => builder.json(&value),
        Body::Written(json) => builder
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(json),
    }
    .build()
}

/// Reads no further than the limit, whatever the answer says of its length.
async fn read(mut response: Response, longest: usize) -> Result<Answer, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > longest {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status: response.status().as_u16(),
        headers: std::mem::take(response.headers_mut()),
        body,
    })
}

#[cfg(test)]
impl HttpClient {
    pub(super) fn public(&self) -> &Client {
        &self.pools().public
    }

    pub(super) fn private(&self) -> &Client {
        &self.pools().private
    }

    fn pools(&self) -> &Pools {
        match &self.source {
            Source::Network(pools) => pools,
            Source::Recording(_) => panic!("a recording has no connections"),
        }
    }
}
