//! A wrong token, as its sender is told of it.

use std::net::IpAddr;

use super::ApiError;
use crate::exchange::{Exchange, ExchangeError};

/// The error as it is; of a wrong token beyond the limit only that it is too
/// many. Every endpoint that takes a token of ours answers through this.
pub(super) fn told(exchange: &Exchange, sender: Option<IpAddr>, error: ExchangeError) -> ApiError {
    let is_wrong_token = matches!(
        error,
        ExchangeError::PartialInvalid | ExchangeError::EmailVerificationRejected
    );
    let wait = || exchange.guesses.wrong(sender, exchange.clock.now());
    match is_wrong_token.then(wait).flatten() {
        Some(retry_after) => ApiError::TooManyGuesses { retry_after },
        None => error.into(),
    }
}
