//! `checkid_setup` and `checkid_immediate`: no pages, it sends back at once.
//!
//! | fault | the assertion |
//! |---|---|
//! | `other-op-endpoint` `other-return-to` | says, signed, that it is of or for another |
//! | `other-identity` `foreign-claimed-id` | names two people; is about another provider's person |
//! | `old-nonce` `future-nonce` `nonce-without-z` `no-nonce` | made an hour ago, in an hour, in no zone, never |
//! | `unsigned-<field>` | does not sign `claimed_id`, `identity`, `op_endpoint`, `return_to`, `response_nonce`, `assoc_handle` |
//! | `unsigned-email` | holds the right address, unsigned |
//! | `added-email` | holds `victim@example.com` in unsigned SReg and AX fields |
//! | `wrong-signature` `no-signature` | is not signed like that |
//! | `duplicate-claimed-id` | has it twice, the other one first |
//! | `invalidate-handle` | tells to forget a handle |
//! | `ns-1.1` | says that it is OpenID 1.1 |
//! | `cancel` `setup-needed` `error` | is none |

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::attributes;
use super::handles::Kind;
use super::message::{Message, NS, failure};
use super::{Provider, xrds};
use crate::sandbox::State;
use crate::sandbox::client::Form;
use crate::sandbox::now;
use crate::sandbox::people::Person;
use crate::sandbox::token::Grant;
use crate::sandbox::unique::unique;

/// All faults of the table.
pub(super) const FAULTS: &[&str] = &[
    "other-op-endpoint",
    "other-return-to",
    "other-identity",
    "foreign-claimed-id",
    "old-nonce",
    "future-nonce",
    "nonce-without-z",
    "no-nonce",
    "unsigned-claimed_id",
    "unsigned-identity",
    "unsigned-op_endpoint",
    "unsigned-return_to",
    "unsigned-response_nonce",
    "unsigned-assoc_handle",
    "unsigned-email",
    "added-email",
    "wrong-signature",
    "no-signature",
    "duplicate-claimed-id",
    "invalidate-handle",
    "ns-1.1",
    "cancel",
    "setup-needed",
    "error",
];

const HOUR: u64 = 3600;
/// Someone whom the sandbox does not know.
const FOREIGN: &str = "https://another-provider.example/openid";
/// What must be signed, by §10.1.
const REQUIRED: [&str; 6] = [
    "op_endpoint",
    "claimed_id",
    "identity",
    "return_to",
    "response_nonce",
    "assoc_handle",
];

/// `GET /openid`: OpenID Authentication 2.0 §9 and §10.
pub(in crate::sandbox) async fn indirect(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let query = request.query_string().as_bytes();
    let Some(message) = Message::read(query) else {
        return failure("a field comes twice");
    };
    let provider = &state.openid;
    if message.get("mode").is_none() {
        return xrds(state).await;
    }
    let target = match return_to(&message) {
        Ok(target) => target,
        Err(text) => return failure(text),
    };
    let query = Form::read(query);
    let mut faults = provider.switches.at("assertion");
    let asked = query.get("fault").unwrap_or_default();
    faults.extend(FAULTS.iter().copied().filter(|fault| *fault == asked));
    let named = query.get("person").map(str::to_owned);
    let person = named.or_else(|| person_of(provider, &message));
    let grant = match &person {
        Some(person) => state.open(person).await,
        None => None,
    };
    if let Some((person, fault)) = person.zip(grant.as_ref().and_then(|grant| grant.fault)) {
        return fault.answer(&person).await;
    }
    let answer = grant
        .and_then(|grant| assertion(provider, &message, &grant, &faults))
        .filter(|_| negative(&faults).is_none());
    let answer = answer.unwrap_or_else(|| {
        let is_immediate = message.get("mode") == Some("checkid_immediate");
        let mode = if is_immediate {
            "setup_needed"
        } else {
            "cancel"
        };
        refusal(negative(&faults).unwrap_or(mode))
    });
    redirect(target, &answer, faults.contains(&"duplicate-claimed-id"))
}

/// Where to send back, or what is wrong with the request.
fn return_to(message: &Message) -> Result<Url, &'static str> {
    if message.get("ns") != Some(NS) {
        return Err("openid.ns: OpenID 2.0 alone");
    }
    if !matches!(
        message.get("mode"),
        Some("checkid_setup" | "checkid_immediate")
    ) {
        return Err("openid.mode: checkid_setup or checkid_immediate");
    }
    let target = message.get("return_to").map(Url::parse);
    let Some(Ok(target)) = target else {
        return Err("openid.return_to: a URL");
    };
    let Some(realm) = message.get("realm") else {
        return Ok(target);
    };
    match Url::parse(&realm.replacen("://*.", "://", 1)) {
        Ok(root) if is_below(&target, &root, realm.contains("://*.")) => Ok(target),
        _ => Err("openid.realm: openid.return_to is not below it"),
    }
}

