//! The OpenID Connect issuer, at `/oidc`.
//!
//! People and access tokens are those of the token language: who signs in as
//! `wrong-app:alice` gets an id token for another app. Besides, each endpoint
//! has faults that are switched on until they are switched off:
//!
//! | place | faults of its own |
//! |---|---|
//! | `discovery` | `wrong-issuer` `redirect` |
//! | `jwks` | `no-keys` `private` `many` `duplicate-kid` `redirect` |
//! | `authorize` | `wrong-iss` `no-iss` `wrong-state` `no-state` `denied` |
//! | `token` | `error-200` `form` `expires-in-text` `mac` `no-access-token` `no-id-token` `redirect` |
//! | `revoke` | |
//! | `id_token` | those of `forgery.rs` |
//!
//! All but `id_token` also know the faults of the token language.

mod authorize;
mod forge;
mod forgery;
mod id_token;
mod keys;
mod token;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use ring::error::Unspecified;
use serde_json::{Value, json};

pub(super) use authorize::authorize;
pub(super) use forge::id_token as forge_id_token;
pub(super) use token::token;

use super::State;
use super::client::{Form, members};
use super::kept::Kept;
use super::oauth2;
use super::switches::{Place, Switches, refused};
use authorize::Code;
use keys::Keys;

/// How many codes wait to be redeemed.
const CODES: usize = 10_000;
/// How many keys the fault `many` puts into the set.
const MANY: usize = 10_000;

const PLACES: &[Place] = &[
    Place {
        name: "discovery",
        faults: &["wrong-issuer", "redirect"],
        any: true,
    },
    Place {
        name: "jwks",
        faults: &["no-keys", "private", "many", "duplicate-kid", "redirect"],
        any: true,
    },
    Place {
        name: "authorize",
        faults: &["wrong-iss", "no-iss", "wrong-state", "no-state", "denied"],
        any: true,
    },
    Place {
        name: "token",
        faults: &[
            "error-200",
            "form",
            "expires-in-text",
            "mac",
            "no-access-token",
            "no-id-token",
            "redirect",
        ],
        any: true,
    },
    Place {
        name: "revoke",
        faults: &[],
        any: true,
    },
    Place {
        name: "id_token",
        faults: forgery::FAULTS,
        any: false,
    },
];

/// What the issuer knows.
pub(super) struct Issuer {
    name: String,
    keys: Keys,
    codes: Kept<Code>,
    switches: Switches,
}

impl Issuer {
    /// The issuer of a sandbox at that URL, with fresh keys.
    pub(super) fn at(sandbox: &str) -> Result<Self, Unspecified> {
        Ok(Self {
            name: format!("{sandbox}/oidc"),
            keys: Keys::generate()?,
            codes: Kept::with_room(CODES),
            switches: Switches::of(PLACES),
        })
    }
}

/// `GET /oidc/.well-known/openid-configuration`.
pub(super) async fn discovery(state: Data<State>) -> HttpResponse {
    let issuer = &state.oidc;
    if let Some(answer) = issuer.switches.answer("discovery").await {
        return answer;
    }
    let name = &issuer.name;
    let named = if issuer.switches.has("discovery", "wrong-issuer") {
        "https://another-issuer.example"
    } else {
        name
    };
    HttpResponse::Ok().json(json!({
        "issuer": named,
        "authorization_endpoint": format!("{name}/authorize"),
        "token_endpoint": format!("{name}/token"),
        "userinfo_endpoint": format!("{name}/userinfo"),
        "jwks_uri": format!("{name}/jwks"),
        "introspection_endpoint": format!("{name}/introspect"),
        "revocation_endpoint": format!("{name}/revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "scopes_supported": ["openid", "profile", "email"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// `POST /oidc/revoke`: RFC 7009.
pub(super) async fn revoke(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    if let Some(answer) = state.oidc.switches.answer("revoke").await {
        return answer;
    }
    oauth2::revoke(state, request, body).await
}

/// `GET /oidc/jwks`: the public keys.
pub(super) async fn jwks(state: Data<State>) -> HttpResponse {
    let issuer = &state.oidc;
    if let Some(answer) = issuer.switches.answer("jwks").await {
        return answer;
    }
    let mut keys = issuer.keys.published();
    for fault in issuer.switches.at("jwks") {
        match fault {
            "no-keys" => keys.clear(),
            "private" => {
                for key in keys.iter_mut().filter_map(Value::as_object_mut) {
                    key.insert("d".to_owned(), json!("AQAB"));
                }
            }
            "many" => {
                let first = keys.first().cloned().unwrap_or_default();
                keys.extend((0..MANY).map(|number| with_kid(&first, &format!("many-{number}"))));
            }
            "duplicate-kid" => {
                let doubled: Vec<Value> = keys.iter().map(|key| with_kid(key, "one")).collect();
                keys = doubled;
            }
            _ => {}
        }
    }
    HttpResponse::Ok().json(json!({"keys": keys}))
}

fn with_kid(key: &Value, kid: &str) -> Value {
    let mut key = key.clone();
    if let Some(members) = key.as_object_mut() {
        members.insert("kid".to_owned(), json!(kid));
    }
    key
}

/// `POST /oidc/rotate`: new keys. `keep=false` takes the old ones away.
pub(super) async fn rotate(state: Data<State>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let keep = match members(&request, &body).map(|mut members| members.remove("keep")) {
        Some(None | Some(Value::Bool(true))) => true,
        Some(Some(Value::Bool(false))) => false,
        Some(Some(Value::String(text))) if text == "true" || text == "false" => text == "true",
        _ => return refused("keep: true or false"),
    };
    let Ok(pair) = state.oidc.keys.rotate(keep) else {
        return HttpResponse::InternalServerError().finish();
    };
    HttpResponse::Ok()
        .json(json!({"kid": {"RS256": pair.kid("RS256"), "ES256": pair.kid("ES256")}}))
}

/// `GET /oidc/faults`: which are on.
pub(super) async fn show_faults(state: Data<State>) -> HttpResponse {
    state.oidc.switches.show()
}

/// `POST /oidc/faults`: turns them on and off.
pub(super) async fn set_faults(
    state: Data<State>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    state.oidc.switches.set(&request, &body)
}
