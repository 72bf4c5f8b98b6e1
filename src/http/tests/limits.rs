//! BOM-1: what an answer may cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncWriteExt as _;

use super::*;

/// Sends `piece` for ever and counts the bytes that the client took.
async fn start_endless(
    head: &'static str,
    first: Vec<u8>,
    piece: Vec<u8>,
) -> (Server, Arc<AtomicU64>) {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let pieces = Arc::new((first, piece));
    let server = start(move |mut stream, heads| {
        let (pieces, counter) = (Arc::clone(&pieces), Arc::clone(&counter));
        async move {
            read_request(&mut stream, &heads).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&pieces.0).await.unwrap();
            while stream.write_all(&pieces.1).await.is_ok() {
                let length = u64::try_from(pieces.1.len()).unwrap();
                counter.fetch_add(length, Ordering::Relaxed);
            }
        }
    })
    .await;
    (server, sent)
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let (server, sent) = start_endless(head, Vec::new(), vec![b'x'; 64 * 1024]).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::TooLarge);
    let sent = sent.load(Ordering::Relaxed);
    // What the sockets' buffers hold comes on top of the limit.
    assert!(sent < 16 * 1024 * 1024, "{sent} bytes were taken");
}

/// Most memory that this process ever held, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_with_flat_memory() {
    // One mebibyte of zeros, flushed so that it can be repeated without end.
    let mut piece = Vec::with_capacity(64 * 1024);
    let mut compress = flate2::Compress::new(flate2::Compression::best(), false);
    compress
        .compress_vec(
            &vec![0; 1024 * 1024],
            &mut piece,
            flate2::FlushCompress::Full,
        )
        .unwrap();
    assert!(piece.len() < 4096, "{} bytes", piece.len());
    let gzip_header = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";

    let before = peak_memory();
    let (server, _) = start_endless(head, gzip_header, piece).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::TooLarge);
    let grown = peak_memory() - before;
    assert!(grown < 128 * 1024, "memory grew by {grown} KiB");
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
    for (length, passes) in [(MAX_BODY_LENGTH, true), (MAX_BODY_LENGTH + 1, false)] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&vec![b'a'; length]).unwrap();
        let zipped = gzip.finish().unwrap();
        let mut answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            zipped.len()
        )
        .into_bytes();
        answer.extend(zipped);
        let answer = ask(&start_with(answer).await).await;
        match answer {
            Ok(answer) => assert!(passes && answer.body.len() == length),
            Err(fault) => assert!(!passes && fault == HttpError::TooLarge),
        }
    }
}

#[tokio::test]
async fn endless_headers_are_cut() {
    let head = "HTTP/1.1 200 OK\r\n";
    let (server, sent) = start_endless(head, Vec::new(), b"x-more: and more\r\n".repeat(100)).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::Protocol);
    assert!(sent.load(Ordering::Relaxed) < 16 * 1024 * 1024);

    let (server, sent) = start_endless(head, b"x-long: ".to_vec(), vec![b'x'; 64 * 1024]).await;
    assert_eq!(ask(&server).await.unwrap_err(), HttpError::Protocol);
    assert!(sent.load(Ordering::Relaxed) < 16 * 1024 * 1024);
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_error() {
    let broken_gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\nconnection: close\r\n\r\nnope";
    for answer in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        broken_gzip,
    ] {
        let server = start_with(answer).await;
        assert_eq!(
            ask(&server).await.unwrap_err(),
            HttpError::Protocol,
            "{answer}"
        );
    }
}
