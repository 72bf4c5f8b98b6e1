//! One `{{ … }}`: a minijinja expression, compiled at start.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use minijinja::{Environment, Expression, UndefinedBehavior};

use super::filters;
use super::known::Known;
use super::scope::Scope;

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

/// Variables that a client can choose.
const CLIENT_SUPPLIED: [&str; 2] = ["token_response", "input"];

/// A compiled `{{ … }}`.
pub(crate) struct Template {
    expression: Expression<'static, 'static>,
    /// What it reads, with the member: `setting.x`.
    reads: BTreeSet<String>,
}

impl Template {
    pub(super) fn compile(source: &str, known: &Known) -> Result<Self, String> {
        let refuse = |reason: String| format!("`{{{{{source}}}}}`: {reason}");
        let expression = TEMPLATES
            .compile_expression_owned(source.trim().to_owned())
            .map_err(|error| refuse(error.to_string()))?;
        let reads: BTreeSet<String> = expression.undeclared_variables(true).into_iter().collect();
        for name in &reads {
            known.check(name).map_err(refuse)?;
        }
        Self::check_filters(source)?;
        Ok(Self { expression, reads })
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

    /// What it reads, with the member where one is named: `setting.x`.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(String::as_str)
    }

    /// Whether it reads this variable, or this member of one.
    pub(super) fn is_of(&self, wanted: &str) -> bool {
        self.reads().any(|name| {
            name.strip_prefix(wanted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Whether a client could choose what comes out.
    pub(super) fn is_client_supplied(&self) -> bool {
        CLIENT_SUPPLIED.iter().any(|name| self.is_of(name))
    }

    /// Evaluates; whatever goes wrong on the way is "nothing".
    pub(super) fn eval(&self, scope: &Scope<'_>) -> minijinja::Value {
        self.expression
            .eval(scope.template_view())
            .unwrap_or(minijinja::Value::UNDEFINED)
    }
}
