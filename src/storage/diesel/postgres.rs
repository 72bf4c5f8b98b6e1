//! PostgreSQL: a pool of connections that live on the server's own runtime.

use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use futures_util::FutureExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::{self, TlsChoice};
use crate::storage::StorageError;

/// A connection of the pool.
pub(super) type PgConn = AsyncPgConnection;

/// How long a request waits for a connection of the pool.
const POOL_WAIT: Duration = Duration::from_secs(4);
/// How long opening a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer may take. A network that carries nothing any more ends
/// no connection; without this its requests would hold the pool for ever.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A PostgreSQL database.
pub(super) struct Postgres {
    pool: Pool<PgConn>,
    server: Server,
}

/// Where the server is, and how to speak to it.
#[derive(Clone)]
struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    runtime: Handle,
}

/// Whether a URL is one of PostgreSQL.
pub(super) fn is_url(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

impl Postgres {
    /// Opens a pool, and one connection to see that the server answers.
    pub(super) async fn connect(url: &SecretString, size: usize) -> Result<Self, StorageError> {
        let server = Server::of(url)?;
        let mut setup = ManagerConfig::<PgConn>::default();
        // A broken connection is found by its closed socket, without asking.
        setup.recycling_method = RecyclingMethod::Fast;
        let target = server.clone();
        setup.custom_setup = Box::new(move |_no_url| target.clone().open().boxed());
        // The manager keeps a text for its errors: it gets none with a password.
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), setup);
        let pool = Pool::builder(manager).max_size(size.max(1)).build();
        let pool = pool.map_err(|_cause| StorageError::Other("no pool could be made".into()))?;
        let database = Self { pool, server };
        drop(database.get().await?);
        Ok(database)
    }

    /// A connection of the pool.
    pub(super) async fn get(&self) -> Result<Object<PgConn>, StorageError> {
        let waited = timeout(POOL_WAIT, self.pool.get()).await;
        let held = waited.map_err(|_elapsed| {
            StorageError::Unavailable("no connection of the pool became free".to_owned())
        })?;
        held.map_err(|error| StorageError::Unavailable(pool_error(&error)))
    }

    /// A connection beside the pool.
    pub(super) async fn open(&self) -> Result<PgConn, StorageError> {
        let opened = self.server.clone().open().await;
        opened.map_err(|error| StorageError::Unavailable(connection_error(&error)))
    }

    /// The runtime on which connections live.
    pub(super) fn runtime(&self) -> &Handle {
        &self.server.runtime
    }
}

/// What the database says; `None` when it says nothing for too long.
pub(super) async fn in_time<T>(answer: impl Future<Output = T>) -> Option<T> {
    timeout(ANSWER_WAIT, answer).await.ok()
}

/// Closes a connection that does not answer, so that no other request gets it.
pub(super) fn give_up(held: Object<PgConn>) -> StorageError {
    drop(Object::take(held));
    StorageError::Unavailable("the database did not answer in time".to_owned())
}

impl Server {
    fn of(url: &SecretString) -> Result<Self, StorageError> {
        let (plain, choice) = tls::split_url(url.expose_secret())?;
        // The parser's own error may repeat what it could not read.
        let parsed: Result<Config, _> = plain.expose_secret().parse();
        let mut config = parsed.map_err(|_cause| {
            StorageError::Other(
                "the database URL cannot be read: `postgres://USER:PASSWORD@HOST:PORT/NAME` \
                 is expected, with what is special in it percent-encoded"
                    .to_owned(),
            )
        })?;
        config.connect_timeout(CONNECT_TIMEOUT);
        if config.get_application_name().is_none() {
            config.application_name("sociable");
        }
        let tls = match choice {
            TlsChoice::Off => {
                config.ssl_mode(SslMode::Disable);
                None
            }
            TlsChoice::Checked { roots } => {
                config.ssl_mode(SslMode::Require);
                Some(MakeRustlsConnect::new(tls::client_config(
                    roots.as_deref(),
                )?))
            }
        };
        Ok(Self {
            config,
            tls,
            runtime: Handle::current(),
        })
    }

    /// Opens a connection on the server's runtime, whoever asks for it: one
    /// opened on a worker's runtime would die with that worker.
    async fn open(self) -> Result<PgConn, ConnectionError> {
        let runtime = self.runtime.clone();
        let opening = runtime.spawn(timeout(CONNECT_TIMEOUT, self.open_here()));
        match opening.await {
            Ok(Ok(opened)) => opened,
            Ok(Err(_elapsed)) => Err(bad("the database did not answer in time")),
            Err(_stopped) => Err(bad("the server is stopping")),
        }
    }

    async fn open_here(self) -> Result<PgConn, ConnectionError> {
        match self.tls {
            None => {
                let opened = self.config.connect(NoTls).await;
                let (client, conn) = opened.map_err(|error| bad(&refusal(&error)))?;
                PgConn::try_from_client_and_connection(client, conn).await
            }
            Some(tls) => {
                let opened = self.config.connect(tls).await;
                let (client, conn) = opened.map_err(|error| bad(&refusal(&error)))?;
                PgConn::try_from_client_and_connection(client, conn).await
            }
        }
    }
}

fn bad(text: &str) -> ConnectionError {
    ConnectionError::BadConnection(text.to_owned())
}

/// Why there is no connection: the code that the server gave, or the trouble
/// of the network. Neither holds a password.
fn refusal(error: &tokio_postgres::Error) -> String {
    match (error.code(), std::error::Error::source(error)) {
        (Some(code), _) => format!("the database refused the connection ({})", code.code()),
        (None, Some(cause)) => format!("{error} ({cause})"),
        (None, None) => error.to_string(),
    }
}

fn pool_error(error: &diesel_async::pooled_connection::deadpool::PoolError) -> String {
    use diesel_async::pooled_connection::PoolError;
    use diesel_async::pooled_connection::deadpool::PoolError as Pooled;
    match error {
        Pooled::Backend(PoolError::ConnectionError(cause)) => connection_error(cause),
        _ => "the pool has no connection".to_owned(),
    }
}

fn connection_error(error: &ConnectionError) -> String {
    match error {
        ConnectionError::BadConnection(text) => text.clone(),
        _ => "the connection could not be set up".to_owned(),
    }
}
