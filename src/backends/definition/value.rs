//! A definition's values: a plain path, a list of values, or a template.

use std::collections::HashSet;
use std::sync::LazyLock;

use minijinja::{Environment, Expression, UndefinedBehavior};
use serde_json::Value as Json;

use super::filters;
use super::path::Path;
use super::scope::{Scope, from_template};

/// Bounds the work of one expression, in instructions.
const FUEL: u64 = 20_000;

/// All expressions of all definitions are compiled in here, once, at start.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Chainable);
    templates.set_fuel(Some(FUEL));
    filters::add_to(&mut templates);
    templates
});

/// A compiled `{{ … }}`.
pub(crate) struct Template {
    expression: Expression<'static, 'static>,
}

impl Template {
    fn compile(source: &str) -> Result<Self, String> {
        let expression = TEMPLATES
            .compile_expression_owned(source.trim().to_owned())
            .map_err(|error| format!("`{{{{{source}}}}}`: {error}"))?;
        let template = Self { expression };
        let unknown = template
            .variables()
            .into_iter()
            .find(|name| !KNOWN_VARIABLES.contains(&name.as_str()));
        if let Some(name) = unknown {
            return Err(format!(
                "`{{{{{source}}}}}`: no variable is called `{name}` (there are {})",
                KNOWN_VARIABLES.join(", ")
            ));
        }
        Self::check_filters(source)?;
        Ok(template)
    }

    /// Minijinja meets an unknown filter only when it runs: run each alone.
    fn check_filters(source: &str) -> Result<(), String> {
        for name in filters::names_in(source) {
            let probe = TEMPLATES
                .compile_expression_owned(format!("user | {name}"))
                .and_then(|probe| probe.eval(minijinja::Value::UNDEFINED));
            if let Err(error) = probe
                && error.kind() == minijinja::ErrorKind::UnknownFilter
            {
                return Err(format!("`{{{{{source}}}}}`: no filter is called `{name}`"));
            }
        }
        Ok(())
    }

    fn variables(&self) -> HashSet<String> {
        self.expression.undeclared_variables(false)
    }

    /// Evaluates; whatever goes wrong on the way is "nothing".
    fn eval(&self, scope: &Scope<'_>) -> minijinja::Value {
        self.expression
            .eval(scope.template_view())
            .unwrap_or(minijinja::Value::UNDEFINED)
    }
}

const KNOWN_VARIABLES: [&str; 7] = [
    "user",
    "token",
    "client",
    "setting",
    "scope",
    "token_response",
    "input",
];

/// Variables that a client can choose.
const CLIENT_SUPPLIED: [&str; 2] = ["token_response", "input"];

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
    pub(crate) fn compile(source: &toml::Value) -> Result<Self, String> {
        match source {
            toml::Value::String(text) => Self::compile_text(text),
            toml::Value::Array(items) => items
                .iter()
                .map(Self::compile)
                .collect::<Result<_, _>>()
                .map(Self::FirstOf),
            other => Err(format!(
                "expected a path, a list or a template, not a {}",
                other.type_str()
            )),
        }
    }

    fn compile_text(source: &str) -> Result<Self, String> {
        if !Text::is_template(source) {
            return Path::parse(source).map(Self::Path);
        }
        let text = Text::compile(source)?;
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
        let suspicious = |template: &Template| {
            template
                .variables()
                .iter()
                .any(|name| CLIENT_SUPPLIED.contains(&name.as_str()))
        };
        match self {
            Self::Path(_) => false,
            Self::FirstOf(values) => values.iter().any(Self::is_client_supplied),
            Self::Template(template) => suspicious(template),
            Self::Text(text) => text.templates().any(suspicious),
        }
    }
}

/// Text with templates in it, for URLs, queries, headers and bodies.
pub(crate) struct Text(Vec<Part>);

enum Part {
    Literal(String),
    Template(Template),
}

impl Text {
    /// Reads a text; a string without `{{` stands for itself.
    pub(crate) fn compile(source: &str) -> Result<Self, String> {
        if source.contains("{%") {
            return Err(format!(
                "`{source}`: only `{{{{ … }}}}` is known, not `{{%`"
            ));
        }
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once("{{") {
            if !before.is_empty() {
                parts.push(Part::Literal(before.to_owned()));
            }
            let (inside, after) = after
                .split_once("}}")
                .ok_or_else(|| format!("`{source}`: a `{{{{` without its `}}}}`"))?;
            parts.push(Part::Template(Template::compile(inside)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    /// Whether a string holds a template.
    pub(crate) fn is_template(source: &str) -> bool {
        source.contains("{{")
    }

    fn into_whole_template(mut self) -> Result<Template, Self> {
        match self.0.pop() {
            Some(Part::Template(template)) if self.0.is_empty() => Ok(template),
            Some(last) => {
                self.0.push(last);
                Err(self)
            }
            None => Err(self),
        }
    }

    /// The text in this scope; `None` when it comes out empty.
    pub(crate) fn render(&self, scope: &Scope<'_>) -> Option<String> {
        self.render_with(scope, |_, text| text)
    }

    /// The text as a URL: what templates give is percent-encoded, but for a
    /// base at the very front.
    pub(crate) fn render_url(&self, scope: &Scope<'_>) -> Option<String> {
        self.render_with(scope, |index, text| match index {
            0 => text,
            _ => percent_encoding::utf8_percent_encode(&text, SEGMENT).to_string(),
        })
    }

    fn render_with(
        &self,
        scope: &Scope<'_>,
        encode: impl Fn(usize, String) -> String,
    ) -> Option<String> {
        let mut out = String::new();
        for (index, part) in self.0.iter().enumerate() {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Template(template) => {
                    let value = from_template(&template.eval(scope));
                    out.push_str(&encode(index, as_text(&value)));
                }
            }
        }
        (!out.is_empty()).then_some(out)
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Template(template) => Some(template),
        })
    }

    /// Whether our client secret goes into it.
    pub(crate) fn mentions_client_secret(&self) -> bool {
        self.templates().any(|template| {
            let nested = template.expression.undeclared_variables(true);
            nested.contains("client.secret")
        })
    }

    /// Whether a URL's host is written in the file or set by the operator,
    /// never taken from an answer or from the client.
    pub(crate) fn has_fixed_host(&self) -> bool {
        match self.0.as_slice() {
            [Part::Template(base), ..] => base.variables().iter().all(|name| name == "setting"),
            [Part::Literal(start), ..] => start
                .split_once("://")
                .is_some_and(|(_, after)| after.contains('/') || self.0.len() == 1),
            [] => false,
        }
    }
}

/// What may stand unencoded in one segment of a URL's path.
const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A value as text: scalars as they are written, nothing for null, and for
/// lists and objects, which have no text.
pub(crate) fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(flag) => flag.to_string(),
        Json::Null | Json::Array(_) | Json::Object(_) => String::new(),
    }
}

/// Null, false, "", [] and {} are empty; 0 is not.
pub(crate) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Bool(true) | Json::Number(_) => false,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
    }
}
