//! From an answer to a person: uid and details.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::file::{self, Names};
use super::known::Known;
use super::{Path, Scope, Text, Value, as_text, is_empty};
use crate::backends::BackendError;
use crate::model::{Details, JsonMap, UID_MAX_LENGTH};

/// The table `[user]`, compiled.
pub(crate) struct UserMapping {
    id: Value,
    id_name: String,
    username: Option<Value>,
    email: Option<Value>,
    email_verified: Option<Value>,
    fullname: Option<Value>,
    first_name: Option<Value>,
    last_name: Option<Value>,
    picture: Option<Value>,
    other: Vec<(String, Value)>,
    require: Vec<Required>,
    pub(crate) names: Names,
}

/// A field that must have this very value.
struct Required {
    claim: String,
    path: Path,
    expected: Expected,
}

/// What a field must be.
pub(crate) enum Expected {
    /// This very value.
    Exactly(Json),
    /// What the operator set; where nothing is set, anything is right.
    Set(Value),
}

impl UserMapping {
    pub(super) fn compile(user: file::User, known: &Known) -> Result<Self, (String, String)> {
        let compile = |key: &str, value: &toml::Value| {
            let at = |reason| (format!("[user].{key}"), reason);
            let value = Value::compile(value, known).map_err(at)?;
            if value.is_of("client.secret") || value.is_of("token") {
                return Err(at("neither our secret nor a token may be shown".to_owned()));
            }
            Ok(value)
        };
        let optional = |key: &str, value: Option<toml::Value>| {
            value.map(|value| compile(key, &value)).transpose()
        };
        let Some(id_source) = &user.id else {
            return Err((
                "[user].id".to_owned(),
                "is needed: who is the person?".to_owned(),
            ));
        };
        let id = compile("id", id_source)?;
        let legacy_id = optional("legacy_id", user.legacy_id)?;
        let email = optional("email", user.email)?;
        let email_verified = optional("email_verified", user.email_verified)?;
        let proofs = [
            ("id", Some(&id)),
            ("legacy_id", legacy_id.as_ref()),
            ("email", email.as_ref()),
            ("email_verified", email_verified.as_ref()),
        ];
        for (key, value) in proofs {
            if value.is_some_and(Value::is_client_supplied) {
                return Err((
                    format!("[user].{key}"),
                    "a client may not say who it is: `token_response` and `input` prove nothing"
                        .to_owned(),
                ));
            }
        }
        Ok(Self {
            id,
            id_name: id_source.as_str().unwrap_or("id").to_owned(),
            username: optional("username", user.username)?,
            email,
            email_verified,
            fullname: optional("fullname", user.fullname)?,
            first_name: optional("first_name", user.first_name)?,
            last_name: optional("last_name", user.last_name)?,
            picture: optional("picture", user.picture)?,
            other: user
                .other
                .iter()
                .map(|(name, value)| Ok((name.clone(), compile(&format!("other.{name}"), value)?)))
                .collect::<Result<_, (String, String)>>()?,
            require: compile_required(&user.require, known)?,
            names: user.names.unwrap_or_default(),
        })
    }

    /// The uid: the text of the value that names the person.
    ///
    /// # Errors
    /// `missing_claim` when there is none, `invalid_claim` for what cannot be
    /// one: booleans, `None`, `null`, `undefined`, more than 255 characters.
    pub(crate) fn uid(&self, scope: &Scope<'_>) -> Result<String, BackendError> {
        uid_of(&self.id.eval(scope), &self.id_name)
    }

    /// Refuses a person whose required fields are not as they must be.
    pub(crate) fn check_required(&self, scope: &Scope<'_>) -> Result<(), BackendError> {
        for Required {
            claim,
            path,
            expected,
        } in &self.require
        {
            match path.find(scope.answer) {
                value if expected.holds(value, scope) => {}
                None | Some(Json::Null) => {
                    return Err(BackendError::MissingClaim {
                        claim: claim.clone(),
                    });
                }
                Some(_) => {
                    return Err(BackendError::InvalidClaim {
                        claim: claim.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The person's details. Only `true` itself makes an address verified.
    pub(crate) fn details(&self, scope: &Scope<'_>) -> Details {
        let text = |value: &Option<Value>| {
            let value = value.as_ref()?.eval(scope);
            match value {
                Json::Null | Json::Array(_) | Json::Object(_) => None,
                scalar => Some(as_text(&scalar)),
            }
        };
        let email_verified = self
            .email_verified
            .as_ref()
            .is_some_and(|value| value.eval(scope) == Json::Bool(true));
        Details {
            username: text(&self.username),
            email: text(&self.email),
            email_verified,
            fullname: text(&self.fullname),
            first_name: text(&self.first_name),
            last_name: text(&self.last_name),
            picture: text(&self.picture),
            other: self
                .other
                .iter()
                .map(|(name, value)| (name.clone(), value.eval(scope)))
                .collect::<JsonMap>(),
        }
    }
}

impl Expected {
    /// Reads what a field must be.
    pub(super) fn compile(expected: &toml::Value, known: &Known) -> Result<Self, String> {
        match expected {
            toml::Value::Boolean(flag) => Ok(Self::Exactly(Json::Bool(*flag))),
            toml::Value::Integer(number) => Ok(Self::Exactly(Json::from(*number))),
            toml::Value::String(text) if Text::is_template(text) => {
                let value = Value::compile(expected, known)?;
                if value.only_of(&["setting", "client.key"]) {
                    Ok(Self::Set(value))
                } else {
                    Err("only settings can be asked for here".to_owned())
                }
            }
            toml::Value::String(text) => Ok(Self::Exactly(Json::String(text.clone()))),
            other => Err(format!(
                "expected true, false, a number or a text, not a {}",
                other.type_str()
            )),
        }
    }

    pub(super) fn holds(&self, given: Option<&Json>, scope: &Scope<'_>) -> bool {
        match self {
            Self::Exactly(expected) => given == Some(expected),
            Self::Set(value) => match value.eval(scope) {
                Json::Array(any) if !any.is_empty() => {
                    given.is_some_and(|given| any.contains(given))
                }
                expected => is_empty(&expected) || given == Some(&expected),
            },
        }
    }
}

/// The text of a value that names a person, by the rules of [`UserMapping::uid`].
pub(crate) fn uid_of(value: &Json, name: &str) -> Result<String, BackendError> {
    let claim = || name.to_owned();
    let text = match value {
        Json::Null => return Err(BackendError::MissingClaim { claim: claim() }),
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(_) | Json::Array(_) | Json::Object(_) => {
            return Err(BackendError::InvalidClaim { claim: claim() });
        }
    };
    if text.is_empty() {
        return Err(BackendError::MissingClaim { claim: claim() });
    }
    if text.contains('\0') {
        return Err(BackendError::MalformedResponse);
    }
    let nobody = matches!(text.as_str(), "None" | "null" | "undefined");
    if nobody || text.chars().count() > UID_MAX_LENGTH {
        return Err(BackendError::InvalidClaim { claim: claim() });
    }
    Ok(text)
}

fn compile_required(
    required: &BTreeMap<String, toml::Value>,
    known: &Known,
) -> Result<Vec<Required>, (String, String)> {
    required
        .iter()
        .map(|(path, expected)| {
            let at = |reason| (format!("[user].require.{path}"), reason);
            Ok(Required {
                claim: path.clone(),
                path: Path::parse(path).map_err(at)?,
                expected: Expected::compile(expected, known).map_err(at)?,
            })
        })
        .collect()
}
