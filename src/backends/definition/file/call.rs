//! The shape of a call, and of the binding that may be one.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One call to a provider.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct Call {
    pub(in crate::backends::definition) url: String,
    pub(in crate::backends::definition) method: Option<String>,
    pub(in crate::backends::definition) token: Option<OneOrMany>,
    pub(in crate::backends::definition) client: Option<ClientAuth>,
    #[serde(default)]
    pub(in crate::backends::definition) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) form: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) json: toml::Table,
    #[serde(default)]
    pub(in crate::backends::definition) format: Option<Format>,
    pub(in crate::backends::definition) pick: Option<String>,
    pub(in crate::backends::definition) into: Option<String>,
    pub(in crate::backends::definition) when: Option<toml::Value>,
    #[serde(default)]
    pub(in crate::backends::definition) optional: bool,
    /// The status that alone is good.
    pub(in crate::backends::definition) expect: Option<u16>,
    /// What another status means than `expect`.
    pub(in crate::backends::definition) refusal: Option<Refusal>,
    #[serde(default)]
    pub(in crate::backends::definition) save_headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) hosts: Vec<String>,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// JSON.
    #[default]
    Json,
    /// JSON as the argument of a function call.
    Jsonp,
    /// `name=value&…`
    Form,
}

/// What it means that a call is not answered with the expected status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::backends::definition) enum Refusal {
    /// The person is not in the organisation that the operator wants.
    MembershipRequired,
}

/// How our own credentials go along with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientAuth {
    /// HTTP Basic, client id and secret.
    Basic,
}

/// One placement of the token, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::backends::definition) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// How a raw access token is bound to our app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BindingKind {
    /// The provider names the app that a token was issued to.
    #[default]
    Introspect,
    /// The profile itself names the app.
    Profile,
    /// A call succeeds only with our secret and for our own tokens.
    SecretProof,
    /// The token is a signed JWT that names the app.
    SelfContained,
    /// Nothing binds a token, but each app sees other ids of a person.
    Pairwise,
    /// Nothing binds a token.
    None,
}

impl BindingKind {
    /// The word as it is written in a file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Introspect => "introspect",
            Self::Profile => "profile",
            Self::SecretProof => "secret_proof",
            Self::SelfContained => "self_contained",
            Self::Pairwise => "pairwise",
            Self::None => "none",
        }
    }
}

/// Where a binding answer names the person.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(in crate::backends::definition) enum Subject {
    /// At this path.
    At(String),
    /// Nowhere: must be written out as `false`.
    Is(bool),
}

/// How a raw token is bound; the keys of a call where one is made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audience {
    #[serde(default)]
    pub(crate) kind: BindingKind,
    pub(crate) url: Option<String>,
    pub(crate) method: Option<String>,
    pub(in crate::backends::definition) token: Option<OneOrMany>,
    pub(in crate::backends::definition) client: Option<ClientAuth>,
    #[serde(default)]
    pub(in crate::backends::definition) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) form: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) json: toml::Table,
    pub(in crate::backends::definition) format: Option<Format>,
    #[serde(default)]
    pub(in crate::backends::definition) save_headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) hosts: Vec<String>,
    pub(in crate::backends::definition) pick: Option<String>,
    #[serde(default)]
    pub(crate) equals: BTreeMap<String, toml::Value>,
    pub(in crate::backends::definition) subject: Option<Subject>,
    pub(crate) expires: Option<String>,
    /// Of a token that is a signed JWT: who signs it.
    #[serde(default)]
    pub(in crate::backends::definition) issuers: Vec<String>,
    pub(in crate::backends::definition) jwks: Option<String>,
    #[serde(default)]
    pub(in crate::backends::definition) algorithms: Vec<String>,
}

impl Audience {
    /// The call that asks whose a token is; `None` when no URL is given.
    pub(in crate::backends::definition) fn into_call(self) -> Option<Call> {
        Some(Call {
            url: self.url?,
            method: self.method,
            token: self.token,
            client: self.client,
            query: self.query,
            headers: self.headers,
            form: self.form,
            json: self.json,
            format: self.format,
            save_headers: self.save_headers,
            hosts: self.hosts,
            pick: self.pick,
            ..Call::default()
        })
    }
}
