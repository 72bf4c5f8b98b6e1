//! A proxy before PostgreSQL that counts round trips and breaks connections.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use url::Url;

use super::locked;

const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;

/// The proxy; it and its connections end when it is dropped.
pub(crate) struct PgProxy {
    port: u16,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// When a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// Before the server sees the message: nothing is done.
    Unsent,
    /// After the server did it, before the client hears of it.
    Unanswered,
}

#[derive(Default)]
struct Shared {
    counts: Mutex<Vec<Arc<AtomicU64>>>,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Faults {
    cut: Option<(Vec<u8>, Cut)>,
    delay: Duration,
}

/// What the two directions of a connection tell each other.
struct Link {
    /// `ReadyForQuery` messages seen since `reset`.
    counted: Arc<AtomicU64>,
    /// `ReadyForQuery` messages seen at all.
    ready: AtomicU64,
    /// The `ReadyForQuery` that the link ends at; nothing is passed on until it.
    /// None yet when it is the largest number.
    ends_at: AtomicU64,
}

impl PgProxy {
    /// Starts before the server of that URL, on a free port of the loopback address.
    pub(crate) fn before(url: &str) -> Self {
        let upstream = Url::parse(url).expect("a URL of PostgreSQL");
        let host = upstream.host_str().unwrap_or("127.0.0.1");
        let target = (host.to_owned(), upstream.port().unwrap_or(5432));
        let shared = Arc::new(Shared::default());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let of_accept = Arc::clone(&shared);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((client, _)) = listener.accept().await {
                let (shared, target) = (Arc::clone(&of_accept), target.clone());
                tokio::spawn(async move {
                    // A connection that breaks is what the tests are about.
                    let _ = relay(client, target, &shared).await;
                });
            }
        });
        Self {
            port,
            shared,
            runtime: Some(runtime),
        }
    }

    /// The URL with the proxy's address in place of the server's.
    pub(crate) fn url(&self, original: &str) -> String {
        let mut url = Url::parse(original).expect("a URL of PostgreSQL");
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.into()
    }

    /// Round trips since the last `reset`: `ReadyForQuery` messages of the server.
    ///
    /// A connection's start is one.
    pub(crate) fn total(&self) -> u64 {
        self.per_connection().iter().sum()
    }

    /// The same for each connection ever made, in their order.
    pub(crate) fn per_connection(&self) -> Vec<u64> {
        locked(&self.shared.counts)
            .iter()
            .map(|count| count.load(Ordering::SeqCst))
            .collect()
    }

    /// Counts from nought again and takes every fault back.
    pub(crate) fn reset(&self) {
        for count in locked(&self.shared.counts).iter() {
            count.store(0, Ordering::SeqCst);
        }
        *locked(&self.shared.faults) = Faults::default();
    }

    /// Cuts the connection that next runs a statement holding `needle`, once.
    ///
    /// It is looked for in simple queries, in bound values, and in the text of
    /// the prepared statement that is being bound.
    pub(crate) fn cut_on(&self, needle: &[u8], cut: Cut) {
        locked(&self.shared.faults).cut = Some((needle.to_owned(), cut));
    }

    /// Holds whatever a client sends back for so long.
    pub(crate) fn delay(&self, delay: Duration) {
        locked(&self.shared.faults).delay = delay;
    }
}

impl Drop for PgProxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn relay(client: TcpStream, target: (String, u16), shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(target).await?;
    server.set_nodelay(true)?;
    let link = Link {
        counted: Arc::default(),
        ready: AtomicU64::new(0),
        ends_at: AtomicU64::new(u64::MAX),
    };
    locked(&shared.counts).push(Arc::clone(&link.counted));
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let first = startup(&mut from_client, &mut to_client).await?;
    // The first of the two to end takes the other and all four halves with it.
    tokio::select! {
        ended = requests(from_client, to_server, (shared, &link), first) => ended,
        ended = answers(from_server, to_client, &link) => ended,
    }
}

/// Declines encryption, within which nothing could be counted.
async fn startup(
    from_client: &mut OwnedReadHalf,
    to_client: &mut OwnedWriteHalf,
) -> io::Result<Vec<u8>> {
    loop {
        let length = from_client.read_u32().await?;
        let mut message = length.to_be_bytes().to_vec();
        read_rest(from_client, &mut message, length).await?;
        let code = message[4..].iter().take(4);
        let code = code.fold(0, |code, byte| code << 8 | u32::from(*byte));
        if code != SSL_REQUEST && code != GSSENC_REQUEST {
            return Ok(message);
        }
        to_client.write_all(b"N").await?;
    }
}

