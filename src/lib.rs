//! Turns a social provider's token into a user of your app.

#![forbid(unsafe_code)]

pub mod api;
pub mod backends;
pub mod crypto;
pub mod exchange;
pub mod http;
pub mod model;
pub mod pipeline;
pub mod sandbox;
pub mod session;
pub mod settings;
pub mod storage;
