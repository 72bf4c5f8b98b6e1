//! `hook.<name>`: a server of the operator's decides.

mod question;
mod reply;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use self::reply::Reply;
use crate::crypto::one_use;
use crate::hooks::{Hook, HookError};
use crate::pipeline::{AuthError, Context, Halt, Outcome, Step, Strategy};
use crate::settings::OnError;

/// What precedes a hook's name in a pipeline.
const PREFIX: &str = "hook.";
/// The text of a refusal that has none.
const REFUSED: &str = "This account may not sign in here";
/// Longest text of a refusal, in characters.
const LONGEST_TEXT: usize = 500;

/// Sends what is known to a hook, and does what it answers.
///
/// It is asked before the commit, so what it is told of may never come to be.
/// The same question is asked once in a run, whatever tries and halts there
/// are; its id is made of run, step and question.
pub(super) struct HookStep {
    name: String,
    hook: Arc<Hook>,
}

impl HookStep {
    pub(super) fn new(hook: &Arc<Hook>) -> Self {
        Self {
            name: format!("{PREFIX}{}", hook.name()),
            hook: Arc::clone(hook),
        }
    }

    async fn reply(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Reply, HookError> {
        let question = question::question(&self.hook, strategy, ctx);
        let body = serde_json::to_vec(&question).map_err(|_unwritten| HookError::Unwritten)?;
        let run = strategy.inputs.run_id(strategy.ids);
        let asked = [
            format!("{run}\n{}\n", self.name).as_bytes(),
            body.as_slice(),
        ]
        .concat();
        let digest = one_use::hex(&one_use::digest_of_bytes(&asked));
        let key = format!("{}:{digest}", self.name);
        let (answer, is_new) = match strategy.inputs.remembered(&key) {
            Some(answer) => (answer, false),
            None => (self.hook.ask(&digest, body, strategy.now).await?, true),
        };
        let reply = Reply::read(&answer)?;
        if is_new {
            reply.warn_of_ignored(self.hook.name());
            strategy.inputs.remember(&key, answer);
        }
        Ok(reply)
    }
}

#[async_trait]
impl Step for HookStep {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        match self.reply(strategy, ctx).await {
            Ok(Reply::Refuse(text)) => Err(AuthError::HookRefused { text }),
            Ok(Reply::Fields(fields)) => Ok(Halt::for_fields(fields).into()),
            Ok(Reply::Merge(merge)) => Ok(merge.into_update(strategy, ctx)?.into()),
            Err(error) => {
                let hook = self.hook.name();
                tracing::warn!(hook, %error, "a hook did not answer");
                match self.hook.on_error() {
                    OnError::Refuse => Err(AuthError::HookUnavailable),
                    OnError::Continue => Ok(Outcome::Continue),
                }
            }
        }
    }
}

/// The text of a refusal, without what does not belong into a sentence.
fn refusal(given: &Value) -> String {
    let text = given.as_str().unwrap_or_default();
    let plain = text.chars().filter(|c| !c.is_control());
    let text: String = plain.take(LONGEST_TEXT).collect();
    if text.trim().is_empty() {
        REFUSED.to_owned()
    } else {
        text
    }
}
