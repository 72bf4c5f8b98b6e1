//! Requests byte by byte, for those that no proper client sends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::server::Reply;

/// Far more than any answer takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends these bytes to the server at `url` and reads the answer; blocks.
pub(crate) fn send(url: &str, request: &[u8]) -> Reply {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // A server that refuses early need not read to the end.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while !is_whole(&answer) {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&answer)),
        }
    }
    parse(&answer)
}

/// A `POST /social_sign_up` with these header lines and this body as it is.
pub(crate) fn post(headers: &[&str], body: &[u8]) -> Vec<u8> {
    let line = ["POST /social_sign_up HTTP/1.1", "Host: localhost"];
    let head = [&line, headers, &["", ""]].concat().join("\r\n");
    [head.as_bytes(), body].concat()
}

/// A body in chunks of at most 1000 bytes.
pub(crate) fn chunked(body: &[u8]) -> Vec<u8> {
    let mut sent = Vec::new();
    for chunk in body.chunks(1000) {
        sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b"0\r\n\r\n");
    sent
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    length.is_some_and(|length| body.len() >= length.trim().parse::<usize>().unwrap())
}

fn parse(answer: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    Reply {
        status: status.unwrap_or_default().parse().unwrap_or_default(),
        headers,
        text: body.to_owned(),
    }
}
