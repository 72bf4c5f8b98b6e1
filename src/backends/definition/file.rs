//! The shape of a definition file, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How a provider hands out and checks tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// OAuth 1.0a: signed requests.
    OAuth1,
    /// OAuth 2.
    OAuth2,
}

impl Protocol {
    /// The name as it is written in a file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OAuth1 => "oauth1",
            Self::OAuth2 => "oauth2",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) protocol: Protocol,
    /// The provider's own documentation; for readers.
    #[serde(rename = "docs")]
    _docs: Option<String>,
    #[serde(default)]
    pub(super) association_only: bool,
    /// Keys of extra data to seal, beside those that always are.
    #[serde(default)]
    pub(super) sealed: Vec<String>,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, SettingSpec>,
    #[serde(default)]
    pub(super) endpoints: Endpoints,
    #[serde(default)]
    pub(super) scope: Scope,
    #[serde(default)]
    pub(super) call: Vec<Call>,
    pub(super) user: User,
    #[serde(default)]
    pub(super) extra: BTreeMap<String, toml::Value>,
    pub(super) audience: Option<Audience>,
}

/// A setting that a definition has of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingSpec {
    /// What its values are.
    #[serde(rename = "type")]
    pub(crate) kind: SettingKind,
    /// Its value when none is set.
    pub(crate) default: Option<toml::Value>,
    /// Whether the backend cannot be enabled without it.
    #[serde(default)]
    pub(crate) required: bool,
}

impl SettingSpec {
    /// The default as JSON; `None` when there is none.
    pub(crate) fn default_json(&self) -> Option<serde_json::Value> {
        serde_json::to_value(self.default.as_ref()?).ok()
    }
}

/// The type of a definition's setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SettingKind {
    /// Any text.
    String,
    /// An https URL; a trailing slash is dropped.
    Url,
    /// true or false.
    Bool,
    /// A whole number.
    Int,
    /// A list of texts.
    List,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoints {
    pub(super) authorize: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Scope {
    pub(super) default: Vec<String>,
    pub(super) separator: String,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            default: Vec::new(),
            separator: " ".to_owned(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) url: String,
    pub(super) method: Option<String>,
    pub(super) token: Option<OneOrMany>,
    pub(super) client: Option<ClientAuth>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) form: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) json: BTreeMap<String, String>,
    pub(super) pick: Option<String>,
    pub(super) into: Option<String>,
    pub(super) when: Option<toml::Value>,
    #[serde(default)]
    pub(super) optional: bool,
}

/// How our own credentials go along with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientAuth {
    /// HTTP Basic, client id and secret.
    Basic,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) id: toml::Value,
    pub(super) username: Option<toml::Value>,
    pub(super) email: Option<toml::Value>,
    pub(super) email_verified: Option<toml::Value>,
    pub(super) fullname: Option<toml::Value>,
    pub(super) first_name: Option<toml::Value>,
    pub(super) last_name: Option<toml::Value>,
    pub(super) picture: Option<toml::Value>,
    pub(super) names: Option<Names>,
    /// Fields that must have this very value, or the person is refused.
    #[serde(default)]
    pub(super) require: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub(super) other: BTreeMap<String, toml::Value>,
}

/// What becomes of names that the provider did not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Names {
    /// The full name is split, or the parts are joined.
    #[default]
    Complete,
    /// They stay unknown.
    AsIs,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtraTable {
    pub(super) from: toml::Value,
    #[serde(default)]
    pub(super) skip_empty: bool,
}

/// How a raw access token is bound to our app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BindingKind {
    /// The provider names the app that a token was issued to.
    #[default]
    Introspect,
    /// A call succeeds only with our secret and for our own tokens.
    SecretProof,
    /// Nothing binds a token, but each app sees other ids of a person.
    Pairwise,
    /// Nothing binds a token.
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audience {
    #[serde(default)]
    pub(crate) kind: BindingKind,
    pub(crate) url: Option<String>,
    pub(crate) method: Option<String>,
    pub(super) token: Option<OneOrMany>,
    pub(super) client: Option<ClientAuth>,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) form: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) json: BTreeMap<String, String>,
    pub(super) pick: Option<String>,
    #[serde(default)]
    pub(crate) equals: BTreeMap<String, toml::Value>,
    pub(crate) subject: Option<String>,
    pub(crate) expires: Option<String>,
}

impl Audience {
    /// The call that asks whose a token is; `None` when no URL is given.
    pub(super) fn into_call(self) -> Option<Call> {
        Some(Call {
            url: self.url?,
            method: self.method,
            token: self.token,
            client: self.client,
            query: self.query,
            headers: self.headers,
            form: self.form,
            json: self.json,
            pick: self.pick,
            into: None,
            when: None,
            optional: false,
        })
    }
}

/// Reads a file; `Err` names the line and what is wrong there.
pub(super) fn read(text: &str) -> Result<File, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| {
            text.get(..span.start)
                .map_or(0, |before| before.matches('\n').count() + 1)
        });
        format!("line {line}: {}", error.message())
    })
}
