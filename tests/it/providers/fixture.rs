//! The exchanges that a shipped definition is held to, `tests/providers/*.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::support::internet::Answer;

/// The setting that takes tokens which nothing binds.
pub(crate) const ACCEPT_UNBOUND: &str = "ACCEPT_UNBOUND_ACCESS_TOKENS";

/// A provider's fixture.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    /// The provider: the file's name.
    #[serde(skip)]
    pub(crate) name: String,
    /// `KEY` and the like, without the provider's prefix.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) binding: BindingFixture,
    pub(crate) cases: Vec<Case>,
    /// Where python-social-auth makes something else, and why.
    #[serde(default)]
    pub(crate) differences: Vec<Difference>,
}

/// Something in which we differ on purpose.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// The case's name, `*` for all of them.
    pub(crate) case: String,
    /// The place; may end in `.*`.
    pub(crate) at: String,
    /// The reason.
    pub(crate) why: String,
}

/// By what a token is bound, said a second time: a definition that loses a
/// part of its `[audience]` must not lose the tests of it as well.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BindingFixture {
    /// The word of `[audience].kind`.
    pub(crate) kind: String,
    /// The fields of the whole answer that are looked at.
    pub(crate) fields: Vec<String>,
}

/// One sign-in.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Beside the fixture's own, or instead of them.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, String>,
    /// What is posted beside `provider`.
    #[serde(default = "nothing")]
    pub(crate) post: Value,
    /// What a validated `id_token` or assertion says: nothing is posted here.
    /// The mapping is held by `sociable providers check`; who takes ID tokens
    /// is sent them signed, by `id_tokens`.
    pub(crate) claims: Option<Value>,
    /// OpenID 2.0's identity, beside the claims.
    pub(crate) identity: Option<String>,
    #[serde(default)]
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) expect: Expect,
}

/// A call to the provider, and its answer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchange {
    pub(crate) purpose: Purpose,
    pub(crate) request: Request,
    pub(crate) answer: Given,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    Profile,
    Binding,
    Discovery,
}

/// A request, whole: what is not written here may not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without its query.
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) query: BTreeMap<String, String>,
    /// But for those that every request has.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// `None`: no body.
    #[serde(default)]
    pub(crate) json: Option<Value>,
    #[serde(default)]
    pub(crate) form: Option<BTreeMap<String, String>>,
}

impl Request {
    /// The host as the fake internet names it, and the path.
    pub(crate) fn host_and_path(&self) -> (&str, String) {
        let rest = self.url.strip_prefix("https://").expect("an https URL");
        let (host, path) = rest.split_once('/').expect("a URL with a path");
        (host, format!("/{path}"))
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    #[serde(default = "good")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Null where the body is a text.
    #[serde(default)]
    pub(crate) json: Value,
    pub(crate) text: Option<String>,
}

impl Given {
    /// The answer as it goes over the wire.
    pub(crate) fn answer(&self) -> Answer {
        let answer = match &self.text {
            Some(text) => Answer::text(self.status, text),
            None => Answer::json(self.status, &self.json),
        };
        let headers = self.headers.iter();
        headers.fold(answer, |answer, (name, value)| answer.header(name, value))
    }

    /// The body as text.
    pub(crate) fn body(&self) -> String {
        self.text.clone().unwrap_or_else(|| self.json.to_string())
    }
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

fn good() -> u16 {
    200
}

/// What comes of a sign-in: a person, or a refusal.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) uid: Option<String>,
    pub(crate) user: Option<BTreeMap<String, Value>>,
    /// All of it but `auth_time`.
    pub(crate) extra_data: Option<Value>,
    pub(crate) refused: Option<Refusal>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
}

impl Fixture {
    /// The fixture of a provider.
    pub(crate) fn read(name: &str) -> Self {
        let file = format!("{name}.json");
        let text = fs::read_to_string(folder("tests/providers").join(&file))
            .unwrap_or_else(|error| panic!("providers/{name}.toml has no fixture: {error}"));
        let mut fixture: Self =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        name.clone_into(&mut fixture.name);
        fixture
    }

    /// The fixtures of all shipped definitions.
    pub(crate) fn all() -> Vec<Self> {
        shipped().iter().map(|name| Self::read(name)).collect()
    }

    /// The fixtures of all definitions that take an access token.
    pub(crate) fn all_posted() -> Vec<Self> {
        let mut all = Self::all();
        all.retain(|fixture| {
            let full = fixture.full();
            full.claims.is_none() && full.expect.refused.is_none()
        });
        all
    }

    /// The first case: the provider's every field is filled in.
    pub(crate) fn full(&self) -> &Case {
        &self.cases[0]
    }

    /// The settings of a case.
    pub(crate) fn settings_of(&self, case: &Case) -> BTreeMap<String, String> {
        let mut settings = self.settings.clone();
        settings.extend(case.settings.clone());
        if ["none", "pairwise"].contains(&self.binding.kind.as_str()) {
            // Else there would be nothing to hold but the refusal.
            let policy = settings.entry(ACCEPT_UNBOUND.to_owned());
            policy.or_insert_with(|| "unbindable".to_owned());
        }
        settings
    }
}

impl Case {
    /// The body of the sign-up.
    pub(crate) fn body(&self, provider: &str) -> Value {
        let mut body = self.post.clone();
        body["provider"] = provider.into();
        body
    }

    /// The call that asks whose the token is, where there is one.
    pub(crate) fn binding(&self) -> Option<&Exchange> {
        self.exchanges
            .iter()
            .find(|exchange| exchange.purpose == Purpose::Binding)
    }
}

/// The names of the shipped definitions.
pub(crate) fn shipped() -> Vec<String> {
    names("providers", "toml")
}

/// The names of the fixtures.
pub(crate) fn written() -> Vec<String> {
    names("tests/providers", "json")
}

/// What python-social-auth makes of a provider's cases; `None` where it has
/// no such provider.
pub(crate) fn judged(name: &str) -> Option<Value> {
    let path = folder("tests/providers/python-social-auth").join(format!("{name}.json"));
    let text = fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// The names of the providers that python-social-auth's answers are there of.
pub(crate) fn judgements() -> Vec<String> {
    names("tests/providers/python-social-auth", "json")
}

/// `[audience]` of a definition; an empty table when it has none.
pub(crate) fn audience(name: &str) -> toml::Table {
    let path = folder("providers").join(format!("{name}.toml"));
    let file: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    match file.get("audience") {
        Some(audience) => audience.as_table().unwrap().clone(),
        None => toml::Table::new(),
    }
}

fn names(of: &str, extension: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder(of)) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}
