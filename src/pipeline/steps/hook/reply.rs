//! What a hook answers. It adds to what a run knows; it never says who the
//! person is.

use serde_json::Value;

use super::refusal;
use crate::hooks::HookError;
use crate::model::{Conflict, Details, JsonMap};
use crate::pipeline::fields::is_email;
use crate::pipeline::{AuthError, Context, Fields, Strategy, Update};

/// What a hook decided.
pub(super) enum Reply {
    /// The run goes on with this.
    Merge(Box<Merge>),
    /// The client is asked for fields.
    Fields(Fields),
    /// The run is refused with this text.
    Refuse(String),
}

/// What is added, in the places that are a hook's to fill.
#[derive(Default)]
pub(super) struct Merge {
    /// Texts of the details, by name; `None` clears one.
    details: Vec<(String, Option<String>)>,
    /// Further details.
    other: JsonMap,
    /// Values for other steps.
    extra: JsonMap,
    /// The username of a new user.
    username: Option<String>,
    /// How many values stand where none is taken.
    ignored: usize,
}

/// The details that a hook may set.
const DETAILS: [&str; 6] = [
    "username",
    "email",
    "fullname",
    "first_name",
    "last_name",
    "picture",
];

impl Reply {
    /// Reads an answer, an object.
    ///
    /// # Errors
    /// [`HookError::Malformed`] when it is not what can be done.
    pub(super) fn read(answer: &Value) -> Result<Self, HookError> {
        // No database takes it, and nobody's name has it.
        if answer.to_string().contains("\\u0000") {
            return Err(HookError::Malformed);
        }
        let given = |name| answer.get(name).filter(|value: &&Value| !value.is_null());
        if let Some(refused) = given("refuse").filter(|value| **value != Value::Bool(false)) {
            return Ok(Self::Refuse(refusal(refused)));
        }
        if let Some(schema) = given("fields") {
            let fields = Fields::new(schema.clone());
            return fields
                .map(Self::Fields)
                .map_err(|_invalid| HookError::Malformed);
        }
        let mut merge = Merge::default();
        match given("merge") {
            None => {}
            Some(Value::Object(places)) => places
                .iter()
                .for_each(|(place, value)| merge.take(place, value)),
            Some(_) => return Err(HookError::Malformed),
        }
        let known = ["merge", "fields", "refuse"];
        let members = answer.as_object().into_iter().flatten();
        let unknown = members.filter(|(name, _)| !known.contains(&name.as_str()));
        merge.ignored += unknown.count();
        Ok(Self::Merge(Box::new(merge)))
    }

    /// Says in the log that values were passed over.
    pub(super) fn warn_of_ignored(&self, hook: &str) {
        if let Self::Merge(merge) = self
            && merge.ignored > 0
        {
            let values = merge.ignored;
            tracing::warn!(
                hook,
                values,
                "a hook sets what is not a hook's to set: ignored"
            );
        }
    }
}

impl Merge {
    fn take(&mut self, place: &str, value: &Value) {
        match (place, value) {
            ("details", Value::Object(details)) => details
                .iter()
                .for_each(|(name, value)| self.take_detail(name, value)),
            ("extra", Value::Object(extra)) => self.extra.clone_from(extra),
            ("username", Value::String(name)) => self.username = Some(name.clone()),
            _ => self.ignored += 1,
        }
    }

    fn take_detail(&mut self, name: &str, value: &Value) {
        let known = DETAILS.contains(&name);
        match value {
            Value::Object(other) if name == "other" => self.other.clone_from(other),
            Value::Null if known => self.details.push((name.to_owned(), None)),
            Value::String(email) if name == "email" && !is_email(email) => self.ignored += 1,
            Value::String(text) if known => {
                self.details.push((name.to_owned(), Some(text.clone())));
            }
            _ => self.ignored += 1,
        }
    }

