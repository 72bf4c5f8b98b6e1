//! What the tests stand on: a fake internet, databases, a running server.

pub(crate) mod http;
pub(crate) mod internet;
pub(crate) mod pg_proxy;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod sqlite;
