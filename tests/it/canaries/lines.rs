//! One event, one line: nobody forges a second one.

use serde_json::json;

use super::Watched;
use crate::support::server::Store;
use crate::support::{http, raw};

/// What an attacker would have the log say.
const FORGED: &str = "2026-01-01T00:00:00.000000Z ERROR sociable: forged";

/// LOG-2.
#[tokio::test]
async fn no_request_splits_a_log_line_or_colours_it() {
    let store = Store::sqlite();
    let server = Watched::start(&store, "text", &[]);
    let url = format!("{}/social_sign_up", server.url);
    for odd in [
        "\r\n",
        "\n",
        "\u{1b}[2J\u{1b}[31m",
        "\u{9b}31m",
        "\u{2028}",
        "\u{85}",
        "\0",
    ] {
        let text = format!("x{odd}{FORGED}");
        for body in [
            json!({"provider": text, "access_token": "alice"}),
            json!({"provider": "sandbox", "access_token": text}),
            json!({"provider": "sandbox", "access_token": "nobody", text.as_str(): text}),
            json!({"provider": "sandbox", "access_token": "uid:x%0a2026-01-01T00:00:00.0Z%1b[31m"}),
            json!({"provider": "sandbox", "access_token": "username:x%0d%0a%1b[31mforged"}),
        ] {
            http::post(&url, None, &body).await;
        }
        let form = format!("provider={text}&access_token=x");
        http::post_text(&url, None, "application/x-www-form-urlencoded", form).await;
        http::post_text(&url, None, "application/json", text.clone()).await;
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        for path in ["/", "/me?x=", "/me/"] {
            http::get(&format!("{}{path}{encoded}", server.url), None).await;
        }
        for request in [
            format!("GET /me HTTP/1.1\r\nHost: x\r\nUser-Agent: {text}\r\n\r\n"),
            format!("GET /me HTTP/1.1\r\nHost: x\r\nX-Request-Id: {text}\r\n\r\n"),
            format!("GET /me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {text}\r\n\r\n"),
            format!("GET /me HTTP/1.1\r\nHost: {text}\r\n\r\n"),
            format!("GET /{text} HTTP/1.1\r\nHost: x\r\n\r\n"),
            format!("{text} /me HTTP/1.1\r\nHost: x\r\n\r\n"),
        ] {
            raw::send(&server.url, request.as_bytes());
        }
    }
    let lines = server.stop();
    let logged: Vec<&String> = lines
        .iter()
        .filter(|line| !line.starts_with("listening on "))
        .collect();
    assert!(logged.len() > 1000, "the log is wide open");
    for line in logged {
        assert!(is_an_event(line), "{line:?}");
        assert!(
            !line.contains(|c: char| c.is_control() && c != '\t'),
            "{line:?}"
        );
        assert!(!line.starts_with(FORGED), "{line:?}");
    }
}

/// Whether a line starts with a time and a level, as each event does.
fn is_an_event(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let time = words.next().unwrap_or_default();
    let level = words.next().unwrap_or_default();
    let dated = time.len() == 27 && time.ends_with('Z') && time.contains('T');
    dated && ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].contains(&level)
}
