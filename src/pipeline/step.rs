//! The contract of a step.

use async_trait::async_trait;

use super::{AuthError, Context, Halt, Strategy, Update};

/// A step of a pipeline: reads, decides, returns.
///
/// It has no side effects and may run more than once for one sign-in: when
/// two people want the same name, the loser's run is repeated.
#[async_trait]
pub trait Step: Send + Sync {
    /// The name by which a pipeline's setting asks for it.
    fn name(&self) -> &str;

    /// Looks at the run so far and says what follows from it.
    ///
    /// # Errors
    /// Any [`AuthError`] ends the run; nothing is written.
    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError>;
}

/// What a step decided.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing to add.
    Continue,
    /// These values, for the steps that follow.
    Merge(Box<Update>),
    /// The run waits for the client, and begins anew when it has answered.
    Halt(Box<Halt>),
}

impl From<Update> for Outcome {
    fn from(update: Update) -> Self {
        Self::Merge(Box::new(update))
    }
}

impl From<Halt> for Outcome {
    fn from(halt: Halt) -> Self {
        Self::Halt(Box::new(halt))
    }
}
