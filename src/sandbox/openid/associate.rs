//! `associate`: a key that both sides know, HMAC-SHA256 alone.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Provider;
use super::diffie_hellman;
use super::handles::{Kind, LIFETIME};
use super::message::{Message, NS, failure};

/// OpenID Authentication 2.0 §8.
pub(super) fn associate(provider: &Provider, message: &Message) -> HttpResponse {
    let faults = provider.switches.at("associate");
    let session = message.get("session_type").unwrap_or_default();
    let is_known = message.get("assoc_type") == Some("HMAC-SHA256")
        && ["DH-SHA256", "no-encryption"].contains(&session);
    if !is_known || faults.contains(&"unsupported-type") {
        return unsupported();
    }
    let handle = provider.handles.give(Kind::Shared);
    let key = provider.handles.key(&handle);
    let session = if faults.contains(&"unencrypted") {
        "no-encryption"
    } else {
        session
    };
    let mut answer = Message::default();
    answer.set("ns", NS);
    answer.set("assoc_handle", &*handle);
    answer.set("session_type", session);
    answer.set("assoc_type", "HMAC-SHA256");
    if faults.contains(&"sha1") {
        answer.set("assoc_type", "HMAC-SHA1");
    }
    answer.set("expires_in", LIFETIME.to_string());
    if session == "no-encryption" {
        answer.set("mac_key", STANDARD.encode(key));
        return answer.answer(StatusCode::OK);
    }
    let number = |name| {
        let given = message.get(name).map(|text| STANDARD.decode(text));
        given.transpose().map_err(|_no_base64| ())
    };
    let numbers = number("dh_modulus")
        .and_then(|modulus| Ok((modulus, number("dh_gen")?, number("dh_consumer_public")?)));
    let Ok((modulus, generator, Some(consumer))) = numbers else {
        return failure("openid.dh_consumer_public: a number in Base64");
    };
    let hidden = diffie_hellman::hide(&key, modulus.as_deref(), generator.as_deref(), &consumer);
    let Some((public, hidden)) = hidden else {
        return failure("openid.dh_*: numbers that cannot be used");
    };
    answer.set("dh_server_public", STANDARD.encode(public));
    answer.set("enc_mac_key", STANDARD.encode(hidden));
    answer.answer(StatusCode::OK)
}

fn unsupported() -> HttpResponse {
    let mut answer = Message::default();
    answer.set("ns", NS);
    answer.set(
        "error",
        "HMAC-SHA256 with DH-SHA256 or no-encryption is all there is",
    );
    answer.set("error_code", "unsupported-type");
    answer.set("session_type", "DH-SHA256");
    answer.set("assoc_type", "HMAC-SHA256");
    answer.answer(StatusCode::BAD_REQUEST)
}
