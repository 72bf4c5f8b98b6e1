//! `POST /social_sign_up?explain=1`: what it would come to, step by step.

use serde_json::{Value, json};

use super::Refused;
use crate::exchange::{ExchangeError, Explained, ExplainedEnd};
use crate::pipeline::{StepTrace, shown_changes};

/// What a sign-up would come to, as people read it: no token stands in it.
pub fn explained(explained: &Explained) -> Value {
    let steps: Vec<Value> = explained.steps.iter().map(step).collect();
    let uid = &explained.uid;
    match &explained.end {
        ExplainedEnd::SignedUp { user, changes } => json!({
            "uid": uid, "steps": steps, "ends": "signed_up",
            "user": {"id": user.id, "username": user.username},
            "changes": shown_changes(changes),
        }),
        ExplainedEnd::Halted => json!({"uid": uid, "steps": steps, "ends": "halted"}),
        ExplainedEnd::Refused(error) => {
            let refused = Refused::from(&ExchangeError::Auth(error.clone()));
            json!({
                "uid": uid, "steps": steps, "ends": "refused",
                "status": refused.status, "code": refused.code,
            })
        }
    }
}

fn step(trace: &StepTrace) -> Value {
    json!({
        "step": trace.step,
        "outcome": trace.outcome,
        "read": trace.read,
        "merged": trace.merged,
        "microseconds": u64::try_from(trace.took.as_micros()).unwrap_or(u64::MAX),
    })
}
