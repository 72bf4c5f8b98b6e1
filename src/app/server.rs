//! Serves an app over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpServer, middleware, web};
use tokio::task::JoinHandle;
use tracing_actix_web::TracingLogger;

use super::App;
use super::error::StartError;
use crate::api::{RequestSpan, answer_headers};
use crate::exchange::Exchange;
use crate::outbox::Outbox;

/// Time between two sweeps of expired rows.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// Rows of each kind that one sweep deletes at most.
const SWEEP_ROWS: i64 = 500;
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
    background: Vec<JoinHandle<()>>,
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
        self.background.iter().for_each(JoinHandle::abort);
    }

    /// Waits until a signal stops it.
    ///
    /// # Errors
    /// When the server failed.
    pub async fn wait(self) -> std::io::Result<()> {
        let ended = self.server.await.map_err(std::io::Error::other)?;
        self.background.iter().for_each(JoinHandle::abort);
        ended
    }
}

impl App {
    /// Binds the address and serves.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn serve(self) -> Result<Running, StartError> {
        let exchange = self.exchange.clone();
        let prefetch = self.settings.http.prefetch;
        let outbox = self.outbox();
        let (address, server) = self.bind()?;
        let handle = server.handle();
        let mut background = vec![
            tokio::spawn(sweep(exchange.clone())),
            tokio::spawn(outbox.run()),
        ];
        if prefetch {
            background.push(tokio::spawn(async move { exchange.prefetch().await }));
        }
        Ok(Running {
            address,
            handle,
            server: tokio::spawn(server),
            background,
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

    fn bind(self) -> Result<(SocketAddr, Server), StartError> {
        let endpoints = self.configure();
        let listen = self.settings.server.listen;
        let origins: Vec<String> = self.settings.server.cors_origins.clone();
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

/// Deletes expired rows, a few at a time, for ever.
async fn sweep(exchange: web::Data<Exchange>) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        every.tick().await;
        let now = exchange.clock.now();
        if let Err(error) = exchange.storage.sweep(now, SWEEP_ROWS).await {
            tracing::warn!(%error, "expired rows could not be swept");
        }
    }
}

/// Which pages may call: those of the list, and in a demo this machine's.
fn cors(origins: &[String], loopback: bool) -> Cors {
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
