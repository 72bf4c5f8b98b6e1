//! A request's body: JSON or a form, as fields without duplicates.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpRequest, web};
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;

use super::error::{ApiError, FieldErrors};
use super::limits::JSON_MAX_DEPTH;
use super::signed_object::SignedObject;
use crate::model::JsonMap;

/// The fields of a request's body, taken out one by one.
pub(super) struct Fields {
    fields: JsonMap,
    errors: FieldErrors,
}

impl From<JsonMap> for Fields {
    fn from(fields: JsonMap) -> Self {
        Self {
            fields,
            errors: FieldErrors::new(),
        }
    }
}

impl Fields {
    /// Reads a body by its media type, which is judged before the body is: what
    /// is compressed may have failed to arrive for that alone.
    pub(super) fn read(
        request: &HttpRequest,
        body: Result<web::Bytes, actix_web::Error>,
    ) -> Result<Self, ApiError> {
        for encoding in request.headers().get_all(CONTENT_ENCODING) {
            if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") {
                return Err(ApiError::UnsupportedMediaType);
            }
        }
        let read = match media_type(request).as_str() {
            "application/json" => json,
            "application/x-www-form-urlencoded" => form,
            _ => return Err(ApiError::UnsupportedMediaType),
        };
        Ok(read(&body.map_err(|error| not_received(&error))?)?.into())
    }

    /// Takes a text; `None` when it is absent, or an error was noted.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.fields.remove(name)? {
            Value::String(text) if text.is_empty() => {
                self.note(name, "This field may not be blank.")
            }
            Value::String(text) => Some(text),
            Value::Null => self.note(name, "This field may not be null."),
            _ => self.note(name, "Not a valid string."),
        }
    }

    /// Takes a text that must be there; empty when an error was noted.
    pub(super) fn required(&mut self, name: &str) -> String {
        let text = self.text(name);
        if text.is_none() && !self.is_noted(name) {
            self.note::<()>(name, "This field is required.");
        }
        text.unwrap_or_default()
    }

    /// Puts a field there, in place of what there was.
    pub(super) fn put(&mut self, name: &str, text: String) {
        self.fields.insert(name.to_owned(), Value::String(text));
    }

    /// Takes an object; `None` when it is absent, or an error was noted.
    pub(super) fn object(&mut self, name: &str) -> Option<JsonMap> {
        match self.fields.remove(name)? {
            Value::Object(map) => Some(map),
            _ => self.note(name, "Expected a dictionary of items."),
        }
    }

    /// Whether a field is there, whatever it holds.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Notes what is wrong with a field.
    pub(super) fn note<T>(&mut self, name: &str, message: &str) -> Option<T> {
        self.errors
            .entry(name.to_owned())
            .or_default()
            .push(message.to_owned());
        None
    }

    /// Whether something was noted of a field.
    pub(super) fn is_noted(&self, name: &str) -> bool {
        self.errors.contains_key(name)
    }

    /// Adds errors found by other means, of fields of which nothing was noted:
    /// one that is not what it must be was not read, and is not missing.
    pub(super) fn note_missing(&mut self, errors: FieldErrors) {
        for (field, messages) in errors {
            self.errors.entry(field).or_insert(messages);
        }
    }

    /// What is left, unless something was wrong.
    pub(super) fn finish(self) -> Result<JsonMap, ApiError> {
        if self.errors.is_empty() {
            Ok(self.fields)
        } else {
            Err(ApiError::Fields(self.errors))
        }
    }
}

/// Without its parameters, in lower case; empty unless there is one alone.
fn media_type(request: &HttpRequest) -> String {
    let mut given = request.headers().get_all(CONTENT_TYPE);
    let (Some(one), None) = (given.next(), given.next()) else {
        return String::new();
    };
    let media_type = one.to_str().unwrap_or_default().split(';').next();
    media_type.unwrap_or_default().trim().to_ascii_lowercase()
}

fn not_received(error: &actix_web::Error) -> ApiError {
    if error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::PayloadTooLarge;
    }
    ApiError::UnreadableBody("it did not arrive whole".to_owned())
}

fn json(body: &[u8]) -> Result<JsonMap, ApiError> {
    if is_too_deep(body) {
        return Err(ApiError::UnreadableBody(format!(
            "nested deeper than {JSON_MAX_DEPTH}"
        )));
    }
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        let other = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
        return Err(not_a_dictionary(python_type(&other)));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let fields = reader
        .deserialize_map(TopLevel)
        .and_then(|fields| reader.end().map(|()| fields));
    match fields.map_err(|error| unreadable(&error))? {
        Read::Fields(fields) => Ok(fields),
        Read::Twice(name) => Err(twice(&name)),
    }
}

/// The type's name, as Django REST Framework tells it.
fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// Says where it stopped, and nothing of what stands there.
fn unreadable(error: &serde_json::Error) -> ApiError {
    ApiError::UnreadableBody(format!(
        "not JSON at line {} column {}",
        error.line(),
        error.column()
    ))
}

fn not_a_dictionary(kind: &str) -> ApiError {
    let message = format!("Invalid data. Expected a dictionary, but got {kind}.");
    ApiError::Fields(FieldErrors::from([(
        "non_field_errors".to_owned(),
        vec![message],
    )]))
}

fn twice(name: &str) -> ApiError {
    let message = "This field is given twice.".to_owned();
    ApiError::Fields(FieldErrors::from([(name.to_owned(), vec![message])]))
}

fn form(body: &[u8]) -> Result<JsonMap, ApiError> {
    let mut fields = JsonMap::new();
    std::str::from_utf8(body)
        .map_err(|_not_text| ApiError::UnreadableBody("a form is UTF-8".to_owned()))?;
    for (name, value) in url::form_urlencoded::parse(body) {
        if fields
            .insert(name.to_string(), Value::String(value.into_owned()))
            .is_some()
        {
            return Err(twice(&name));
        }
    }
    Ok(fields)
}

/// Counts brackets outside of texts, before anything is built of them.
fn is_too_deep(body: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > JSON_MAX_DEPTH {
            return true;
        }
    }
    false
}

/// What a body's JSON turned out to be.
enum Read {
    Fields(JsonMap),
    Twice(String),
}

/// Fields whose own members are signed: which of two was meant is not for us
/// to guess.
const SIGNED: [&str; 2] = ["openid", "payload"];

/// Reads an object and sees a name that is given twice.
struct TopLevel;

impl<'de> Visitor<'de> for TopLevel {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let mut fields = JsonMap::new();
        let mut given_twice = None;
        while let Some(name) = map.next_key::<String>()? {
            let value = if SIGNED.contains(&name.as_str()) {
                map.next_value_seed(SignedObject)?
            } else {
                Some(map.next_value()?)
            };
            let Some(value) = value else {
                given_twice.get_or_insert(name);
                continue;
            };
            if fields.insert(name.clone(), value).is_some() {
                given_twice.get_or_insert(name);
            }
        }
        Ok(given_twice.map_or(Read::Fields(fields), Read::Twice))
    }
}
