//! Checks that the run still speaks of the verified identity.

use async_trait::async_trait;

use crate::pipeline::{AuthError, Context, Outcome, Step, Strategy};

/// The uid is the verified identity's from the start; no step can set it.
pub(super) struct SocialUid;

#[async_trait]
impl Step for SocialUid {
    fn name(&self) -> &'static str {
        "social_uid"
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.uid.is_empty() || ctx.uid != ctx.identity()?.uid() {
            return Err(AuthError::MissingClaim {
                claim: "uid".to_owned(),
            });
        }
        Ok(Outcome::Continue)
    }
}
