//! What the tests stand on: a fake internet, databases, a running server.

pub(crate) mod clock;
pub(crate) mod http;
pub(crate) mod id_tokens;
pub(crate) mod instance;
pub(crate) mod internet;
pub(crate) mod link;
pub(crate) mod pg_proxy;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod server;
pub(crate) mod sqlite;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The lock, also after somebody panicked while holding it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
