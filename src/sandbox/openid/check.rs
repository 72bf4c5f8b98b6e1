//! `check_authentication`: did you say that? Yes, once.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::Provider;
use super::handles::Kind;
use super::message::{Message, NS, plain};

/// OpenID Authentication 2.0 §11.4.2.
pub(super) fn check_authentication(provider: &Provider, message: &Message) -> HttpResponse {
    let handle = message.get("assoc_handle").unwrap_or_default();
    let nonce = message.get("response_nonce").unwrap_or_default();
    let faults = provider.switches.at("check_authentication");
    let is_ours = provider.handles.knows(Kind::Private, handle)
        && provider.handles.is_signed(message)
        && provider.checked.insert(nonce);
    let is_valid = is_ours && !faults.contains(&"invalid");
    let mut answer = Message::default();
    answer.set("ns", NS);
    answer.set("is_valid", is_valid.to_string());
    let doubted = message.get("invalidate_handle");
    if let Some(doubted) = doubted.filter(|handle| !provider.handles.knows(Kind::Shared, handle)) {
        answer.set("invalidate_handle", doubted);
    }
    for fault in faults {
        match fault {
            "no-newline" => {
                let lines = answer
                    .fields()
                    .map(|(name, value)| format!("{name}:{value}"));
                let line = lines.collect::<Vec<_>>().join(" ");
                return plain(StatusCode::OK, line);
            }
            "no-ns" => answer.remove("ns"),
            "wrong-ns" => answer.set("ns", "http://openid.net/signon/1.1"),
            "invalidate-handle" => answer.set("invalidate_handle", handle),
            _ => {}
        }
    }
    answer.answer(StatusCode::OK)
}
