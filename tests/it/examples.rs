//! The examples, built and run as programs.

mod fill_password;
pub(crate) mod program;
mod save_profile;
