//! A proxy before PostgreSQL that counts answers, cuts lines and speaks TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

#[derive(Default)]
pub(super) struct Line {
    /// `ReadyForQuery` messages that the server sent: one ends a round trip.
    pub(super) round_trips: AtomicUsize,
    /// Once set, a request still reaches the server, its answer nobody.
    pub(super) cut: AtomicBool,
}

pub(super) struct Proxy {
    pub(super) line: Arc<Line>,
    address: SocketAddr,
}

impl Proxy {
    /// Listens before the server of `url`; with `tls`, as TLS alone.
    pub(super) async fn before(url: &str, tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = Arc::new(Line::default());
        let (url, seen) = (Url::parse(url).unwrap(), Arc::clone(&line));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                client.set_nodelay(true).unwrap();
                let target = (
                    url.host_str().unwrap().to_owned(),
                    url.port().unwrap_or(5432),
                );
                let server = TcpStream::connect(target).await.unwrap();
                server.set_nodelay(true).unwrap();
                tokio::spawn(serve(client, server, tls.clone(), Arc::clone(&seen)));
            }
        });
        Self { line, address }
    }

    /// The URL of the same database through the proxy.
    pub(super) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_host(Some("localhost")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.into()
    }

    pub(super) fn round_trips(&self) -> usize {
        self.line.round_trips.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut client: TcpStream,
    server: TcpStream,
    tls: Option<tokio_rustls::TlsAcceptor>,
    line: Arc<Line>,
) {
    let Some(tls) = tls else {
        return relay(client, server, line).await;
    };
    let mut request = [0; 8];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request[4..], 80_877_103_u32.to_be_bytes(), "no TLS asked");
    client.write_all(b"S").await.unwrap();
    // A client that does not trust the certificate goes away here.
    if let Ok(client) = tls.accept(client).await {
        relay(client, server, line).await;
    }
}

async fn relay<C>(client: C, server: TcpStream, line: Arc<Line>)
where
    C: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        tokio::io::copy(&mut from_client, &mut to_server).await.ok();
    };
    let down = async {
        let mut header = [0; 5];
        while from_server.read_exact(&mut header).await.is_ok() {
            let length = u32::from_be_bytes(header[1..].try_into().unwrap());
            let mut body = vec![0; usize::try_from(length).unwrap() - 4];
            if from_server.read_exact(&mut body).await.is_err() {
                return;
            }
            if line.cut.load(Ordering::SeqCst) {
                return;
            }
            if header[0] == b'Z' {
                line.round_trips.fetch_add(1, Ordering::SeqCst);
            }
            let mut message = header.to_vec();
            message.extend(body);
            if to_client.write_all(&message).await.is_err() || to_client.flush().await.is_err() {
                return;
            }
        }
    };
    tokio::select! { () = up => {}, () = down => {} }
}
