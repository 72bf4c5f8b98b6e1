//! Removes the associations that were collected.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

/// Removes the entries, in the commit.
pub(super) struct Disconnect;

#[async_trait]
impl Step for Disconnect {
    fn name(&self) -> &'static str {
        "disconnect"
    }

    async fn run(&self, _: &Strategy<'_>, _: &Context) -> Result<Outcome, AuthError> {
        Ok(Update {
            disconnects: true,
            ..Update::default()
        }
        .into())
    }
}
