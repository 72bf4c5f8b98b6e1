//! Text with templates in it, for URLs, queries, headers and bodies.

use super::known::Known;
use super::scalar::as_text;
use super::scope::{Scope, from_template};
use super::template::Template;

/// Text with templates in it, for URLs, queries, headers and bodies.
pub(crate) struct Text(Vec<Part>);

/// A piece of a text.
pub(super) enum Part {
    /// Stands for itself.
    Literal(String),
    /// Gives its value.
    Template(Template),
}

impl Text {
    /// Reads a text; a string without `{{` stands for itself.
    pub(crate) fn compile(source: &str, known: &Known) -> Result<Self, String> {
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
            parts.push(Part::Template(Template::compile(inside, known)?));
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

    /// The template, when there is nothing around it.
    pub(super) fn into_whole_template(mut self) -> Result<Template, Self> {
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
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Template(template) => {
                    let value = from_template(&template.eval(scope));
                    out.push_str(&as_text(&value));
                }
            }
        }
        (!out.is_empty()).then_some(out)
    }

    /// Its pieces, in their order.
    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// All templates in it.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Template(template) => Some(template),
        })
    }

    /// Whether this variable, or this member of one, goes into it.
    pub(crate) fn is_of(&self, wanted: &str) -> bool {
        self.templates().any(|template| template.is_of(wanted))
    }
}

/// What may stand unencoded in one segment of a URL's path.
pub(super) const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
