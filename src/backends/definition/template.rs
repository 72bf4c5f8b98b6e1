//! One `{{ … }}`: a minijinja expression, compiled at start.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use minijinja::{Environment, Expression, UndefinedBehavior};

use super::filters;
use super::known::Known;
use super::reads::Reads;
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

/// What is compiled, by its source, as long as a definition holds it: most
/// templates stand in many files.
static COMPILED: LazyLock<Mutex<BTreeMap<String, Weak<Compiled>>>> = LazyLock::new(Mutex::default);

/// A compiled `{{ … }}`.
pub(crate) struct Template(Arc<Compiled>);

struct Compiled {
    expression: Expression<'static, 'static>,
    reads: Reads,
    /// A filter that there is not.
    unknown_filter: Option<String>,
}

impl Template {
    pub(super) fn compile(source: &str, known: &Known) -> Result<Self, String> {
        let refuse = |reason: String| format!("`{{{{{source}}}}}`: {reason}");
        let compiled = Compiled::shared(source.trim()).map_err(refuse)?;
        for name in compiled.reads.chains() {
            known.check(name).map_err(refuse)?;
        }
        if let Some(name) = &compiled.unknown_filter {
            return Err(refuse(format!("no filter is called `{name}`")));
        }
        Ok(Self(compiled))
    }

    /// What it reads, with the member where one is named: `setting.x`.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        self.0.reads.chains()
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
        self.0
            .expression
            .eval(scope.template_view(&self.0.reads))
            .unwrap_or(minijinja::Value::UNDEFINED)
    }
}

impl Compiled {
    /// The expression, compiled unless another template says the same.
    fn shared(source: &str) -> Result<Arc<Self>, String> {
        let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = known.get(source).and_then(Weak::upgrade) {
            return Ok(compiled);
        }
        let expression = TEMPLATES
            .compile_expression_owned(source.to_owned())
            .map_err(|error| error.to_string())?;
        let reads = Reads::of(&expression, source);
        let unknown_filter = unknown_filter(source);
        let compiled = Arc::new(Self {
            expression,
            reads,
            unknown_filter,
        });
        known.insert(source.to_owned(), Arc::downgrade(&compiled));
        Ok(compiled)
    }
}

/// Minijinja meets an unknown filter only when it runs: call each alone.
fn unknown_filter(source: &str) -> Option<String> {
    let mut state = TEMPLATES.empty_state();
    filters::names_in(source).into_iter().find(|name| {
        let called = state.apply_filter(name, &[]);
        called.is_err_and(|error| error.kind() == minijinja::ErrorKind::UnknownFilter)
    })
}
