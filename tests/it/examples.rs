//! The examples, built and run as programs.

mod api_call;
mod fill_password;
mod load_user;
mod mounted;
mod own_provider;
mod prevent_new_users;
pub(crate) mod program;
mod require_email;
mod running;
mod save_profile;
