//! What a team's own code may ask over HTTP, and what the answers mean.

use std::fmt;

use serde_json::Value as Json;

use super::{BackendError, answer};
use crate::http::{CallLimits, HttpClient, JsonRequest, MAX_BODY_LENGTH};

/// Asks a provider, or another service, for JSON.
///
/// The limits are those of calls to the provider: https, no private address
/// unless that is allowed, a deadline, a longest answer; no redirect is
/// followed. Nothing of ours goes along that the request does not hold.
#[derive(Clone, Copy)]
pub struct JsonCalls<'a> {
    http: &'a HttpClient,
    limits: CallLimits,
    longest_answer: usize,
    kind: Asked,
}

/// Who is asked: the same status means other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The provider, with the credential: 401 refuses that.
    Provider,
    /// Anybody: 401 says that the question was not right.
    Service,
}

impl fmt::Debug for JsonCalls<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonCalls").finish_non_exhaustive()
    }
}

impl<'a> JsonCalls<'a> {
    /// Calls with a credential that is to be proven.
    pub(super) fn to_provider(http: &'a HttpClient, limits: CallLimits) -> Self {
        Self {
            http,
            limits,
            longest_answer: MAX_BODY_LENGTH,
            kind: Asked::Provider,
        }
    }

    /// Calls beside a sign-in; answers have so many bytes at most.
    pub fn to_services(http: &'a HttpClient, limits: CallLimits, longest_answer: usize) -> Self {
        Self {
            http,
            limits,
            longest_answer,
            kind: Asked::Service,
        }
    }

    /// Sends a request; what its answer says.
    ///
    /// # Errors
    /// [`BackendError`] unless the status is 2xx and the body is JSON.
    pub async fn ask(&self, request: JsonRequest) -> Result<Json, BackendError> {
        let mut request = request.within(self.limits).map_err(answer::transport)?;
        request.longest_answer = self.longest_answer;
        let sent = self.http.send(request).await;
        match self.kind {
            Asked::Provider => answer::document(sent),
            Asked::Service => answer::of_service(sent),
        }
    }
}
