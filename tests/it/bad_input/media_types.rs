//! What is neither JSON nor a form, or compressed: BOD-1, BOD-4.

use super::{JSON, Unmoved, good};
use crate::support::server::{Store, on_both};
use crate::support::{http, raw};

on_both!(
    what_is_neither_json_nor_a_form_is_refused,
    what_is_compressed_is_refused,
    parameters_and_case_of_a_media_type_do_not_matter,
);

const IS_JSON: &str = "Content-Type: application/json";

fn refused(unmoved: &Unmoved, headers: &[&str], body: &[u8]) {
    let length = format!("Content-Length: {}", body.len());
    let lines = [headers, &[&length]].concat();
    let reply = unmoved.raw(&raw::post(&lines, body));
    let expected = (415, "unsupported_media_type".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{headers:?}");
}

async fn what_is_neither_json_nor_a_form_is_refused(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let valid = good().to_string();
    for headers in [
        &["Content-Type: text/plain"][..],
        &["Content-Type: application/json-seq"],
        &["Content-Type: application/xml"],
        &["Content-Type: json"],
        &["Content-Type: text/plain; application/json"],
        &["Content-Type: \u{e9}"],
        &["Content-Type:"],
        &[],
        &["Content-Type: text/plain", IS_JSON],
        &[IS_JSON, "Content-Type: text/plain"],
    ] {
        refused(&unmoved, headers, valid.as_bytes());
    }
    let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"provider\"\r\n\r\nsandbox\r\n--b--";
    let is_multipart = ["Content-Type: multipart/form-data; boundary=b"];
    refused(&unmoved, &is_multipart, multipart.as_bytes());
    unmoved.check().await;
}

async fn what_is_compressed_is_refused(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let valid = good().to_string().into_bytes();
    let (bomb, long) = (vec![b' '; 100_000_000], vec![b'x'; 65_537]);
    for (headers, body) in [
        (&[IS_JSON, "Content-Encoding: gzip"][..], &gzip(&valid)),
        (&[IS_JSON, "Content-Encoding: gzip"], &gzip(&bomb)),
        (&[IS_JSON, "Content-Encoding: gzip"], &valid),
        (&[IS_JSON, "Content-Encoding: gzip"], &long),
        (&[IS_JSON, "Content-Encoding: br"], &valid),
        (&[IS_JSON, "Content-Encoding: deflate"], &valid),
        (&[IS_JSON, "Content-Encoding: nonsense"], &valid),
        (
            &[
                IS_JSON,
                "Content-Encoding: identity",
                "Content-Encoding: gzip",
            ],
            &valid,
        ),
    ] {
        refused(&unmoved, headers, body);
    }
    unmoved.check().await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn parameters_and_case_of_a_media_type_do_not_matter(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let url = format!("{}/social_sign_up", unmoved.server.url);
    for media_type in [
        JSON,
        "application/json; charset=utf-8",
        "APPLICATION/JSON ;x=y",
    ] {
        let read = http::post_text(&url, None, media_type, good().to_string()).await;
        assert_eq!(read.status, 201, "{media_type}: {}", read.text);
    }
}
