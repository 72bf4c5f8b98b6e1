//! A client of sockets and nothing else: it sees the bytes that are sent.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::sandbox::Sandbox;

/// Header name and value.
pub(super) type Header<'a> = (&'a str, &'a str);

/// What came back. Header names are lower case.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(super) async fn get(sandbox: &Sandbox, target: &str, headers: &[Header<'_>]) -> Answer {
    send(sandbox, "GET", target, headers, "").await
}

pub(super) async fn send(
    sandbox: &Sandbox,
    method: &str,
    target: &str,
    headers: &[Header<'_>],
    body: &str,
) -> Answer {
    let mut stream = open(sandbox).await;
    write(&mut stream, method, target, headers, body).await;
    parse(&read(&mut stream).await)
}

pub(super) async fn open(sandbox: &Sandbox) -> TcpStream {
    let address = sandbox.url().replace("http://", "");
    TcpStream::connect(address).await.unwrap()
}

pub(super) async fn write(
    stream: &mut TcpStream,
    method: &str,
    target: &str,
    headers: &[Header<'_>],
    body: &str,
) {
    let host = stream.peer_addr().unwrap();
    let length = body.len();
    let mut request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n"
    );
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    write_raw(stream, format!("{request}\r\n{body}").as_bytes()).await;
}

pub(super) async fn write_raw(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
}

/// All that is sent until the other side closes, in whatever manner.
pub(super) async fn read(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut bytes).await {}
    bytes
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.expect("an answer has a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers: HashMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let body = &bytes[end + 4..];
    let chunked = headers
        .get("transfer-encoding")
        .is_some_and(|coding| coding == "chunked");
    Answer {
        status: status.parse().unwrap(),
        body: if chunked {
            dechunk(body)
        } else {
            body.to_vec()
        },
        headers,
    }
}

fn dechunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}
