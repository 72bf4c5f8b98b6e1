//! Servers on this machine that answer as they are told, for the tests.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A server, and what it was asked: the head of every request.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn asked(&self) -> usize {
        self.heads.lock().unwrap().len()
    }

    pub(super) fn head(&self) -> String {
        self.heads
            .lock()
            .unwrap()
            .first()
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn url(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/path?secret=1", self.address.port())
    }
}

/// Serves each connection by `serve`; it gets the list for the heads it reads.
pub(super) async fn start<F, Answering>(serve: F) -> Server
where
    F: Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> Answering + Send + Sync + 'static,
    Answering: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&list)));
        }
    });
    Server { address, heads }
}

/// Gives the same answer to every request, and closes.
pub(super) async fn start_with(answer: impl Into<Vec<u8>>) -> Server {
    let answer: Arc<[u8]> = answer.into().into();
    start(move |mut stream, heads| {
        let answer = Arc::clone(&answer);
        async move {
            read_request(&mut stream, &heads).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

/// Reads a request, its body by `Content-Length`, and keeps it.
pub(super) async fn read_request<S: AsyncRead + Unpin>(
    stream: &mut S,
    heads: &Mutex<Vec<String>>,
) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                heads.lock().unwrap().push(text.clone());
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return text,
        }
    }
}

pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

/// A certificate authority of the tests' own.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        super::install_crypto();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn pem(&self) -> String {
        self.0.as_ref().pem()
    }

    /// An acceptor of HTTP/1.1 with a certificate for `host`, valid until a year.
    pub(super) fn acceptor(&self, host: &str, until: i32) -> TlsAcceptor {
        let mut config = self.config(host, until);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// An acceptor that would rather speak HTTP/2.
    pub(super) fn http2_acceptor(&self, host: &str) -> TlsAcceptor {
        let mut config = self.config(host, 2100);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    fn config(&self, host: &str, until: i32) -> rustls::ServerConfig {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap()
    }
}

/// Answers "ok" over TLS and keeps the connection.
pub(super) async fn start_tls(acceptor: TlsAcceptor) -> Server {
    start(move |stream, heads| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            while !read_request(&mut stream, &heads).await.is_empty() {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    })
    .await
}

/// Answers the first stream of an HTTP/2 connection with status 200.
pub(super) async fn start_http2(acceptor: TlsAcceptor) -> Server {
    start(move |stream, heads| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            let mut preface = [0; 24];
            stream.read_exact(&mut preface).await.unwrap();
            heads
                .lock()
                .unwrap()
                .push(String::from_utf8_lossy(&preface).into_owned());
            // Empty SETTINGS, and the acknowledgement of the client's.
            stream
                .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
                .await
                .unwrap();
            stream
                .write_all(&[0, 0, 0, 4, 1, 0, 0, 0, 0])
                .await
                .unwrap();
            loop {
                let mut frame = [0; 9];
                if stream.read_exact(&mut frame).await.is_err() {
                    return;
                }
                let length = usize::from(frame[1]) * 256 + usize::from(frame[2]);
                stream.read_exact(&mut vec![0; length]).await.unwrap();
                if frame[3] == 1 {
                    // HEADERS, the last frame of stream 1; 0x88 is `:status: 200`.
                    stream
                        .write_all(&[0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88])
                        .await
                        .unwrap();
                    stream.flush().await.unwrap();
                }
            }
        }
    })
    .await
}

/// Joins a proxied connection with the server that it is to reach.
pub(super) async fn join<S: AsyncRead + AsyncWrite + Unpin>(mut client: S, target: SocketAddr) {
    let mut server = TcpStream::connect(target).await.unwrap();
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

/// An HTTP proxy: takes CONNECT and leads every name to `target`.
pub(super) async fn start_http_proxy(target: SocketAddr) -> Server {
    start(move |mut stream, heads| async move {
        read_request(&mut stream, &heads).await;
        let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await;
        join(stream, target).await;
    })
    .await
}

/// A SOCKS 5 proxy without authentication; keeps the names it is asked for.
pub(super) async fn start_socks_proxy(target: SocketAddr) -> Server {
    start(move |mut stream, heads| async move {
        let mut hello = [0; 2];
        stream.read_exact(&mut hello).await.unwrap();
        let mut methods = vec![0; usize::from(hello[1])];
        stream.read_exact(&mut methods).await.unwrap();
        stream.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).await.unwrap();
        assert_eq!(request[3], 3, "a name, not an address");
        let mut name = vec![0; usize::from(request[4]) + 2];
        stream.read_exact(&mut name).await.unwrap();
        name.truncate(usize::from(request[4]));
        heads.lock().unwrap().push(String::from_utf8(name).unwrap());
        let answer = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        stream.write_all(&answer).await.unwrap();
        join(stream, target).await;
    })
    .await
}
