//! Bodies that are too long, of another kind, or not readable.

use serde_json::json;

use super::{FORM, JSON, Unmoved, asked, good, messages};
use crate::support::server::{Server, Store, on_both};
use crate::support::{http, raw};

on_both!(
    what_is_no_json_is_refused,
    what_is_no_object_is_told_what_it_is,
    a_key_that_is_given_twice_is_named,
    a_body_beyond_64_kib_is_refused_and_one_of_64_kib_is_read,
    shapes_that_exhaust_parsers_are_refused,
    a_body_that_does_not_arrive_whole_is_refused,
);

/// BOD-2: also surrogates, a BOM, UTF-16 and what follows the object.
async fn what_is_no_json_is_refused(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let valid = good().to_string();
    let utf_16: Vec<u8> = valid.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let not_utf_8 = b"{\"provider\":\"sandbox\",\"access_token\":\"al\xffice\"}".to_vec();
    let texts = [
        "",
        " ",
        "nonsense",
        "{",
        "{}}",
        "{\"provider\":\"sandbox\",\"access_token\":\"ali",
        "{'provider':'sandbox','access_token':'alice'}",
        "{\"provider\":\"sandbox\",\"access_token\":\"alice\",}",
        "{\"provider\":\"sandbox\",\"access_token\":NaN}",
        "{\"provider\":\"sandbox\",\"access_token\":\"al\nice\"}",
        "{\"provider\":\"sandbox\",\"access_token\":\"al\0ice\"}",
        "{\"provider\":\"\\ud800\",\"access_token\":\"alice\"}",
        "{\"provider\":\"sandbox\",\"access_token\":\"\\ud800\"}",
        "{\"provider\":\"sandbox\",\"access_token\":\"alice\",\"x\":\"\\udc00\\ud800\"}",
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend([
        format!("{valid} x").into_bytes(),
        format!("{valid}{valid}").into_bytes(),
        format!("\u{feff}{valid}").into_bytes(),
        [b"\xff\xfe".to_vec(), utf_16.clone()].concat(),
        utf_16,
        not_utf_8,
    ]);
    for body in bodies {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let refused = unmoved.post(JSON, body).await;
        let expected = (400, "invalid_parameter".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{shown}");
        assert!(!refused.text.contains("alice"), "{}", refused.text);
    }
    unmoved.check().await;
}

async fn what_is_no_object_is_told_what_it_is(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    for (body, kind) in [
        ("[]", "list"),
        (" [{\"provider\":\"sandbox\"}]", "list"),
        ("null", "NoneType"),
        ("\"x\"", "str"),
        ("7", "int"),
        ("-7", "int"),
        ("12345678901234567890123456789012345678901234567890", "int"),
        ("1.5", "float"),
        ("1e3", "float"),
        ("true", "bool"),
    ] {
        let refused = unmoved.post(JSON, body).await;
        let expected = format!("Invalid data. Expected a dictionary, but got {kind}.");
        assert_eq!(messages(&refused, "non_field_errors"), [expected], "{body}");
    }
    unmoved.check().await;
}

/// BOD-3, in JSON and in forms.
async fn a_key_that_is_given_twice_is_named(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    for (field, media_type, body) in [
        (
            "provider",
            JSON,
            r#"{"provider":"sandbox","access_token":"alice","provider":"sandbox"}"#,
        ),
        (
            "access_token",
            JSON,
            r#"{"provider":"sandbox","access_token":"alice","access_token":"bob"}"#,
        ),
        (
            "provider",
            JSON,
            r#"{"provider":"sandbox","pro\u0076ider":"sandbox-oauth1","access_token":"alice"}"#,
        ),
        (
            "access_token",
            FORM,
            "provider=sandbox&access_token=alice&access_token=bob",
        ),
        (
            "provider",
            FORM,
            "provider=sandbox&access_token=alice&pro%76ider=x",
        ),
    ] {
        let refused = unmoved.post(media_type, body).await;
        let expected = ["This field is given twice."];
        assert_eq!(messages(&refused, field), expected, "{body}");
    }
    unmoved.check().await;
}

/// BOD-1: announced, sent in chunks, or announced and never sent.
async fn a_body_beyond_64_kib_is_refused_and_one_of_64_kib_is_read(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let padded = |length: usize| {
        let empty = json!({"provider": "sandbox", "access_token": "alice", "x": ""});
        let padding = "x".repeat(length - empty.to_string().len());
        json!({"provider": "sandbox", "access_token": "alice", "x": padding}).to_string()
    };
    let (longest, too_long) = (padded(65_536), padded(65_537));
    let headers = [
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    ];
    let chunked = |body: &str| raw::post(&headers, &raw::chunked(body.as_bytes()));
    let announced = [
        "Content-Type: application/json",
        "Content-Length: 10000000000",
    ];
    let form = format!(
        "provider=sandbox&access_token=alice&x={}",
        "x".repeat(65_536)
    );
    for refused in [
        unmoved.post(JSON, too_long.clone()).await,
        unmoved.post(FORM, form).await,
        unmoved.raw(&chunked(&too_long)),
        unmoved.raw(&raw::post(&announced, b"")),
    ] {
        let expected = (413, "payload_too_large".to_owned());
        assert_eq!(refused.status_and_code(), expected);
    }
    let server = &unmoved.server;
    let url = format!("{}/social_sign_up", server.url);
    let read = http::post_text(&url, None, JSON, longest.clone()).await;
    assert_eq!(read.status, 201, "{}", read.text);
    let read = raw::send(&server.url, &chunked(&longest));
    assert_eq!(read.status, 201, "{}", read.text);
}

/// BOD-2: as deep, as wide and as long as 64 KiB allow, and beyond.
async fn shapes_that_exhaust_parsers_are_refused(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let nested = |depth: usize, open: &str, close: &str| {
        let inner = format!("{}1{}", open.repeat(depth - 1), close.repeat(depth - 1));
        format!(r#"{{"provider":"sandbox","access_token":"alice","x":{inner}}}"#)
    };
    let deep = [
        nested(33, "[", "]"),
        nested(33, r#"{"a":"#, "}"),
        nested(10_000, "[", "]"),
        nested(9_000, r#"{"a":"#, "}"),
        "[".repeat(65_536),
        "{\"a\":".repeat(13_000),
    ];
    for body in deep {
        let refused = unmoved.post(JSON, body).await;
        assert_eq!(
            refused.status_and_code(),
            (400, "invalid_parameter".to_owned())
        );
        assert!(refused.text.contains("deeper than 32"), "{}", refused.text);
    }
    let keys = |count: usize| {
        let keys: Vec<String> = (0..count).map(|n| format!("\"{n}\":1")).collect();
        format!("{{{},\"provider\":\"sandbox\"}}", keys.join(","))
    };
    let number = |digits: usize| {
        format!(
            "{{\"provider\":\"sandbox\",\"access_token\":{}}}",
            "7".repeat(digits)
        )
    };
    for too_long in [keys(100_000), number(1_000_000)] {
        assert_eq!(unmoved.post(JSON, too_long).await.status, 413);
    }
    let wide = unmoved.post(JSON, keys(7_000)).await;
    assert_eq!(
        wide.status_and_code(),
        (400, "missing_parameter".to_owned())
    );
    let long = unmoved.post(JSON, number(65_000)).await;
    assert_eq!(messages(&long, "access_token"), ["Not a valid string."]);
    unmoved.check().await;
}

async fn a_body_that_does_not_arrive_whole_is_refused(store: Store) {
    let unmoved = Unmoved::start(store, &[]).await;
    let headers = [
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    ];
    let refused = unmoved.raw(&raw::post(&headers, b"zz\r\n{}\r\n"));
    let expected = (400, "invalid_parameter".to_owned());
    assert_eq!(refused.status_and_code(), expected);
    unmoved.check().await;
}

/// The other side of the limit: what is deep, but not too deep, is read.
#[tokio::test]
async fn nesting_of_32_is_read() {
    let server = Server::start(Store::sqlite());
    let inner = format!("{}1{}", "[".repeat(31), "]".repeat(31));
    let body = format!(r#"{{"provider":"sandbox","access_token":"alice","x":{inner}}}"#);
    let url = format!("{}/social_sign_up", server.url);
    let read = http::post_text(&url, None, JSON, body).await;
    assert_eq!(read.status, 201, "{}", read.text);
    assert_eq!(asked(&server), 2);
}
