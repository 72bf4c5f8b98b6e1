//! A JSON body: the shape of the file's table, with its texts filled in.

use serde_json::Value as Json;

use super::Scope;
use super::Text;
use super::known::Known;
use super::scalar::is_empty;
use super::value::Value;
use crate::model::JsonMap;

/// A JSON body, compiled.
pub(super) struct JsonBody(Vec<(String, Part)>);

enum Part {
    /// As it is written.
    Literal(Json),
    /// A template: left out where it comes out empty.
    Filled(Value),
    Table(JsonBody),
    List(Vec<Part>),
}

impl JsonBody {
    /// Reads a body; without fields there is none.
    pub(super) fn compile(table: &toml::Table, known: &Known) -> Result<Option<Self>, String> {
        if table.is_empty() {
            return Ok(None);
        }
        Self::fields(table, known).map(Some)
    }

    fn fields(table: &toml::Table, known: &Known) -> Result<Self, String> {
        table
            .iter()
            .map(|(name, value)| Ok((name.clone(), Part::compile(value, known)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The body in this scope.
    pub(super) fn render(&self, scope: &Scope<'_>) -> JsonMap {
        self.0
            .iter()
            .filter_map(|(name, part)| Some((name.clone(), part.render(scope)?)))
            .collect()
    }

    /// Whether this variable, or this member of one, goes into it.
    pub(super) fn is_of(&self, wanted: &str) -> bool {
        self.0.iter().any(|(_, part)| part.is_of(wanted))
    }
}

impl Part {
    fn compile(value: &toml::Value, known: &Known) -> Result<Self, String> {
        match value {
            toml::Value::String(text) if Text::is_template(text) => {
                Value::compile(value, known).map(Self::Filled)
            }
            toml::Value::Table(table) => JsonBody::fields(table, known).map(Self::Table),
            toml::Value::Array(items) => items
                .iter()
                .map(|item| Self::compile(item, known))
                .collect::<Result<_, _>>()
                .map(Self::List),
            toml::Value::Datetime(_) => Err("a date must be written as a text".to_owned()),
            plain => serde_json::to_value(plain)
                .map(Self::Literal)
                .map_err(|_no_json| "is no JSON".to_owned()),
        }
    }

    fn render(&self, scope: &Scope<'_>) -> Option<Json> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Filled(value) => Some(value.eval(scope)).filter(|value| !is_empty(value)),
            Self::Table(body) => Some(Json::Object(body.render(scope))),
            Self::List(items) => Some(items.iter().filter_map(|item| item.render(scope)).collect()),
        }
    }

    fn is_of(&self, wanted: &str) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Filled(value) => value.is_of(wanted),
            Self::Table(body) => body.is_of(wanted),
            Self::List(items) => items.iter().any(|item| item.is_of(wanted)),
        }
    }
}
