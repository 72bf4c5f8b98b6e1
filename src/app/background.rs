//! What runs beside the endpoints, whoever serves them.

use std::future::Future;
use std::time::Duration;

use actix_web::web;
use tokio::task::JoinSet;

use super::App;
use crate::exchange::Exchange;

/// Time between two sweeps of expired rows.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// Rows of each kind that one sweep deletes at most.
const SWEEP_ROWS: i64 = 500;

impl App {
    /// What `serve` runs beside HTTP: events are done, expired rows swept, and
    /// what providers publish is fetched ahead. Never ends, but with what it
    /// is dropped with.
    ///
    /// Who mounts the endpoints elsewhere spawns it once in a process.
    pub fn background(&self) -> impl Future<Output = ()> + Send + use<> {
        let exchange = self.exchange.clone();
        let prefetch = self.settings.http.prefetch;
        let outbox = self.outbox();
        async move {
            let mut running = JoinSet::new();
            running.spawn(sweep(exchange.clone()));
            running.spawn(outbox.run());
            if prefetch {
                running.spawn(async move { exchange.prefetch().await });
            }
            while let Some(ended) = running.join_next().await {
                if ended.is_err() {
                    tracing::error!("a part of what runs in the background panicked");
                }
            }
        }
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
