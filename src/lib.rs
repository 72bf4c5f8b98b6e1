//! Turns a social provider's token into a user of your app.
//!
//! A client signs in at a provider with that provider's own SDK and posts what
//! it got to `/social_sign_up`. The server checks it at the provider, runs a
//! pipeline of small steps that finds, creates or associates a user, commits
//! all of it at once, and answers with the user and a session.
//!
//! # The house
//!
//! Each floor knows the ones below it and nothing else; `tests/it/floors.rs`
//! holds that.
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`model`] plain data · [`settings`] raw values with their place · [`crypto`] sealing, JOSE, one-use tokens |
//! | 1 | [`storage`] one trait a store, and diesel behind them · [`http`] the only outgoing client |
//! | 2 | [`backends`] definitions, protocols, app binding · [`session`] our own tokens · [`mail`] what proves addresses · [`hooks`] servers that are asked or told |
//! | 3 | [`pipeline`] steps, their context, the runner · [`outbox`] what is done after a commit |
//! | 4 | [`exchange`] the use cases: run, commit, again |
//! | 5 | [`api`] REST: extract, validate, one use case, answer |
//! | 6 | [`sandbox`] a provider to play with; uses none of the others |
//! | 7 | [`app`], [`cli`] wiring; the only places that know every floor |
//!
//! # Add a provider
//!
//! Write `providers/<name>.toml` (its words are in `docs/providers.md`): the
//! call that says who the person is, `[user]` for where uid and details stand,
//! `[audience]` for how a token is bound to this app. Add its exchange to
//! `tests/providers/<name>.json`, and run `sociable providers check <name>`.
//!
//! # Add a step
//!
//! Write `src/pipeline/steps/<name>.rs` with a type that implements
//! [`pipeline::Step`], and a line in `src/pipeline/steps/mod.rs`. A team's own
//! step needs neither: `App::builder(settings).step(MyStep)`.
//!
//! # As a library
//!
//! `App::builder(settings)` takes a team's own steps, code for its own
//! providers, listeners and a mailer; [`app::App::scope`] puts the endpoints
//! below a path of somebody's actix-web app. `examples/` has a program for each.
//!
//! # Add an endpoint
//!
//! Write `src/api/<area>.rs` with its resource and handler, a line in
//! `src/api/mod.rs` and one in `src/api/openapi.rs`, and refresh the document:
//! `sociable openapi > openapi.yaml`.

#![forbid(unsafe_code)]

pub mod api;
pub mod app;
pub mod backends;
pub mod cli;
pub mod crypto;
pub mod exchange;
pub mod hooks;
pub mod http;
pub mod mail;
pub mod model;
pub mod outbox;
pub mod pipeline;
pub mod sandbox;
pub mod session;
pub mod settings;
pub mod storage;
