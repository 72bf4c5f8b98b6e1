//! How much a client may send.

use actix_web::web;

/// Longest body, in bytes.
pub(super) const BODY_MAX_BYTES: usize = 65_536;
/// Deepest nesting of a body's JSON.
pub(super) const JSON_MAX_DEPTH: usize = 32;
/// Longest token, in bytes.
pub(super) const TOKEN_MAX_LENGTH: u64 = 16_384;
/// Longest text beside a token, in bytes.
pub(super) const TEXT_MAX_LENGTH: u64 = 2048;

/// Sets the limits that actix-web holds.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.app_data(web::PayloadConfig::new(BODY_MAX_BYTES));
}
