//! What a client is told of a run that waits for it.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::request_id::mounted_at;
use crate::exchange::{HaltedRun, RunKind};
use crate::model::JsonMap;

/// A step waits for the client. A step may add members of its own.
#[derive(ToSchema)]
#[schema(example = json!({
    "partial_token": "nq0hq…", "backend": "sandbox", "step": "require_email", "expires_in": 900,
    "required": {
        "type": "object", "required": ["email"],
        "properties": {"email": {"type": "string", "format": "email", "maxLength": 254}}
    },
    "resume": {"method": "POST", "url": "/complete/sandbox"}
}))]
#[expect(
    dead_code,
    reason = "for the schema: steps add members, so it is written as a map"
)]
pub(super) struct HaltedAnswer {
    /// Resumes the sign-up, once; to be kept safe. Goes by another name where
    /// `PARTIAL_PIPELINE_TOKEN_NAME` says so.
    partial_token: String,
    /// The provider.
    backend: String,
    /// The step that waits.
    step: String,
    /// Seconds until the sign-up has to begin again.
    expires_in: u64,
    /// A JSON Schema (2020-12) of the fields that the step wants.
    #[schema(value_type = Option<Object>, nullable = false)]
    required: Option<Value>,
    /// A page that the person has to visit before.
    #[schema(nullable = false)]
    open: Option<String>,
    /// The address that has to be proven: a mail with a code went there.
    #[schema(nullable = false)]
    email: Option<String>,
    /// Whether it was confirmed by the mail's link, so that the sign-up can go on.
    #[schema(nullable = false)]
    email_confirmed: Option<bool>,
    /// How to go on.
    resume: ResumeAt,
}

/// How a halted sign-up goes on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the schema")]
pub(super) struct ResumeAt {
    /// Always `POST`.
    method: String,
    /// The path.
    url: String,
}

/// What a step adds stands beside our members, and never in their place.
pub(super) fn halted_answer(run: HaltedRun) -> JsonMap {
    let token = run.partial_token.expose_secret().to_owned();
    let mut answer = run.answer;
    answer.insert("backend".to_owned(), run.backend.clone().into());
    answer.insert("step".to_owned(), run.step.into());
    answer.insert("expires_in".to_owned(), run.expires_in.into());
    if let Some(required) = run.required {
        answer.insert("required".to_owned(), required);
    }
    if let Some(open) = run.open {
        answer.insert("open".to_owned(), open.into());
    }
    if let Some(mail) = run.mail {
        answer.insert("email".to_owned(), mail.email.into());
        answer.insert("email_confirmed".to_owned(), mail.confirmed.into());
    }
    let path = match run.kind {
        RunKind::SignUp => "complete",
        RunKind::Disconnect => "disconnect",
    };
    let url = format!("{}/{path}/{}", mounted_at(), run.backend);
    let resume = json!({"method": "POST", "url": url});
    answer.insert("resume".to_owned(), resume);
    answer.insert(run.token_name, token.into());
    answer
}
