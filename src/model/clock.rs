//! Where time and randomness come from, so that tests can say what they are.

use chrono::{DateTime, Utc};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current time, UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Makes ids and random bytes.
pub trait Ids: Send + Sync {
    /// A new id, `UUIDv7`: sorts by the time it was made. An id, not a secret.
    fn new_id(&self) -> Uuid;

    /// Fills `bytes` with randomness fit for secrets.
    ///
    /// # Errors
    /// [`NoRandomness`] when the operating system gives none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness;

/// Ids and randomness of the machine.
#[derive(Debug, Clone)]
pub struct SystemIds {
    random: SystemRandom,
}

impl Default for SystemIds {
    fn default() -> Self {
        Self {
            random: SystemRandom::new(),
        }
    }
}

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes them")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.random
            .fill(bytes)
            .map_err(|ring::error::Unspecified| NoRandomness)
    }
}
