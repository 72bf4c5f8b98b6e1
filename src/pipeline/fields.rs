//! The fields that a halted step wants, as a JSON Schema, and the check of
//! what a client sends for them.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::ValidateEmail as _;

use crate::model::{EMAIL_MAX_LENGTH, JsonMap};

/// Messages by field, in the words of Django REST Framework.
pub type FieldMessages = BTreeMap<String, Vec<String>>;

/// The fields that a halted step wants: a JSON Schema (2020-12) of an object
/// whose `properties` name every field that is taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields {
    schema: Value,
}

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schema of wanted fields: {reason}")]
pub struct InvalidSchema {
    reason: String,
}

impl Fields {
    /// The fields of a schema.
    ///
    /// # Errors
    /// [`InvalidSchema`] unless it is a schema of an object with `properties`,
    /// and refers to nothing outside of itself.
    pub fn new(schema: Value) -> Result<Self, InvalidSchema> {
        let invalid = |reason: String| InvalidSchema { reason };
        if schema.get("type") != Some(&json!("object")) {
            return Err(invalid("expected `type`: `object`".to_owned()));
        }
        let named = schema.get("properties").and_then(Value::as_object);
        if named.is_none_or(JsonMap::is_empty) {
            return Err(invalid("expected `properties`".to_owned()));
        }
        compile(&schema).map_err(|error| invalid(error.masked().to_string()))?;
        Ok(Self { schema })
    }

    /// One text field that must be an e-mail address.
    pub fn email(name: &str) -> Self {
        let address = json!({"type": "string", "format": "email", "maxLength": EMAIL_MAX_LENGTH});
        Self {
            schema: json!({
                "type": "object",
                "properties": {name: address},
                "required": [name],
            }),
        }
    }

    /// What proves an address: the code of a mail, or the wish for another mail.
    ///
    /// # Errors
    /// None that can happen: the schema is fixed.
    pub fn verification_code() -> Result<Self, InvalidSchema> {
        Self::new(json!({
            "type": "object",
            "properties": {
                "verification_code": {"type": "string", "minLength": 1, "maxLength": 64},
                // A form has texts alone.
                "resend": {"enum": [true, false, "true", "false"]},
            },
        }))
    }

