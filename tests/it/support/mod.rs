//! What the tests stand on: a fake internet, databases, a server as a process.

pub(crate) mod internet;
pub(crate) mod pg_proxy;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod sqlite;
