//! Asking a provider directly: is that assertion yours?

use super::key_value::KeyValues;
use super::message::Message;
use super::party::Provider;
use crate::backends::defined::DefinedBackend;
use crate::backends::{BackendError, Means, answer};
use crate::http::header::USER_AGENT;
use crate::http::{Answer, Body, HttpError, Method, Request};

impl DefinedBackend {
    /// Asks the pinned endpoint whether an assertion is its own (§11.4.2).
    ///
    /// # Errors
    /// `InvalidSignature` unless it says so in so many words.
    pub(super) async fn ask_whether_valid(
        &self,
        provider: &Provider,
        message: &Message,
        means: &Means<'_>,
    ) -> Result<(), BackendError> {
        let sent = self.post(provider, message.as_question()).await;
        let body = answer::body(sent)?;
        let answer = KeyValues::read(&body).ok_or(BackendError::MalformedResponse)?;
        if answer.get("is_valid") != Some("true") {
            return Err(BackendError::InvalidSignature);
        }
        // The provider confirms that it knows a secret no more (§11.4.2.2).
        let gone = answer.get("invalidate_handle");
        if let Some(handle) = gone.filter(|handle| message.get("invalidate_handle") == Some(handle))
        {
            super::association::forget(provider, handle, means).await;
        }
        Ok(())
    }

    /// Posts a message to the pinned endpoint.
    pub(super) async fn post(
        &self,
        provider: &Provider,
        message: Vec<(String, String)>,
    ) -> Result<Answer, HttpError> {
        let mut request = Request::new(Method::POST, provider.endpoint.clone(), self.timeout);
        request.body = Body::Form(message);
        request.allow_private = self.allow_private;
        if let Some(user_agent) = &self.overrides.user_agent {
            request.headers.push((USER_AGENT, user_agent.clone()));
        }
        self.http.send(request).await
    }
}
