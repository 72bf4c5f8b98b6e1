//! The OpenID 2.0 provider, at `/openid`.
//!
//! The person is the query's `person`, a token of the token language, or whom
//! `openid.identity` names. Faults are switched on until they are switched
//! off; those of `assertion` also for one request, by the query's `fault`:
//!
//! | place | faults of its own |
//! |---|---|
//! | `assertion` | those of `assertion.rs` |
//! | `check_authentication` | `invalid` `no-newline` `no-ns` `wrong-ns` `invalidate-handle` `redirect` |
//! | `associate` | `unsupported-type` `unencrypted` `sha1` `redirect` |
//!
//! The last two also know the faults of the token language.

mod assertion;
mod associate;
mod attributes;
mod check;
mod diffie_hellman;
mod handles;
mod message;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use ring::error::Unspecified;

pub(super) use assertion::indirect;

use super::State;
use super::seen::Seen;
use super::switches::{Place, Switches};
use handles::Handles;
use message::{Message, NS};

/// How many checked nonces are remembered.
const CHECKED: usize = 100_000;

const PLACES: &[Place] = &[
    Place {
        name: "assertion",
        faults: assertion::FAULTS,
        any: false,
    },
    Place {
        name: "check_authentication",
        faults: &[
            "invalid",
            "no-newline",
            "no-ns",
            "wrong-ns",
            "invalidate-handle",
            "redirect",
        ],
        any: true,
    },
    Place {
        name: "associate",
        faults: &["unsupported-type", "unencrypted", "sha1", "redirect"],
        any: true,
    },
];

/// What the provider knows.
pub(super) struct Provider {
    /// Where it is asked, and what its identifiers begin with.
    endpoint: String,
    handles: Handles,
    checked: Seen,
    switches: Switches,
}

impl Provider {
    /// The provider of a sandbox at that URL, with a fresh key.
    pub(super) fn at(sandbox: &str) -> Result<Self, Unspecified> {
        Ok(Self {
            endpoint: format!("{sandbox}/openid"),
            handles: Handles::generate()?,
            checked: Seen::with_room(CHECKED),
            switches: Switches::of(PLACES),
        })
    }

    fn identifier(&self, number: &str) -> String {
        let number = super::percent::encode(number.as_bytes());
        format!("{}/id/{number}", self.endpoint)
    }
}

/// `POST /openid`: what a relying party asks by itself, by `openid.mode`.
pub(super) async fn direct(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return HttpResponse::UnsupportedMediaType().finish();
    }
    let Some(message) = Message::read(&body).filter(|message| message.get("ns") == Some(NS)) else {
        return message::failure("no OpenID 2.0 message");
    };
    match message.get("mode") {
        Some(mode @ "check_authentication") => match state.openid.switches.answer(mode).await {
            Some(fault) => fault,
            None => check::check_authentication(&state.openid, &message),
        },
        Some(mode @ "associate") => match state.openid.switches.answer(mode).await {
            Some(fault) => fault,
            None => associate::associate(&state.openid, &message),
        },
        _ => message::failure("openid.mode: check_authentication or associate"),
    }
}

/// `GET /openid/xrds`: where the provider is.
pub(super) async fn xrds(state: Data<State>) -> HttpResponse {
    service("server", &state.openid.endpoint, "")
}

/// `GET /openid/id/{number}`: where to ask about a person.
pub(super) async fn person_xrds(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let number = request.match_info().get("number");
    let Some(number) = number.and_then(super::percent::decode_text) else {
        return HttpResponse::NotFound().finish();
    };
    let local = format!("<LocalID>{}</LocalID>", state.openid.identifier(&number));
    service("signon", &state.openid.endpoint, &local)
}

fn service(kind: &str, endpoint: &str, local: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/xrds+xml")
        .body(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <xrds:XRDS xmlns:xrds=\"xri://$xrds\" xmlns=\"xri://$xrd*($v*2.0)\"><XRD>\
             <Service priority=\"0\"><Type>http://specs.openid.net/auth/2.0/{kind}</Type>\
             <URI>{endpoint}</URI>{local}</Service></XRD></xrds:XRDS>\n"
        ))
}

/// `GET /openid/faults`: which are on.
pub(super) async fn show_faults(state: Data<State>) -> HttpResponse {
    state.openid.switches.show()
}

/// `POST /openid/faults`: turns them on and off.
pub(super) async fn set_faults(
    state: Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    state.openid.switches.set(&request, &body)
}
