//! A definition's values: a plain path, a list of values, or a template.

use serde_json::Value as Json;

use super::known::Known;
use super::path::Path;
use super::scalar::is_empty;
use super::scope::{Scope, from_template};
use super::template::Template;
use super::text::Text;

/// A value: where a plain string is a path.
pub(crate) enum Value {
    /// A path into the answer.
    Path(Path),
    /// The first that is not empty.
    FirstOf(Vec<Value>),
    /// `{{ expression }}`: keeps its type.
    Template(Template),
    /// Text around templates: always text.
    Text(Text),
}

impl Value {
    /// Reads a value from a definition file.
    pub(crate) fn compile(source: &toml::Value, known: &Known) -> Result<Self, String> {
        match source {
            toml::Value::String(text) => Self::compile_text(text, known),
            toml::Value::Array(items) => items
                .iter()
                .map(|item| Self::compile(item, known))
                .collect::<Result<_, _>>()
                .map(Self::FirstOf),
            other => Err(format!(
                "expected a path, a list or a template, not a {}",
                other.type_str()
            )),
        }
    }

    fn compile_text(source: &str, known: &Known) -> Result<Self, String> {
        if !Text::is_template(source) {
            return Path::parse(source).map(Self::Path);
        }
        let text = Text::compile(source, known)?;
        match text.into_whole_template() {
            Ok(template) => Ok(Self::Template(template)),
            Err(text) => Ok(Self::Text(text)),
        }
    }

    /// The value in this scope; null when there is nothing.
    pub(crate) fn eval(&self, scope: &Scope<'_>) -> Json {
        match self {
            Self::Path(path) => path.find(scope.answer).cloned().unwrap_or(Json::Null),
            Self::FirstOf(values) => values
                .iter()
                .map(|value| value.eval(scope))
                .find(|value| !is_empty(value))
                .unwrap_or(Json::Null),
            Self::Template(template) => from_template(&template.eval(scope)),
            Self::Text(text) => text.render(scope).map_or(Json::Null, Json::String),
        }
    }

    /// The path, when it is one.
    pub(crate) fn as_path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }

    /// Whether a client could choose what comes out.
    pub(crate) fn is_client_supplied(&self) -> bool {
        self.any_template(&Template::is_client_supplied)
    }

    /// Whether it reads this variable, or this member of one.
    pub(super) fn is_of(&self, wanted: &str) -> bool {
        self.any_template(&|template: &Template| template.is_of(wanted))
    }

    /// Whether its templates read nothing but these.
    pub(super) fn only_of(&self, allowed: &[&str]) -> bool {
        let within = |name: &str| {
            allowed.iter().any(|allowed| {
                name.strip_prefix(allowed)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        !self.any_template(&|template: &Template| !template.reads().all(within))
    }

    fn any_template(&self, holds: &dyn Fn(&Template) -> bool) -> bool {
        match self {
            Self::Path(_) => false,
            Self::FirstOf(values) => values.iter().any(|value| value.any_template(holds)),
            Self::Template(template) => holds(template),
            Self::Text(text) => text.templates().any(holds),
        }
    }
}
