//! App binding: was this token issued to *our* app, and for whom?

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::call::Call;
use super::file::{Audience, BindingKind};
use super::path::Path;
use super::scalar::as_text;
use super::text::Text;
use crate::backends::BackendError;

/// How a raw access token is bound, compiled from `[audience]`.
pub(crate) struct Binding {
    pub(crate) kind: BindingKind,
    pub(crate) call: Option<Call>,
    equals: Vec<(Path, Expected)>,
    subject: Option<Path>,
    expires: Option<Path>,
}

/// What a field of the binding answer must be.
enum Expected {
    /// One of our client ids, exactly.
    ClientId,
    /// This very value.
    Exactly(Json),
}

/// What a binding answer proves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// Which of our client ids the token was issued to.
    pub(crate) client_id: String,
    /// Of whom the answer speaks; `None` when it names nobody.
    pub(crate) subject: Option<String>,
}

impl Binding {
    /// Compiles `[audience]`; a file without it binds nothing.
    pub(crate) fn compile(audience: Option<Audience>) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("[audience].{key}");
            move |reason: String| (key.clone(), reason)
        };
        let Some(audience) = audience else {
            return Ok(Self {
                kind: BindingKind::None,
                call: None,
                equals: Vec::new(),
                subject: None,
                expires: None,
            });
        };
        let kind = audience.kind;
        let path = |key: &str, text: Option<&String>| {
            text.map(|text| Path::parse(text))
                .transpose()
                .map_err(at(key))
        };
        let equals = audience
            .equals
            .iter()
            .map(|(path, expected)| {
                let key = format!("equals.{path}");
                Ok((
                    Path::parse(path).map_err(at(&key))?,
                    Expected::compile(expected).map_err(at(&key))?,
                ))
            })
            .collect::<Result<Vec<_>, (String, String)>>()?;
        let subject = path("subject", audience.subject.as_ref())?;
        let expires = path("expires", audience.expires.as_ref())?;
        let names_us = equals
            .iter()
            .any(|(_, expected)| matches!(expected, Expected::ClientId));
        let asks = audience.url.is_some();
        if asks != (kind == BindingKind::Introspect) {
            return Err(at("url")(
                "belongs to kind = \"introspect\", and is needed there".to_owned(),
            ));
        }
        if asks && !names_us {
            return Err(at("equals")(
                "one field must equal \"{{ client.key }}\"".to_owned(),
            ));
        }
        if asks && subject.is_none() {
            return Err(at("subject")("is needed: whose token is it?".to_owned()));
        }
        let call = Call::compile_audience(audience)?;
        Ok(Self {
            kind,
            call,
            equals,
            subject,
            expires,
        })
    }

    /// Whether tokens are bound without being asked about.
    pub(crate) fn binds(&self) -> bool {
        matches!(
            self.kind,
            BindingKind::Introspect | BindingKind::SecretProof
        )
    }

    /// Reads a binding answer.
    ///
    /// # Errors
    /// `CredentialRejected` unless every field is as it must be: another app,
    /// a missing field, one of another type, an expired token.
    pub(crate) fn check(
        &self,
        answer: &Json,
        client_ids: &[String],
        now: DateTime<Utc>,
    ) -> Result<Bound, BackendError> {
        let mut ours = None;
        for (path, expected) in &self.equals {
            let given = path.find(answer).ok_or(BackendError::CredentialRejected)?;
            match expected {
                Expected::Exactly(value) if value == given => {}
                Expected::Exactly(_) => return Err(BackendError::CredentialRejected),
                Expected::ClientId => {
                    let matched = client_ids
                        .iter()
                        .find(|id| is_client_id(given, id))
                        .ok_or(BackendError::CredentialRejected)?;
                    ours = Some(matched.clone());
                }
            }
        }
        if let Some(path) = &self.expires {
            check_alive(path.find(answer), now)?;
        }
        let subject = match &self.subject {
            None => None,
            Some(path) => match path.find(answer).map(as_text) {
                Some(subject) if !subject.is_empty() => Some(subject),
                _ => return Err(BackendError::CredentialRejected),
            },
        };
        let client_id = ours.ok_or(BackendError::CredentialRejected)?;
        Ok(Bound { client_id, subject })
    }
}

impl Expected {
    fn compile(value: &toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(text) if is_client_key(text) => Ok(Self::ClientId),
            toml::Value::String(text) if Text::is_template(text) => {
                Err("expected \"{{ client.key }}\", a text, a number or true".to_owned())
            }
            toml::Value::String(text) => Ok(Self::Exactly(Json::String(text.clone()))),
            toml::Value::Boolean(flag) => Ok(Self::Exactly(Json::Bool(*flag))),
            toml::Value::Integer(number) => Ok(Self::Exactly(Json::from(*number))),
            other => Err(format!(
                "expected a text, a number or true, not a {}",
                other.type_str()
            )),
        }
    }
}