/// Passes the client's messages on, unless one is to be cut.
async fn requests(
    mut from_client: OwnedReadHalf,
    mut to_server: OwnedWriteHalf,
    (shared, link): (&Shared, &Link),
    first: Vec<u8>,
) -> io::Result<()> {
    to_server.write_all(&first).await?;
    let mut statements = HashMap::new();
    // The start of the connection is answered with one too.
    let mut awaited = 1;
    loop {
        let kind = from_client.read_u8().await?;
        let length = from_client.read_u32().await?;
        let mut message = vec![kind];
        message.extend(length.to_be_bytes());
        read_rest(&mut from_client, &mut message, length).await?;
        let body = &message[5..];
        if kind == b'P' {
            let (name, text) = until_nul(body);
            statements.insert(name.to_owned(), until_nul(text).0.to_owned());
        }
        match shared.cut_for(kind, body, &statements) {
            None => {}
            Some(Cut::Unsent) => return Ok(()),
            Some(Cut::Unanswered) => link.ends_at.store(awaited + 1, Ordering::SeqCst),
        }
        if matches!(kind, b'Q' | b'S' | b'F') {
            awaited += 1;
        }
        let delay = locked(&shared.faults).delay;
        tokio::time::sleep(delay).await;
        to_server.write_all(&message).await?;
    }
}

/// Passes the server's messages on and counts them.
///
/// What arrived together goes on together: a client that has its answer shall
/// find the `ReadyForQuery` at the end of it counted.
async fn answers(
    from_server: OwnedReadHalf,
    mut to_client: OwnedWriteHalf,
    link: &Link,
) -> io::Result<()> {
    let mut from_server = BufReader::with_capacity(0x10000, from_server);
    let mut pending = Vec::new();
    loop {
        let kind = from_server.read_u8().await?;
        let length = from_server.read_u32().await?;
        let ends_at = link.ends_at.load(Ordering::SeqCst);
        if ends_at < u64::MAX {
            pending.clear();
        }
        pending.push(kind);
        pending.extend(length.to_be_bytes());
        read_rest(&mut from_server, &mut pending, length).await?;
        if kind == b'Z' {
            link.counted.fetch_add(1, Ordering::SeqCst);
            if link.ready.fetch_add(1, Ordering::SeqCst) + 1 >= ends_at {
                return Ok(());
            }
        }
        if ends_at == u64::MAX && from_server.buffer().is_empty() {
            to_client.write_all(&pending).await?;
            pending.clear();
        }
    }
}

impl Shared {
    /// Whether this message is the one to be cut; it is then no more.
    fn cut_for(
        &self,
        kind: u8,
        body: &[u8],
        statements: &HashMap<Vec<u8>, Vec<u8>>,
    ) -> Option<Cut> {
        let mut faults = locked(&self.faults);
        let (needle, cut) = faults.cut.as_ref()?;
        let holds = |text: &[u8]| text.windows(needle.len()).any(|part| part == needle);
        let hit = match kind {
            b'Q' => holds(body),
            b'B' => {
                let name = until_nul(until_nul(body).1).0;
                holds(body) || statements.get(name).is_some_and(|text| holds(text))
            }
            _ => false,
        };
        let cut = hit.then_some(*cut)?;
        faults.cut = None;
        Some(cut)
    }
}

