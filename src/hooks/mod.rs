//! Servers of the operator's: asked while a pipeline runs, told of what was
//! committed. Calls are signed as Standard Webhooks has it.
//!
//! A call has the limits of calls to providers (`http`), less time and a
//! shorter answer; no redirect is followed.

mod signature;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::http::{Answer, Body, HeaderName, HeaderValue, HttpClient, HttpError, Method, Request};
use crate::model::{Event, EventKind};
use crate::settings::{HookSection, OnError};

/// Longest answer that is read, in bytes: 200 kB.
const LONGEST_ANSWER: usize = 200 * 1024;

/// All hooks, by name.
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    hooks: BTreeMap<String, Arc<Hook>>,
}

/// A server that is asked, or told.
pub struct Hook {
    name: String,
    section: HookSection,
    http: HttpClient,
}

/// Why a hook did not do what it was called for. Holds nothing of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// There was no answer.
    #[error("the hook does not answer: {0}")]
    Unreachable(HttpError),
    /// It answered with another status than 2xx.
    #[error("the hook answered with status {0}")]
    Status(u16),
    /// Its answer is no JSON object, or not one that can be used.
    #[error("the hook's answer cannot be read")]
    Malformed,
    /// The body could not be written or signed.
    #[error("the hook's request could not be written")]
    Unwritten,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Hooks {
    /// The hooks of these sections, called by this client.
    pub fn new(sections: &BTreeMap<String, HookSection>, http: &HttpClient) -> Self {
        let hooks = sections.iter().map(|(name, section)| {
            let hook = Hook {
                name: name.clone(),
                section: section.clone(),
                http: http.clone(),
            };
            (name.clone(), Arc::new(hook))
        });
        Self {
            hooks: hooks.collect(),
        }
    }

    /// The hook of that name; `None` when there is none.
    pub fn get(&self, name: &str) -> Option<&Arc<Hook>> {
        self.hooks.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Hook>> {
        self.hooks.values()
    }

    /// The names of those that are told of such events.
    pub fn listening(&self, kind: EventKind) -> impl Iterator<Item = &str> {
        let hooks = self.hooks.values();
        let heard = hooks.filter(move |hook| hook.section.events.contains(&kind));
        heard.map(|hook| hook.name.as_str())
    }
}

impl Hook {
    /// Its name in the settings.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What becomes of a run when it does not answer.
    pub fn on_error(&self) -> OnError {
        self.section.on_error
    }

    /// Whether it is sent what goes by that name.
    pub fn is_sent(&self, field: &str) -> bool {
        let fields = self.section.fields.as_ref();
        fields.is_none_or(|fields| fields.iter().any(|one| one == field))
    }

    /// Asks it; the id is the same whenever the same is asked again.
    ///
    /// # Errors
    /// [`HookError`] unless it answers with 2xx and a JSON object or nothing.
    pub async fn ask(
        &self,
        id: &str,
        body: Vec<u8>,
        now: DateTime<Utc>,
    ) -> Result<Value, HookError> {
        let answer = self.send(id, body, now).await?;
        if answer.status == 204 || answer.body.is_empty() {
            return Ok(json!({}));
        }
        let read: Option<Value> = serde_json::from_slice(&answer.body).ok();
        read.filter(Value::is_object).ok_or(HookError::Malformed)
    }

    /// Tells it of an event.
    ///
    /// # Errors
    /// [`HookError`] unless it answers with 2xx.
    pub async fn tell(&self, event: &Event, now: DateTime<Utc>) -> Result<(), HookError> {
        let body = json!({
            "type": event.kind.name(),
            "timestamp": event.created.to_rfc3339_opts(SecondsFormat::Micros, true),
            "data": event.payload,
        });
        self.hand(&event.id.to_string(), &body, now).await
    }

    /// Hands it something; what it answers beside 2xx is not read.
    ///
    /// # Errors
    /// [`HookError`] unless it answers with 2xx.
    pub async fn hand(&self, id: &str, body: &Value, now: DateTime<Utc>) -> Result<(), HookError> {
        let body = serde_json::to_vec(body).map_err(|_unwritten| HookError::Unwritten)?;
        self.send(id, body, now).await?;
        Ok(())
    }

    async fn send(&self, id: &str, body: Vec<u8>, now: DateTime<Utc>) -> Result<Answer, HookError> {
        let timestamp = now.timestamp().to_string();
        let signed = signature::sign((id, &timestamp, &body), &self.section.secrets);
        let header = |name, text: &str| {
            let value = HeaderValue::from_str(text).map_err(|_unwritten| HookError::Unwritten)?;
            Ok::<_, HookError>((HeaderName::from_static(name), value))
        };
        let url = self.section.url.clone();
        let is_loopback = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let mut request = Request::new(Method::POST, url, self.section.timeout);
        request.headers = vec![
            header("webhook-id", id)?,
            header("webhook-timestamp", &timestamp)?,
            header("webhook-signature", &signed)?,
        ];
        request.body = Body::Written(body);
        request.allow_private = self.section.allow_private || is_loopback;
        request.longest_answer = LONGEST_ANSWER;
        let answer = self
            .http
            .send(request)
            .await
            .map_err(HookError::Unreachable)?;
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(HookError::Status(status)),
        }
    }
}