fn is_client_key(text: &str) -> bool {
    text.strip_prefix("{{")
        .and_then(|inside| inside.strip_suffix("}}"))
        .is_some_and(|inside| inside.trim() == "client.key")
}

/// Exact text; a number counts by its decimal form. Nothing else does.
fn is_client_id(given: &Json, id: &str) -> bool {
    match given {
        Json::String(text) => text == id,
        Json::Number(number) => number.to_string() == id,
        _ => false,
    }
}

/// Unix seconds or RFC 3339, as a number or a text, and still to come.
fn check_alive(expires: Option<&Json>, now: DateTime<Utc>) -> Result<(), BackendError> {
    let moment = match expires {
        Some(Json::Number(number)) => number.as_i64(),
        Some(Json::String(text)) => text.parse().ok().or_else(|| {
            let moment = DateTime::parse_from_rfc3339(text).ok()?;
            Some(moment.timestamp())
        }),
        _ => None,
    };
    match moment {
        Some(seconds) if seconds > now.timestamp() => Ok(()),
        _ => Err(BackendError::CredentialRejected),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn binding(audience: &str) -> Binding {
        let audience: Audience = toml::from_str(audience).unwrap();
        Binding::compile(Some(audience)).unwrap()
    }

    fn check(answer: &Json) -> Result<Bound, BackendError> {
        let binding = binding(
            r#"
            url = "https://provider.example/info"
            equals = { "app.id" = "{{ client.key }}", valid = true }
            subject = "user.id"
            expires = "exp"
            "#,
        );
        let ours = ["app-1".to_owned(), "4711".to_owned()];
        binding.check(answer, &ours, DateTime::from_timestamp(1000, 0).unwrap())
    }

    fn good() -> Json {
        json!({"app": {"id": "app-1"}, "valid": true, "user": {"id": 7}, "exp": 1001})
    }

    #[test]
    fn any_of_our_client_ids_binds_by_its_exact_text() {
        let bound = check(&good()).unwrap();
        assert_eq!(bound.client_id, "app-1");
        assert_eq!(bound.subject.as_deref(), Some("7"));
        let mut numeric = good();
        numeric["app"]["id"] = json!(4711);
        assert_eq!(check(&numeric).unwrap().client_id, "4711");
        let mut dated = good();
        dated["exp"] = json!("2030-01-01T00:00:00+00:00");
        assert!(check(&dated).is_ok());
    }

    #[test]
    fn sub_3_whatever_is_missing_or_of_another_type_refuses() {
        for (path, value) in [
            ("/app/id", json!("app-10")),
            ("/app/id", json!("App-1")),
            ("/app/id", json!("app")),
            ("/app/id", json!(null)),
            ("/app/id", json!(["app-1"])),
            ("/app/id", json!({"app-1": true})),
            ("/app/id", json!(true)),
            ("/app/id", json!("")),
            ("/app", json!("app-1")),
            ("/valid", json!(false)),
            ("/valid", json!("true")),
            ("/valid", json!(1)),
            ("/user/id", json!(null)),
            ("/user/id", json!("")),
            ("/user/id", json!([7])),
            ("/user", json!(null)),
            ("/exp", json!(1000)),
            ("/exp", json!(0)),
            ("/exp", json!(null)),
            ("/exp", json!("soon")),
        ] {
            let mut answer = good();
            *answer.pointer_mut(path).unwrap() = value.clone();
            assert_eq!(
                check(&answer),
                Err(BackendError::CredentialRejected),
                "{path} = {value}"
            );
        }
        for missing in ["app", "valid", "user", "exp"] {
            let mut answer = good();
            answer.as_object_mut().unwrap().remove(missing);
            assert_eq!(
                check(&answer),
                Err(BackendError::CredentialRejected),
                "{missing}"
            );
        }
    }

    #[test]
    fn an_audience_that_proves_nothing_is_refused_at_start() {
        for (audience, key) in [
            (
                "url = \"https://a.example/\"\nsubject = \"id\"",
                "[audience].equals",
            ),
            (
                "url = \"https://a.example/\"\nequals = { a = true }\nsubject = \"id\"",
                "[audience].equals",
            ),
            (
                "url = \"https://a.example/\"\nequals = { a = \"{{ client.key }}\" }",
                "[audience].subject",
            ),
            ("kind = \"introspect\"", "[audience].url"),
            (
                "kind = \"none\"\nurl = \"https://a.example/\"",
                "[audience].url",
            ),
            (
                "url = \"https://a.example/\"\nequals = { a = \"{{ token }}\" }\nsubject = \"id\"",
                "[audience].equals.a",
            ),
        ] {
            let audience: Audience = toml::from_str(audience).unwrap();
            let refused = Binding::compile(Some(audience)).err().map(|(at, _)| at);
            assert_eq!(refused.as_deref(), Some(key));
        }
    }
}
