//! App binding: was this token issued to *our* app, and for whom?

mod checks;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::call::Call;
use super::file::{Audience, BindingKind, Subject};
use super::known::Known;
use super::path::Path;
use super::scalar::as_text;
use super::signed::{Signed, SignedKeys};
use super::text::Text;
use crate::backends::BackendError;
use crate::model::JsonMap;
use checks::{check_keys, check_proof};

/// How a raw access token is bound, compiled from `[audience]`.
pub(crate) struct Binding {
    pub(crate) kind: BindingKind,
    pub(crate) call: Option<Call>,
    /// Who signs a token that binds itself; `None` for all others.
    pub(crate) signed: Option<Signed>,
    equals: Vec<(Path, Expected)>,
    subject: Option<Path>,
    expires: Option<Path>,
}

/// What a field of the binding answer must be.
enum Expected {
    /// One of our client ids, exactly.
    ClientId,
    /// What the operator set for this definition: its app's id there.
    Setting(String),
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

/// A key of `[audience]`, and what is wrong with it.
fn at(key: &str) -> impl Fn(String) -> (String, String) {
    let key = format!("[audience].{key}");
    move |reason| (key.clone(), reason)
}

impl Binding {
    /// Compiles `[audience]`; a file without it binds nothing.
    pub(crate) fn compile(
        audience: Option<Audience>,
        known: &Known,
    ) -> Result<Self, (String, String)> {
        let Some(audience) = audience else {
            return Ok(Self {
                kind: BindingKind::None,
                call: None,
                signed: None,
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
                    Expected::compile(expected, known).map_err(at(&key))?,
                ))
            })
            .collect::<Result<Vec<_>, (String, String)>>()?;
        check_keys(&audience)?;
        check_proof(&audience, &equals)?;
        let subject = match &audience.subject {
            Some(Subject::At(text)) => path("subject", Some(text))?,
            Some(Subject::Is(_)) | None => None,
        };
        let expires = path("expires", audience.expires.as_ref())?;
        let signed = signed(&audience, known)?;
        Ok(Self {
            kind,
            signed,
            call: Call::compile_audience(audience, known)?,
            equals,
            subject,
            expires,
        })
    }

    /// Whether tokens are bound without being asked about.
    pub(crate) fn binds(&self) -> bool {
        matches!(
            self.kind,
            BindingKind::Introspect
                | BindingKind::Profile
                | BindingKind::SecretProof
                | BindingKind::SelfContained
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
        (client_ids, settings): (&[String], &JsonMap),
        now: DateTime<Utc>,
    ) -> Result<Bound, BackendError> {
        let mut ours = None;
        let mut is_ours = false;
        for (path, expected) in &self.equals {
            let given = path.find(answer).ok_or(BackendError::CredentialRejected)?;
            match expected {
                Expected::Exactly(value) if value == given => {}
                Expected::Setting(name) if is_set_to(settings.get(name), given) => is_ours = true,
                Expected::Exactly(_) | Expected::Setting(_) => {
                    return Err(BackendError::CredentialRejected);
                }
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
        // Where a setting names our app, it is the one that we are there.
        let ours = ours.or_else(|| client_ids.first().filter(|_| is_ours).cloned());
        let client_id = ours.ok_or(BackendError::CredentialRejected)?;
        Ok(Bound { client_id, subject })
    }
}

/// Who signs the tokens that bind themselves.
fn signed(audience: &Audience, known: &Known) -> Result<Option<Signed>, (String, String)> {
    if audience.kind != BindingKind::SelfContained {
        return Ok(None);
    }
    if audience.expires.is_none() {
        return Err(at("expires")(
            "is needed: until when is it good?".to_owned(),
        ));
    }
    let keys = SignedKeys {
        issuers: audience.issuers.clone(),
        jwks: audience.jwks.clone(),
        key: None,
        algorithms: audience.algorithms.clone(),
    };
    let signed = Signed::compile(keys, known).map_err(|(key, reason)| at(key)(reason))?;
    Ok(Some(signed))
}

impl Expected {
    fn compile(value: &toml::Value, known: &Known) -> Result<Self, String> {
        match value {
            toml::Value::String(text) if Text::is_template(text) => {
                Self::compile_template(text, known)
            }
            toml::Value::String(text) => Ok(Self::Exactly(Json::String(text.clone()))),
            toml::Value::Boolean(true) => Ok(Self::Exactly(Json::Bool(true))),
            toml::Value::Integer(number) => Ok(Self::Exactly(Json::from(*number))),
            other => Err(format!(
                "expected a text, a number or true, not a {}",
                other.type_str()
            )),
        }
    }

    fn compile_template(text: &str, known: &Known) -> Result<Self, String> {
        let inside = text
            .strip_prefix("{{")
            .and_then(|inside| inside.strip_suffix("}}"))
            .map(str::trim)
            .unwrap_or_default();
        if inside == "client.key" {
            return Ok(Self::ClientId);
        }
        let Some(name) = inside.strip_prefix("setting.") else {
            return Err(
                "expected \"{{ client.key }}\", \"{{ setting.<name> }}\", a text, a number or true"
                    .to_owned(),
            );
        };
        if !known.setting(name)?.required {
            return Err(format!("`setting.{name}` must be `required = true`"));
        }
        Ok(Self::Setting(name.to_owned()))
    }
}

/// As [`is_client_id`], for a setting; nothing equals one that is empty.
fn is_set_to(setting: Option<&Json>, given: &Json) -> bool {
    match setting {
        Some(Json::Array(any)) => any.iter().any(|one| is_set_to(Some(one), given)),
        Some(one) => {
            let text = as_text(one);
            !text.is_empty() && is_client_id(given, &text)
        }
        None => false,
    }
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
mod tests;
