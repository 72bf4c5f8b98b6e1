//! Pure functions over keys: sealing, JOSE, secrets that work once.
//!
//! Nothing here reads a clock, a file or the network; randomness comes from
//! [`Ids`](crate::model::Ids).

pub mod jose;
pub mod one_use;
mod ring_provider;
pub mod seal;
pub mod signed_secret;
