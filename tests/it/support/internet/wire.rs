//! A request as it comes over the wire.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// A request that the fake internet received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// In capitals.
    pub(crate) method: String,
    /// In small letters, without the port 443.
    pub(crate) host: String,
    /// As sent, without the query.
    pub(crate) path: String,
    /// Decoded, in the order sent.
    pub(crate) query: Vec<(String, String)>,
    /// Names in small letters, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// The first value of a header; its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The first value of a query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }

    /// The body as JSON; the test fails when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request's body is JSON")
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// Reads one request; `None` when the client left between two.
pub(super) async fn read_request<S>(stream: &mut S, host: &str) -> io::Result<Option<Received>>
where
    S: AsyncBufRead + Unpin,
{
    let first = line(stream).await?;
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = Vec::new();
    loop {
        let header = line(stream).await?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let body = read_body(stream, &headers).await?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Some(Received {
        method: method.to_owned(),
        host: host.to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers,
        body,
    }))
}

async fn read_body<S>(stream: &mut S, headers: &[(String, String)]) -> io::Result<Vec<u8>>
where
    S: AsyncBufRead + Unpin,
{
    let mut body = Vec::new();
    if first(headers, "transfer-encoding").is_some() {
        loop {
            let size = line(stream).await?;
            let size = u64::from_str_radix(&size, 16).map_err(io::Error::other)?;
            (&mut *stream).take(size).read_to_end(&mut body).await?;
            line(stream).await?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    if let Some(length) = first(headers, "content-length") {
        let length = length.parse().map_err(io::Error::other)?;
        stream.take(length).read_to_end(&mut body).await?;
    }
    Ok(body)
}

async fn line<S>(stream: &mut S) -> io::Result<String>
where
    S: AsyncBufRead + Unpin,
{
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