/// Reads what a message's length still announces: it counts its own four bytes.
async fn read_rest(
    from: &mut (impl AsyncRead + Unpin),
    message: &mut Vec<u8>,
    length: u32,
) -> io::Result<()> {
    let rest = length.checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
    let read = from.take(u64::from(rest)).read_to_end(message).await?;
    if usize::try_from(rest).is_ok_and(|rest| rest == read) {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn until_nul(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    )
}

mod tests {
    use std::future::ready;
    use std::time::{Duration, Instant};

    use futures_util::{StreamExt, stream};
    use tokio_postgres::{Client, NoTls};

    use super::super::postgres::Database;
    use super::{Cut, PgProxy};

    async fn connect(url: &str) -> Client {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    #[tokio::test]
    async fn each_round_trip_is_counted_for_its_connection() {
        let database = Database::fresh();
        let proxy = PgProxy::before(&database.url());
        let first = connect(&proxy.url(&database.url())).await;
        let second = connect(&proxy.url(&database.url())).await;
        assert_eq!(proxy.per_connection(), [1, 1]);

        proxy.reset();
        first.batch_execute("SELECT 1; SELECT 2").await.unwrap();
        let bytes = first.prepare("SELECT $1::bytea").await.unwrap();
        let number = second.prepare("SELECT $1::int4").await.unwrap();
        assert_eq!(proxy.per_connection(), [2, 1]);
        // A value that holds the bytes of a ReadyForQuery message is none.
        let lookalike = &b"Z\0\0\0\x05I"[..];
        first.query_one(&bytes, &[&lookalike]).await.unwrap();
        second.query_one(&number, &[&7]).await.unwrap();
        second.query_one(&number, &[&8]).await.unwrap();
        assert_eq!(proxy.per_connection(), [3, 3]);
        assert_eq!(proxy.total(), 6);
        proxy.reset();
        assert_eq!(proxy.total(), 0);
    }

    #[tokio::test]
    async fn encryption_is_declined_and_the_connection_goes_on() {
        let database = Database::fresh();
        let proxy = PgProxy::before(&database.url());
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let settings = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let tls = tokio_postgres_rustls::MakeRustlsConnect::new(settings);
        let (client, connection) = tokio_postgres::connect(&proxy.url(&database.url()), tls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client.batch_execute("SELECT 1").await.unwrap();
        assert_eq!(proxy.total(), 2);
    }

    #[tokio::test]
    async fn a_statement_is_cut_before_or_after_the_server_did_it() {
        let database = Database::fresh();
        database.query("CREATE TABLE t (v text)");
        let proxy = PgProxy::before(&database.url());
        let rows = || database.query("SELECT v FROM t ORDER BY v");
        let url = proxy.url(&database.url());

        let client = connect(&url).await;
        proxy.cut_on(b"lost", Cut::Unsent);
        client.batch_execute("SELECT 'other'").await.unwrap();
        let sent = client.batch_execute("INSERT INTO t VALUES ('lost')").await;
        assert!(sent.is_err());
        assert!(rows().is_empty());

        let client = connect(&url).await;
        proxy.cut_on(b"kept", Cut::Unanswered);
        let sent = client.batch_execute("INSERT INTO t VALUES ('kept')").await;
        assert!(sent.is_err());
        assert_eq!(rows(), [["kept"]]);

        let client = connect(&url).await;
        client.batch_execute("SELECT 'kept, lost'").await.unwrap();
    }

    #[tokio::test]
    async fn nothing_of_a_cut_answer_is_passed_on() {
        let database = Database::fresh();
        let proxy = PgProxy::before(&database.url());
        let url = proxy.url(&database.url());
        let (client, mut connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let messages = stream::poll_fn(move |context| connection.poll_message(context));
        let heard = tokio::spawn(
            messages
                .take_while(|message| ready(message.is_ok()))
                .count(),
        );
        // A notice is sent while the statement goes on.
        let notice = "DO $$BEGIN RAISE NOTICE 'heard'; PERFORM pg_sleep(0.2); END$$";
        client.batch_execute(notice).await.unwrap();
        proxy.cut_on(b"heard", Cut::Unanswered);
        assert!(client.batch_execute(notice).await.is_err());
        assert_eq!(heard.await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_prepared_statement_is_known_by_its_text_and_its_values() {
        let database = Database::fresh();
        database.query("CREATE TABLE t (v text)");
        let proxy = PgProxy::before(&database.url());
        let url = proxy.url(&database.url());
        for (needle, value) in [(&b"INSERT INTO t"[..], "one"), (b"tw", "two")] {
            let client = connect(&url).await;
            let insert = client.prepare("INSERT INTO t VALUES ($1)").await.unwrap();
            client.execute(&insert, &[&"zero"]).await.unwrap();
            proxy.cut_on(needle, Cut::Unanswered);
            assert!(client.execute(&insert, &[&value]).await.is_err());
        }
        assert_eq!(
            database.query("SELECT v FROM t WHERE v <> 'zero' ORDER BY v"),
            [["one"], ["two"]]
        );
    }

    #[tokio::test]
    async fn a_delay_holds_every_statement_back_until_the_reset() {
        let database = Database::fresh();
        let proxy = PgProxy::before(&database.url());
        let client = connect(&proxy.url(&database.url())).await;
        proxy.delay(Duration::from_secs(1));
        let started = Instant::now();
        client.batch_execute("SELECT 1").await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(1));
        proxy.reset();
        let started = Instant::now();
        client.batch_execute("SELECT 1").await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}
