//! Serves an app over HTTP.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{HttpServiceFactory, Server, ServerHandle};
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpServer, middleware, web};
use tokio::task::JoinHandle;
use tracing_actix_web::TracingLogger;

use super::App;
use super::error::StartError;
use crate::api::{RequestSpan, answer_headers};
use crate::outbox::Outbox;

/// Time that a client has to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds that requests in flight have when the server is told to stop.
const DRAIN_SECONDS: u64 = 30;

/// A server that runs until it is stopped.
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    /// What runs beside it, and ends with it.
    background: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it is found on this machine.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers what is in flight, then stops.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        self.background.abort();
    }

    /// Waits until a signal stops it.
    ///
    /// # Errors
    /// When the server failed.
    pub async fn wait(self) -> std::io::Result<()> {
        let ended = self.server.await.map_err(std::io::Error::other)?;
        self.background.abort();
        ended
    }
}

impl App {
    /// Binds the address and serves.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn serve(self) -> Result<Running, StartError> {
        let background = self.background();
        let (address, server) = self.bind()?;
        let handle = server.handle();
        Ok(Running {
            address,
            handle,
            server: tokio::spawn(server),
            background: tokio::spawn(background),
        })
    }

    /// What is done after commits; to be run by who mounts the endpoints
    /// elsewhere.
    pub fn outbox(&self) -> Outbox {
        let exchange = &self.exchange;
        Outbox {
            storage: Arc::clone(&exchange.storage),
            registry: exchange.registry.clone(),
            hooks: exchange.hooks.clone(),
            sealer: Arc::clone(&exchange.sealer),
            clock: Arc::clone(&exchange.clock),
            bell: exchange.bell.clone(),
        }
    }

    /// The endpoints below a path of your own actix-web app (`/auth`), with
    /// what `serve` puts around them: request ids, headers, CORS.
    ///
    /// Nothing of the app around it is touched. Set `server.public_url` to the
    /// address with that path, so that mails lead there; and spawn
    /// [`App::background`].
    pub fn scope(&self, path: &str) -> impl HttpServiceFactory + use<> {
        let origins = &self.origins();
        web::scope(path)
            .configure(self.configure())
            .wrap(cors(origins, self.allow_loopback_origins))
            .wrap(middleware::from_fn(answer_headers))
            .wrap(TracingLogger::<RequestSpan>::new())
    }

    /// Pages that may call: those of all, and those of registered clients.
    fn origins(&self) -> BTreeSet<String> {
        let of_clients = self.settings.clients.values();
        let of_clients = of_clients.flat_map(|client| &client.origins);
        let of_all = self.settings.server.cors_origins.iter();
        of_all.chain(of_clients).cloned().collect()
    }

    fn bind(self) -> Result<(SocketAddr, Server), StartError> {
        let endpoints = self.configure();
        let listen = self.settings.server.listen;
        let origins = self.origins();
        let loopback = self.allow_loopback_origins;
        let refuse =
            |error: std::io::Error| StartError::new(format!("server.listen: {listen}: {error}"));
        let mut server = HttpServer::new(move || {
            actix_web::App::new()
                .wrap(cors(&origins, loopback))
                .wrap(middleware::from_fn(answer_headers))
                .wrap(TracingLogger::<RequestSpan>::new())
                .configure(endpoints.clone())
        })
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(DRAIN_SECONDS);
        if let Some(workers) = self.settings.server.workers {
            server = server.workers(workers);
        }
        let server = server.bind(listen).map_err(refuse)?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        Ok((address, server.run()))
    }
}

/// Which pages may call: those of the lists, and in a demo this machine's.
fn cors(origins: &BTreeSet<String>, loopback: bool) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(600);
    let cors = origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin));
    if !loopback {
        return cors;
    }
    cors.allowed_origin_fn(|origin, _| is_loopback(origin))
}

fn is_loopback(origin: &HeaderValue) -> bool {
    let url = origin
        .to_str()
        .ok()
        .and_then(|text| url::Url::parse(text).ok());
    url.and_then(|url| match url.host()? {
        url::Host::Domain(name) => Some(name == "localhost"),
        url::Host::Ipv4(address) => Some(address.is_loopback()),
        url::Host::Ipv6(address) => Some(address.is_loopback()),
    })
    .unwrap_or_default()
}
