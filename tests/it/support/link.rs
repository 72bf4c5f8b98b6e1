//! The network between a server and its database: it can be cut or fall silent.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use url::Url;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// All passes.
    Up,
    /// Connections stay, and what is sent waits.
    Silent,
    /// Connections end, and so does each new one at once.
    Down,
}

/// The way to a database; it and its connections end when it is dropped.
pub(crate) struct Link {
    port: u16,
    state: watch::Sender<State>,
    runtime: Option<Runtime>,
}

impl Link {
    /// A way to the server of that URL, on a free port of the loopback address.
    pub(crate) fn to(url: &str) -> Self {
        let upstream = Url::parse(url).expect("a URL of PostgreSQL");
        let host = upstream.host_str().unwrap_or("127.0.0.1").to_owned();
        let target = (host, upstream.port().unwrap_or(5432));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, seen) = watch::channel(State::Up);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((client, _)) = listener.accept().await {
                let (target, seen) = (target.clone(), seen.clone());
                // A connection that breaks is what the tests are about.
                tokio::spawn(async move { relay(client, target, seen).await.ok() });
            }
        });
        Self {
            port,
            state,
            runtime: Some(runtime),
        }
    }

    /// The URL with this way's address in place of the server's.
    pub(crate) fn url(&self, original: &str) -> String {
        let mut url = Url::parse(original).expect("a URL of PostgreSQL");
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.into()
    }

    /// Ends all connections, and each new one at once.
    pub(crate) fn cut(&self) {
        self.state.send_replace(State::Down);
    }

    /// Lets connections be made and stay, but nothing pass.
    pub(crate) fn fall_silent(&self) {
        self.state.send_replace(State::Silent);
    }

    /// Lets all pass again, what waited first.
    pub(crate) fn mend(&self) {
        self.state.send_replace(State::Up);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn relay(
    client: TcpStream,
    target: (String, u16),
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (of_requests, of_answers) = (state.clone(), state.clone());
    let is_down = |state: &State| *state == State::Down;
    tokio::select! {
        _ = state.wait_for(is_down) => Ok(()),
        ended = pass(from_client, to_server, of_requests) => ended,
        ended = pass(from_server, to_client, of_answers) => ended,
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut piece = vec![0; 0x4000];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        let up = state.wait_for(|state| *state == State::Up).await;
        up.map_err(io::Error::other)?;
        to.write_all(&piece[..length]).await?;
    }
}

mod tests {
    use std::time::Duration;

    use tokio_postgres::NoTls;

    use super::super::postgres::Database;
    use super::Link;

    #[tokio::test]
    async fn what_is_sent_over_a_silent_link_arrives_once_it_is_mended() {
        let database = Database::fresh();
        let link = Link::to(&database.url());
        let url = link.url(&database.url());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        link.fall_silent();
        let mut asked = Box::pin(client.batch_execute("CREATE TABLE t (a int)"));
        let waited = tokio::time::timeout(Duration::from_millis(300), &mut asked).await;
        assert!(waited.is_err());
        link.mend();
        asked.await.unwrap();
        assert_eq!(database.query("SELECT count(*) FROM t"), [["0"]]);
    }

    #[tokio::test]
    async fn a_cut_link_ends_its_connections_and_takes_no_new_one() {
        let database = Database::fresh();
        let link = Link::to(&database.url());
        let url = link.url(&database.url());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("SELECT 1").await.unwrap();
        link.cut();
        assert!(client.batch_execute("SELECT 1").await.is_err());
        assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
        link.mend();
        assert!(tokio_postgres::connect(&url, NoTls).await.is_ok());
    }
}