    /// What of it applies to this run: a disconnection describes nobody.
    pub(super) fn into_update(
        self,
        strategy: &Strategy<'_>,
        ctx: &Context,
    ) -> Result<Update, AuthError> {
        let mut update = Update {
            extra: self.extra,
            ..Update::default()
        };
        if ctx.identity().is_err() {
            return Ok(update);
        }
        if !self.details.is_empty() || !self.other.is_empty() {
            let mut details = ctx.details.clone();
            details.other.extend(self.other);
            for (name, text) in self.details {
                set(&mut details, &name, text);
            }
            update.details = Some(details);
        }
        if let Some(name) = self.username {
            update.username = username(strategy, &name)?;
        }
        Ok(update)
    }
}

/// Another address than the proven one is not proven.
fn set(details: &mut Details, name: &str, text: Option<String>) {
    match name {
        "username" => details.username = text,
        "email" => {
            details.email_verified &= details.email == text;
            details.email = text;
        }
        "fullname" => details.fullname = text,
        "first_name" => details.first_name = text,
        "last_name" => details.last_name = text,
        "picture" => details.picture = text,
        _ => {}
    }
}

/// As a provider's name: cleaned, and with digits once it is taken.
fn username(strategy: &Strategy<'_>, name: &str) -> Result<Option<String>, AuthError> {
    let rules = &strategy.settings.username;
    if strategy.attempt.met(Conflict::Username) {
        let hex = strategy.random_hex()?;
        return Ok(Some(rules.with_suffix(name, &hex)));
    }
    Ok(rules.plain(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(answer: &Value) -> Merge {
        match Reply::read(answer).unwrap() {
            Reply::Merge(merge) => *merge,
            Reply::Fields(_) | Reply::Refuse(_) => panic!("it goes on: {answer}"),
        }
    }

    #[test]
    fn hook_4_what_is_not_a_hooks_to_set_is_counted_and_dropped() {
        let nothing = [
            json!({"merge": {"uid": "9"}}),
            json!({"merge": {"user": {"id": "9"}}}),
            json!({"merge": {"details": {"email_verified": true}}}),
            json!({"merge": {"details": {"email": "no address"}}}),
            json!({"merge": {"details": {"fullname": 7}}}),
            json!({"merge": {"details": {"is_staff": true}}}),
            json!({"merge": {"details": "x"}}),
            json!({"merge": {"username": 7}}),
            json!({"id": "9"}),
        ];
        for answer in nothing {
            let merge = merged(&answer);
            assert_eq!(merge.ignored, 1, "{answer}");
            let rest = (merge.details, merge.other, merge.extra, merge.username);
            assert_eq!(rest, (vec![], JsonMap::new(), JsonMap::new(), None));
        }
        assert_eq!(merged(&json!({})).ignored, 0);
    }

    #[test]
    fn another_address_is_not_proven_and_the_same_stays_so() {
        let mut details = Details {
            email: Some("ada@example.com".to_owned()),
            email_verified: true,
            ..Details::default()
        };
        set(&mut details, "email", Some("ada@example.com".to_owned()));
        assert!(details.email_verified);
        set(&mut details, "email", Some("Ada@example.com".to_owned()));
        assert!(!details.email_verified);
        set(&mut details, "email", Some("ada@example.com".to_owned()));
        assert!(!details.email_verified, "it does not come back");
    }

    #[test]
    fn a_refusal_is_one_whatever_it_is_written_as() {
        let text = |answer| match Reply::read(&answer).unwrap() {
            Reply::Refuse(text) => text,
            Reply::Fields(_) | Reply::Merge(_) => panic!("it is refused"),
        };
        assert_eq!(text(json!({"refuse": "Ask\n us", "merge": {}})), "Ask us");
        for answer in [json!({"refuse": true}), json!({"refuse": "\r\n"})] {
            assert_eq!(text(answer), "This account may not sign in here");
        }
        assert_eq!(text(json!({"refuse": "x".repeat(999)})).len(), 500);
    }

    #[test]
    fn what_cannot_be_done_is_no_answer() {
        for answer in [
            json!({"merge": []}),
            json!({"fields": {"type": "array"}}),
            json!({"fields": true}),
            json!({"merge": {"extra": {"a": "b\0"}}}),
        ] {
            assert!(Reply::read(&answer).is_err(), "{answer}");
        }
    }
}
