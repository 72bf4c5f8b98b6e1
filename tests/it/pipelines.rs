//! Pipelines and python-social-auth's settings, as their effect on a sign-up.

mod cors;
mod documented;
mod fields;
mod identity;
mod lists;
mod people;
mod rules;
mod usernames;