/// §9.2.
fn is_below(target: &Url, root: &Url, wildcard: bool) -> bool {
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let same_host = host(target) == host(root)
        || wildcard && host(target).ends_with(&format!(".{}", host(root)));
    let directory = root.path().trim_end_matches('/');
    let rest = target.path().strip_prefix(directory);
    target.scheme() == root.scheme()
        && target.port_or_known_default() == root.port_or_known_default()
        && same_host
        && root.fragment().is_none()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whom the request names; `None` for "whoever it is".
fn person_of(provider: &Provider, message: &Message) -> Option<String> {
    let identity = message.get("identity")?;
    let number = identity.strip_prefix(&provider.identifier(""))?;
    Person::name_of_openid_number(number)
}

fn negative(faults: &[&str]) -> Option<&'static str> {
    [
        ("cancel", "cancel"),
        ("setup-needed", "setup_needed"),
        ("error", "error"),
    ]
    .into_iter()
    .find_map(|(fault, mode)| faults.contains(&fault).then_some(mode))
}

fn refusal(mode: &str) -> Message {
    let mut answer = Message::default();
    answer.set("ns", NS);
    answer.set("mode", mode);
    if mode == "error" {
        answer.set("error", "The sandbox fails as asked");
    }
    answer
}

/// A positive assertion; `None` for a person without an identifier.
fn assertion(
    provider: &Provider,
    request: &Message,
    grant: &Grant,
    faults: &[&'static str],
) -> Option<Message> {
    let identifier = provider.identifier(&grant.person.openid_number()?);
    let asked = request.get("assoc_handle");
    let shared = asked.filter(|handle| provider.handles.knows(Kind::Shared, handle));
    let handle = shared.map_or_else(|| provider.handles.give(Kind::Private), str::to_owned);
    let mut answer = Message::default();
    answer.set("ns", NS);
    answer.set("mode", "id_res");
    answer.set("op_endpoint", &*provider.endpoint);
    answer.set("claimed_id", &*identifier);
    answer.set("identity", identifier);
    answer.set("return_to", request.get("return_to")?);
    answer.set("response_nonce", nonce(now(), "Z"));
    if let Some(unknown) = asked.filter(|_| shared.is_none()) {
        answer.set("invalidate_handle", unknown);
    }
    answer.set("assoc_handle", handle);
    let mut signed: Vec<String> = REQUIRED.map(str::to_owned).to_vec();
    signed.extend(attributes::add(request, &grant.person, &mut answer));
    for fault in faults {
        spoil(provider, fault, &mut answer);
        if let Some(field) = fault.strip_prefix("unsigned-") {
            let of_email = grant.person.userinfo().get("email").cloned();
            // AX names its values as the request likes: what they hold tells.
            let is_email = |name: &str| {
                let value = answer.get(name).map(Value::from);
                field == "email" && value.is_some() && value == of_email
            };
            signed.retain(|name| name != field && !is_email(name));
        }
    }
    signed.retain(|name| answer.get(name).is_some());
    answer.set("signed", signed.join(","));
    let signature = provider.handles.sign(&answer)?;
    answer.set("sig", signature);
    for fault in faults {
        match *fault {
            "wrong-signature" => answer.set("sig", "d3JvbmcgYnV0IHRoZSByaWdodCBsZW5ndGguIDMyIG8="),
            "no-signature" => answer.remove("sig"),
            "added-email" => attributes::add_unsigned(&mut answer),
            _ => {}
        }
    }
    Some(answer)
}

/// Changes what is signed afterwards.
fn spoil(provider: &Provider, fault: &str, answer: &mut Message) {
    match fault {
        "other-op-endpoint" => answer.set("op_endpoint", FOREIGN),
        "other-return-to" => answer.set("return_to", "https://another-app.example/complete"),
        "other-identity" => answer.set("identity", provider.identifier("76561100000002002")),
        "foreign-claimed-id" => {
            for name in ["claimed_id", "identity"] {
                answer.set(name, format!("{FOREIGN}/id/76561100000002001"));
            }
        }
        "old-nonce" => answer.set("response_nonce", nonce(now().saturating_sub(HOUR), "Z")),
        "future-nonce" => answer.set("response_nonce", nonce(now().saturating_add(HOUR), "Z")),
        "nonce-without-z" => answer.set("response_nonce", nonce(now(), "")),
        "no-nonce" => answer.remove("response_nonce"),
        "invalidate-handle" => answer.set("invalidate_handle", "forget-this"),
        "ns-1.1" => answer.set("ns", "http://openid.net/signon/1.1"),
        _ => {}
    }
}

/// A time in UTC, and what makes it unique.
fn nonce(seconds: u64, zone: &str) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    let time: DateTime<Utc> = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let unique = unique();
    format!("{}{zone}{unique}", time.format("%Y-%m-%dT%H:%M:%S"))
}

fn redirect(mut target: Url, answer: &Message, twice: bool) -> HttpResponse {
    let mut pairs = target.query_pairs_mut();
    if twice {
        pairs.append_pair("openid.claimed_id", FOREIGN);
    }
    for (name, value) in answer.fields() {
        pairs.append_pair(&format!("openid.{name}"), value);
    }
    drop(pairs);
    HttpResponse::build(StatusCode::FOUND)
        .insert_header((header::LOCATION, target.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}
