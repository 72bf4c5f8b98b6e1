//! One connection to the proxy: the tunnel, its TLS, and the requests in it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::answer::{Answer, Fault};
use super::wire::{Received, read_request};
use super::{HostFault, World};

/// Serves whoever connects, for ever.
pub(super) async fn accept(listener: TcpListener, world: Arc<World>) {
    while let Ok((stream, _)) = listener.accept().await {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            // A client that leaves in the middle is nobody's concern.
            let _ = serve(stream, &world).await;
        });
    }
}

async fn serve(stream: TcpStream, world: &World) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let Some(first) = read_request(&mut stream, "").await? else {
        return Ok(());
    };
    if first.method != "CONNECT" {
        stream
            .write_all(b"HTTP/1.1 405 Only CONNECT\r\nContent-Length: 0\r\n\r\n")
            .await?;
        return stream.shutdown().await;
    }
    world.tunnels.fetch_add(1, Ordering::SeqCst);
    let authority = first.path.to_ascii_lowercase();
    let name = authority
        .rsplit_once(':')
        .map_or(authority.as_str(), |(name, _)| name)
        .trim_matches(['[', ']']);
    let host = authority.strip_suffix(":443").unwrap_or(&authority);
    let fault = world.host_fault(host);
    if fault == Some(HostFault::Unreachable) {
        stream
            .write_all(b"HTTP/1.1 502 Unreachable\r\nContent-Length: 0\r\n\r\n")
            .await?;
        return stream.shutdown().await;
    }
    stream
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await?;
    let authority = match fault {
        Some(HostFault::Untrusted) => &world.stranger,
        _ => &world.authority,
    };
    let settings = authority.settings_for(name);
    serve_tls(stream, settings, host, world).await
}

/// Serves one host without a proxy.
pub(super) async fn accept_as(host: &'static str, listener: TcpListener, world: Arc<World>) {
    while let Ok((stream, _)) = listener.accept().await {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let settings = world.authority.settings_for(host);
            // A client that leaves in the middle is nobody's concern.
            let _ = serve_tls(BufReader::new(stream), settings, host, &world).await;
        });
    }
}

async fn serve_tls(
    stream: BufReader<TcpStream>,
    settings: Arc<ServerConfig>,
    host: &str,
    world: &World,
) -> io::Result<()> {
    let tls = TlsAcceptor::from(settings).accept(stream).await?;
    let mut tls = BufReader::new(tls);
    while let Some(received) = read_request(&mut tls, host).await? {
        let last = wants_close(&received);
        let answer = world.answer(&received);
        let kept = send(&mut tls, &answer).await?;
        if last || !kept {
            break;
        }
    }
    tls.shutdown().await
}

fn wants_close(received: &Received) -> bool {
    received
        .header("connection")
        .is_some_and(|value| value.eq_ignore_ascii_case("close"))
}

/// Sends the answer or its fault; whether the connection can be used again.
async fn send<S>(stream: &mut S, answer: &Answer) -> io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tokio::time::sleep(answer.delay).await;
    match answer.fault {
        None => {
            stream.write_all(&head(answer, true)).await?;
            stream.write_all(&answer.body).await?;
            stream.flush().await?;
            Ok(true)
        }
        Some(Fault::Hang) => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            Ok(false)
        }
        Some(Fault::Close) => Ok(false),
        Some(Fault::Garbage) => {
            stream
                .write_all(b"\x00\x01\xfe\xff no HTTP\r\n\r\n")
                .await?;
            Ok(false)
        }
        Some(Fault::Endless) => {
            stream.write_all(&head(answer, false)).await?;
            stream.write_all(b"1\r\n\"\r\n").await?;
            let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
            loop {
                stream.write_all(chunk.as_bytes()).await?;
            }
        }
        Some(Fault::Truncated) => {
            stream.write_all(&head(answer, true)).await?;
            let half = answer.body.len() / 2;
            stream.write_all(&answer.body[..half]).await?;
            Ok(false)
        }
    }
}

fn head(answer: &Answer, sized: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Answer\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if sized {
        head += "Content-Length: ";
        head += &answer.body.len().to_string();
        head += "\r\n\r\n";
    } else {
        head.push_str("Transfer-Encoding: chunked\r\n\r\n");
    }
    head.into_bytes()
}
