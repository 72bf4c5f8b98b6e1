//! The REST interface: extract, validate, one use case, answer. Nothing else.
//!
//! A new endpoint is one file here, one line in [`configure`], and a refreshed
//! `openapi.yaml` (`sociable openapi > openapi.yaml`).

mod answer;
mod body;
mod caller;
mod challenge;
mod complete;
mod credential;
mod disconnect;
mod error;
mod errors;
mod examples;
mod explained;
mod guessed;
mod halted;
mod health;
mod idempotency_key;
mod limits;
mod logout;
mod mail_page;
mod me;
mod openapi;
mod provider_error;
mod providers;
mod request_id;
mod request_token;
mod sender;
mod signed_object;
mod social_sign_up;
mod token;
mod well_known;

use actix_web::web;

use error::ApiError;
pub use error::Refused;
pub use explained::explained;
pub use openapi::{document, yaml};
pub use request_id::{RequestSpan, answer_headers};
pub use sender::BehindProxy;
pub use social_sign_up::read_sign_up;

/// All endpoints, each with and without a trailing slash.
pub fn configure(config: &mut web::ServiceConfig) {
    limits::configure(config);
    config
        .service(social_sign_up::resource())
        .service(challenge::resource())
        .service(complete::resource())
        .service(disconnect::resource())
        .service(disconnect::one_resource())
        .service(request_token::resource())
        .service(me::resource())
        .service(me::social_auth_resource())
        .service(token::resource())
        .service(token::revoke_resource())
        .service(token::introspect_resource())
        .service(logout::resource())
        .service(well_known::jwks_resource())
        .service(well_known::server_resource())
        .service(providers::resource())
        .service(health::healthz())
        .service(health::readyz())
        .service(openapi::resource())
        .default_service(web::to(errors::not_found));
}
