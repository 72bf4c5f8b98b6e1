//! A provider to play with and to test against, over real HTTP.
//!
//! It signs nobody up and has no pages: whatever token it is given names a
//! person, and may say how the answers shall be wrong. It shares no code with
//! the server that it tests, so that one mistake is not made on both sides.
//!
//! | endpoint | does |
//! |---|---|
//! | `GET /oauth2/userinfo` | the profile, by `Authorization: Bearer` |
//! | `GET /oauth2/tokeninfo?access_token=` | app, subject and expiry of a token |
//! | `POST /oauth2/introspect` | the same as RFC 7662 |
//! | `POST /oauth2/revoke` | RFC 7009: the token is unknown from then on |
//! | `GET /oauth1/verify_credentials` | the profile, by an OAuth 1.0a signature |
//! | `POST /oauth1/request_token`, `POST /oauth1/access_token` | the legs before it, signed |
//! | `GET /oauth1/authorize?person=` | back to the callback at once: `oauth1_legs.rs` |
//! | `GET /oidc/.well-known/openid-configuration`, `GET /oidc/jwks` | who the issuer is, its keys |
//! | `GET /oidc/authorize?person=` | back to `redirect_uri` at once, with a code (PKCE) |
//! | `POST /oidc/token` | code or refresh token in, tokens out |
//! | `GET /oidc/userinfo`, `POST /oidc/introspect`, `/oidc/revoke` | as for OAuth 2 |
//! | `POST /oidc/id_token` | an id token to order, right or wrong: `oidc/forge.rs` |
//! | `POST /oidc/rotate` | new keys; `keep=false` takes the old ones away |
//! | `GET`, `POST /oidc/faults` | which endpoints fail from now on: `oidc/mod.rs` |
//! | `GET /openid?person=` | back to `openid.return_to` with a signed assertion |
//! | `POST /openid` | `check_authentication`, `associate` |
//! | `GET /openid/xrds`, `/openid/id/{number}` | XRDS: the provider, a person |
//! | `GET`, `POST /openid/faults` | as for OpenID Connect: `openid/mod.rs` |
//! | `GET /healthz` | `{"status":"ok"}` |
//!
//! The OAuth 2 client and the OAuth 1 consumer are [`CLIENT_ID`] and
//! [`CLIENT_SECRET`]. The table of tokens stands in `token.rs`.

mod client;
mod faults;
mod kept;
mod oauth1;
mod oauth1_legs;
mod oauth2;
mod oidc;
mod openid;
mod people;
mod percent;
mod routes;
mod seen;
mod signature;
mod switches;
mod token;
mod unique;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use actix_web::dev::{ServerHandle, Service as _};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use ring::error::Unspecified;
use tokio::net::TcpListener;

use kept::Kept;
use oauth1_legs::{Asked, Authorized};
use oidc::Issuer;
use openid::Provider;
use routes::{OPENID_ID, PATHS, routes};
use seen::Seen;
use token::Grant;

/// The OAuth 2 client id, and the OAuth 1 consumer key.
pub const CLIENT_ID: &str = "sandbox-app";
/// The OAuth 2 client secret, and the OAuth 1 consumer secret.
pub const CLIENT_SECRET: &str = "sandbox-secret";

/// How many revoked tokens and used nonces are remembered, of each.
const MEMORY: usize = 100_000;
/// How long an idle connection is kept: longer than clients pool theirs.
const KEEP_ALIVE: Duration = Duration::from_mins(2);

/// A sandbox that is running. It stops when dropped.
pub struct Sandbox {
    address: SocketAddr,
    state: Arc<State>,
    server: ServerHandle,
}

impl Sandbox {
    /// Listens at `listen` and serves from then on; port 0 picks a free one.
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub async fn start(listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?.into_std()?;
        let address = listener.local_addr()?;
        let state = State::at(&url_of(address))
            .map_err(|_unspecified| io::Error::other("the sandbox cannot make its keys"))?;
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        let server = HttpServer::new(move || {
            let state = Arc::clone(&shared);
            App::new()
                .app_data(Data::from(Arc::clone(&shared)))
                .configure(routes)
                .wrap_fn(move |request, service| {
                    let path = state.count(request.path());
                    let answer = service.call(request);
                    async move {
                        let answer = answer.await?;
                        // The query and unknown paths may hold a token.
                        let status = answer.status().as_u16();
                        tracing::debug!(path = path.unwrap_or("unknown"), status, "answered");
                        Ok(answer)
                    }
                })
        })
        .workers(1)
        .keep_alive(KEEP_ALIVE)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the sandbox stopped");
            }
        });
        Ok(Self {
            address,
            state,
            server: handle,
        })
    }

    /// Where it can be reached: `http://127.0.0.1:PORT`, no trailing slash.
    pub fn url(&self) -> String {
        url_of(self.address)
    }

    /// How many requests a path got so far, whatever the answers were.
    ///
    /// Those to `/openid/id/…` count as `/openid/id`, all of them together.
    /// 0 for a path that the sandbox does not serve.
    pub fn calls(&self, path: &str) -> u64 {
        let calls = self.state.calls_of(path);
        calls.map_or(0, |(_, calls)| calls.load(Ordering::SeqCst))
    }

    /// Stops listening and drops the connections that are open.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The order is given at once; the future would only wait for its end.
        drop(self.server.stop(false));
    }
}

fn url_of(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// What the sandbox remembers from one request to the next.
struct State {
    calls: [(&'static str, AtomicU64); PATHS.len()],
    revoked: Seen,
    nonces: Seen,
    asked: Kept<Asked>,
    authorized: Kept<Authorized>,
    oidc: Issuer,
    openid: Provider,
}

impl State {
    /// The state of a sandbox at that URL.
    fn at(url: &str) -> Result<Self, Unspecified> {
        Ok(Self {
            calls: PATHS.map(|path| (path, AtomicU64::new(0))),
            revoked: Seen::with_room(MEMORY),
            nonces: Seen::with_room(MEMORY),
            asked: Kept::with_room(MEMORY),
            authorized: Kept::with_room(MEMORY),
            oidc: Issuer::at(url)?,
            openid: Provider::at(url)?,
        })
    }

    /// What a token was issued for, after the wait that it asks for.
    ///
    /// `None` when it is unknown or revoked.
    async fn open(&self, token: &str) -> Option<Grant> {
        let grant = token::read(token).filter(|_| !self.is_revoked(token))?;
        tokio::time::sleep(grant.delay).await;
        Some(grant)
    }

    fn revoke(&self, token: &str) {
        self.revoked.insert(token);
    }

    fn is_revoked(&self, token: &str) -> bool {
        self.revoked.contains(token)
    }

    /// `false` when the token came with that nonce at that time before.
    fn use_nonce(&self, token: &str, timestamp: &str, nonce: &str) -> bool {
        let parts = [token, timestamp, nonce].map(|part| percent::encode(part.as_bytes()));
        self.nonces.insert(&parts.join("&"))
    }

    fn calls_of(&self, path: &str) -> Option<&(&'static str, AtomicU64)> {
        self.calls.iter().find(|(known, _)| *known == path)
    }

    /// Counts a request; `None` when the path is not served.
    fn count(&self, path: &str) -> Option<&'static str> {
        let person = path.strip_prefix(OPENID_ID);
        let path = person.map_or(path, |rest| {
            if rest.starts_with('/') {
                OPENID_ID
            } else {
                path
            }
        });
        let (path, calls) = self.calls_of(path)?;
        calls.fetch_add(1, Ordering::SeqCst);
        Some(path)
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
