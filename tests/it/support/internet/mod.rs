//! A proxy that plays the whole internet, each host with its own certificate.
//!
//! The program under test is told of it by `http.proxy` and `http.ca_bundle`;
//! nothing it calls leaves the machine. Every test starts one of its own.

mod answer;
mod certificates;
mod connection;
mod tests;
mod wire;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub(crate) use answer::Answer;
pub(crate) use wire::Received;

use super::locked;
use certificates::Authority;

type Handler = Arc<dyn Fn(&Received) -> Answer + Send + Sync>;

/// The proxy; the internet ends when it is dropped.
pub(crate) struct FakeInternet {
    world: Arc<World>,
    port: u16,
    ca_bundle: tempfile::NamedTempFile,
    runtime: Option<Runtime>,
}

/// What the connections share.
struct World {
    authority: Authority,
    stranger: Authority,
    routes: Mutex<Vec<Route>>,
    otherwise: Mutex<Option<Handler>>,
    received: Mutex<Vec<Received>>,
    hosts: Mutex<HashMap<String, HostFault>>,
    tunnels: AtomicUsize,
}

struct Route {
    method: String,
    host: String,
    path: String,
    handler: Handler,
}

/// How a host fails before any request is made.
#[derive(Clone, Copy, PartialEq)]
enum HostFault {
    /// The proxy cannot reach it.
    Unreachable,
    /// Its certificate is from an authority that nobody knows.
    Untrusted,
}

impl FakeInternet {
    /// Starts on a free port of the loopback address, on threads of its own.
    pub(crate) async fn start() -> Self {
        let world = Arc::new(World {
            authority: Authority::new(),
            stranger: Authority::new(),
            routes: Mutex::default(),
            otherwise: Mutex::default(),
            received: Mutex::default(),
            hosts: Mutex::default(),
            tunnels: AtomicUsize::new(0),
        });
        let ca_bundle = tempfile::Builder::new().suffix(".pem").tempfile().unwrap();
        std::fs::write(ca_bundle.path(), world.authority.pem()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let shared = Arc::clone(&world);
        let port = runtime
            .spawn(async move {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
                let port = listener.local_addr().unwrap().port();
                tokio::spawn(connection::accept(listener, shared));
                port
            })
            .await
            .unwrap();
        Self {
            world,
            port,
            ca_bundle,
            runtime: Some(runtime),
        }
    }

    /// What to set as the proxy of outgoing calls.
    pub(crate) fn proxy_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// An address of its own for a host, for those who come without the proxy.
    pub(crate) async fn address_of(&self, host: &'static str) -> std::net::SocketAddr {
        let shared = Arc::clone(&self.world);
        let runtime = self.runtime.as_ref().unwrap();
        let bound = runtime.spawn(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(connection::accept_as(host, listener, shared));
            address
        });
        bound.await.unwrap()
    }

    /// The PEM file to trust; it is gone when the internet is dropped.
    pub(crate) fn ca_bundle(&self) -> PathBuf {
        self.ca_bundle.path().to_owned()
    }

    /// Answers `method https://host/path` so, whatever its query is.
    ///
    /// The last registration wins. A host on another port than 443 is written
    /// `host:port`.
    pub(crate) fn on(&self, method: &str, host: &str, path: &str, answer: Answer) {
        self.on_fn(method, host, path, move |_| answer.clone());
    }

    /// Answers with what the function makes of the request.
    pub(crate) fn on_fn(
        &self,
        method: &str,
        host: &str,
        path: &str,
        handler: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) {
        locked(&self.world.routes).push(Route {
            method: method.to_ascii_uppercase(),
            host: host.to_ascii_lowercase(),
            path: path.to_owned(),
            handler: Arc::new(handler),
        });
    }

    /// Answers so whatever nothing else is registered for. The last one wins.
    pub(crate) fn otherwise(&self, handler: impl Fn(&Received) -> Answer + Send + Sync + 'static) {
        *locked(&self.world.otherwise) = Some(Arc::new(handler));
    }

    /// From now on the proxy cannot connect to the host (502 to CONNECT).
    pub(crate) fn unreachable(&self, host: &str) {
        self.fail(host, HostFault::Unreachable);
    }

    /// From now on the host shows a certificate that the CA bundle does not cover.
    pub(crate) fn untrusted(&self, host: &str) {
        self.fail(host, HostFault::Untrusted);
    }

    /// All requests so far, those that nothing was registered for too.
    pub(crate) fn received(&self) -> Vec<Received> {
        locked(&self.world.received).clone()
    }

    /// Forgets the requests so far; what is registered stays.
    pub(crate) fn clear_received(&self) {
        locked(&self.world.received).clear();
    }

    /// How many tunnels were asked for: fewer than requests when kept alive.
    pub(crate) fn tunnels(&self) -> usize {
        self.world.tunnels.load(Ordering::SeqCst)
    }

    fn fail(&self, host: &str, fault: HostFault) {
        locked(&self.world.hosts).insert(host.to_ascii_lowercase(), fault);
    }
}

impl Drop for FakeInternet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A runtime may not be waited for inside another one.
            runtime.shutdown_background();
        }
    }
}

impl World {
    fn host_fault(&self, host: &str) -> Option<HostFault> {
        locked(&self.hosts).get(host).copied()
    }

    /// Records the request and finds its answer, 599 when there is none.
    fn answer(&self, received: &Received) -> Answer {
        let handler = locked(&self.routes)
            .iter()
            .rev()
            .find(|route| {
                route.method == received.method
                    && route.host == received.host
                    && route.path == received.path
            })
            .map(|route| Arc::clone(&route.handler))
            .or_else(|| locked(&self.otherwise).clone());
        locked(&self.received).push(received.clone());
        match handler {
            Some(handler) => handler(received),
            None => Answer::text(
                599,
                &format!(
                    "the fake internet has no answer for {} https://{}{}",
                    received.method, received.host, received.path
                ),
            ),
        }
    }
}
