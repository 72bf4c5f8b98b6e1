//! Puts the floors together.

mod background;
mod builder;
mod check;
mod error;
mod logging;
mod mail;
mod mail_hook;
mod playground;
mod rehearsal;
mod server;
mod stores;

pub use builder::{App, AppBuilder};
pub use check::Checked;
pub use error::StartError;
pub use logging::start_logging;
pub use playground::Playground;
pub use rehearsal::Rehearsal;
pub use server::Running;
pub use stores::migrate;