    /// The schema, as the client is told it.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Takes the declared fields, and no other, out of what was sent.
    ///
    /// # Errors
    /// What is wrong, by field; nothing of a value is repeated.
    pub fn take(&self, sent: &JsonMap) -> Result<JsonMap, FieldMessages> {
        let declared = self.schema.get("properties").and_then(Value::as_object);
        let taken: JsonMap = sent
            .iter()
            .filter(|(name, _)| declared.is_some_and(|names| names.contains_key(*name)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let taken = Value::Object(taken);
        let messages = match compile(&self.schema) {
            Ok(validator) => messages(&validator, &taken),
            Err(_invalid) => whole("This step asks for what cannot be checked.".to_owned()),
        };
        match taken {
            Value::Object(taken) if messages.is_empty() => Ok(taken),
            _ => Err(messages),
        }
    }
}

/// Regular expressions run in linear time, and nothing is fetched.
fn compile(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_format("email", is_email)
        .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
        .build(schema)
}

/// One address and nothing else: no list, no name beside it, no line break, no
/// letters that only look like others.
pub(super) fn is_email(text: &str) -> bool {
    text.is_ascii() && text.len() <= EMAIL_MAX_LENGTH && text.validate_email()
}

fn messages(validator: &Validator, taken: &Value) -> FieldMessages {
    let mut messages = FieldMessages::new();
    for error in validator.iter_errors(taken) {
        let (field, message) = told(&error);
        let of_field: &mut Vec<String> = messages.entry(field).or_default();
        // A blank that is also too short is told once.
        if !of_field.contains(&message) {
            of_field.push(message);
        }
    }
    messages
}

fn whole(message: String) -> FieldMessages {
    FieldMessages::from([("non_field_errors".to_owned(), vec![message])])
}

/// The field that an error concerns, and what is said of it.
fn told(error: &ValidationError<'_>) -> (String, String) {
    let path = error.instance_path().as_str();
    let field = path.trim_start_matches('/').split('/').next();
    let field = match (error.kind(), field.filter(|field| !field.is_empty())) {
        (_, Some(field)) => field.replace("~1", "/").replace("~0", "~"),
        (Kind::Required { property }, None) => property.as_str().unwrap_or_default().to_owned(),
        _ => "non_field_errors".to_owned(),
    };
    let message = match error.kind() {
        Kind::Required { .. } => "This field is required.".to_owned(),
        _ if error.instance().as_str() == Some("") => "This field may not be blank.".to_owned(),
        _ if error.instance().is_null() => "This field may not be null.".to_owned(),
        Kind::Format { format } if format == "email" => "Enter a valid email address.".to_owned(),
        Kind::MaxLength { limit } => {
            format!("Ensure this field has no more than {limit} characters.")
        }
        Kind::MinLength { limit } => format!("Ensure this field has at least {limit} characters."),
        Kind::Type {
            kind: TypeKind::Single(kind),
        } => format!("Expected {kind}."),
        _ => error.masked_with("This value").to_string(),
    };
    (field, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: &Value) -> JsonMap {
        value.as_object().cloned().unwrap()
    }

    fn wanted() -> Fields {
        Fields::new(json!({
            "type": "object",
            "properties": {
                "email": {"type": "string", "format": "email", "maxLength": 254},
                "age": {"type": "integer", "minimum": 18},
                "plan": {"enum": ["free", "paid"]},
                "code": {"type": "string", "pattern": "^[0-9]{6}$"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["email"],
        }))
        .unwrap()
    }

    #[test]
    fn par_6_only_declared_fields_are_taken() {
        let sent = map(&json!({"email": "a@b.example", "uid": "9", "email_verified": true}));
        assert_eq!(
            wanted().take(&sent),
            Ok(map(&json!({"email": "a@b.example"})))
        );
    }

    #[test]
    fn what_is_wrong_is_told_by_field_and_repeats_no_value() {
        let wrong = [
            (json!({}), "email", "This field is required."),
            (
                json!({"email": ""}),
                "email",
                "This field may not be blank.",
            ),
            (
                json!({"email": null}),
                "email",
                "This field may not be null.",
            ),
            (json!({"email": 5}), "email", "Expected string."),
            (
                json!({"email": "s3cret"}),
                "email",
                "Enter a valid email address.",
            ),
            (
                json!({"email": "a@b.example", "age": 17}),
                "age",
                "This value is less than the minimum of 18",
            ),
            (
                json!({"email": "a@b.example", "age": 18.5}),
                "age",
                "Expected integer.",
            ),
            (
                json!({"email": "a@b.example", "plan": "s3cret"}),
                "plan",
                "This value is not one of \"free\" or \"paid\"",
            ),
            (
                json!({"email": "a@b.example", "code": "s3cret"}),
                "code",
                "This value does not match \"^[0-9]{6}$\"",
            ),
            (
                json!({"email": "a@b.example", "tags": ["x", 1]}),
                "tags",
                "Expected string.",
            ),
        ];
        for (sent, field, message) in wrong {
            let refused = wanted().take(&map(&sent)).unwrap_err();
            let expected = FieldMessages::from([(field.to_owned(), vec![message.to_owned()])]);
            assert_eq!(refused, expected, "{sent}");
        }
    }

    #[test]
    fn eml_5_an_address_is_one_address() {
        let long = format!("a@{}.example", "b".repeat(254));
        for refused in [
            "a",
            "@b.example",
            "a@",
            "a@b@c.example",
            "a@b.example,c@d.example",
            "a@b.example;c@d.example",
            "A <a@b.example>",
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example\n",
            "a b@c.example",
            "\"a b\"@c.example",
            "a@b.example\0",
            "a@\u{430}pple.example",
            "\u{430}@apple.example",
            &long,
        ] {
            let sent = map(&json!({"email": refused}));
            assert!(Fields::email("email").take(&sent).is_err(), "{refused:?}");
        }
        for taken in [
            "a@b.example",
            "A.b+c@xn--bcher-kva.example",
            "o'neil@b.example",
        ] {
            let sent = map(&json!({"email": taken}));
            assert!(Fields::email("email").take(&sent).is_ok(), "{taken}");
        }
    }

    #[test]
    fn a_schema_names_its_fields_and_refers_to_nothing_else() {
        for refused in [
            json!({}),
            json!("text"),
            json!({"type": "object"}),
            json!({"type": "object", "properties": {}}),
            json!({"type": "array", "properties": {"a": {}}}),
            json!({"type": "object", "properties": {"a": {"type": "colour"}}}),
            json!({"type": "object", "properties": {"a": {"pattern": "("}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "https://schemas.example/a"}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}),
        ] {
            assert!(Fields::new(refused.clone()).is_err(), "{refused}");
        }
    }
}
