//! The same over HTTP, by tokens of the sandbox that stand for such people.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::answers::leaf;
use super::{may_be_uid, may_be_username};
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(a_uid_is_kept_to_the_letter_or_refused_and_every_username_is_one);

/// Some odd values, other ones each time.
fn sample(count: usize) -> Vec<Value> {
    let values = vec(leaf(), count).new_tree(&mut TestRunner::default());
    values.unwrap().current()
}

/// JSON in ASCII, as a header can hold it.
fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() && !c.is_ascii_control() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").unwrap();
            }
        }
    }
    out
}

async fn sign_up(server: &Server, token: &str) -> Reply {
    let body = json!({"provider": "sandbox", "access_token": token});
    server.sign_up(body).await
}

async fn a_uid_is_kept_to_the_letter_or_refused_and_every_username_is_one(store: Store) {
    let server = Server::start(store);
    for value in sample(48) {
        let token = format!("sub:{}", ascii(&value));
        let reply = sign_up(&server, &token).await;
        let text = match &value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        if let Some(uid) = text.filter(|text| may_be_uid(text)) {
            assert_eq!(reply.status, 201, "{token}: {}", reply.text);
            assert_eq!(reply.json()["social_auth"]["uid"], uid, "{token}");
        } else {
            let (status, code) = reply.status_and_code();
            assert!(matches!(status, 401 | 502), "{token}: {status} {code}");
        }
    }
    for value in sample(32) {
        let said = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let token = format!("username:{}", utf8_percent_encode(&said, NON_ALPHANUMERIC));
        let reply = sign_up(&server, &token).await;
        // The sandbox names such a person by the name as well.
        if may_be_uid(&format!("name-{said}")) {
            assert_eq!(reply.status, 201, "{token}: {}", reply.text);
            let user = reply.json();
            let name = user["username"].as_str().unwrap();
            assert!(may_be_username(name), "{token}: {name}");
        } else {
            assert!(matches!(reply.status, 401 | 502), "{token}: {}", reply.text);
        }
    }
}
