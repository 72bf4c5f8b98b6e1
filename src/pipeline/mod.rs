//! What turns a verified identity into a user: small steps, run in order.
//!
//! A step reads and decides; it writes nothing. What it returns is merged into
//! the [`Context`] by the runner, and what is to be stored is collected in
//! [`Changes`](crate::model::Changes), which somebody above commits whole.
//! `docs/pipeline.md` tells what is known after which step.

mod context;
mod error;
mod fields;
mod halt;
mod inputs;
mod legacy;
mod pipelines;
mod proof;
mod proven;
mod refined;
mod runner;
mod settings;
mod step;
mod step_http;
mod steps;
mod strategy;
pub mod testing;
mod trace;
pub mod username;

pub use context::{Context, Update};
pub use error::AuthError;
pub use fields::{FieldMessages, Fields, InvalidSchema};
pub use halt::{CurrentPartial, Halt};
pub use inputs::Inputs;
pub use pipelines::Pipelines;
pub use runner::{Disconnected, Halted, Pipeline, Ran, Run};
pub use settings::PipelineSettings;
pub use step::{Outcome, Step};
pub use step_http::StepHttp;
pub use steps::StepRegistry;
pub use strategy::{Attempt, Strategy};
pub use trace::{StepTrace, Trace, TracedReads, shown_changes};
