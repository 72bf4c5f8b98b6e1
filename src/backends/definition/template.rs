//! One `{{ … }}`: a minijinja expression, compiled at start.

use std::collections::HashSet;
use std::sync::LazyLock;

use minijinja::{Environment, Expression, UndefinedBehavior};

use super::filters;
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

/// A compiled `{{ … }}`.
pub(crate) struct Template {
    expression: Expression<'static, 'static>,
}

impl Template {
    pub(super) fn compile(source: &str) -> Result<Self, String> {
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

    /// The variables that it reads.
    pub(super) fn variables(&self) -> HashSet<String> {
        self.expression.undeclared_variables(false)
    }

    /// Whether our client secret goes into it.
    pub(super) fn mentions_client_secret(&self) -> bool {
        let nested = self.expression.undeclared_variables(true);
        nested.contains("client.secret")
    }

    /// Evaluates; whatever goes wrong on the way is "nothing".
    pub(super) fn eval(&self, scope: &Scope<'_>) -> minijinja::Value {
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
