//! The shape of a definition file, as it is written.

mod call;
mod payload;
mod signed;
mod tokens;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use call::{Audience, BindingKind, ClientAuth, Format};
pub(super) use call::{Call, OneOrMany, Subject};
pub(super) use payload::PayloadTable;
pub(super) use signed::{Begins, IdToken, Nonce};
pub(super) use tokens::{Exchange, Refresh, Revoke, SignedSecret};
pub(crate) use tokens::{ExchangeClient, Method, Payload, Pkce, TokenAnswer};

/// How a provider hands out and checks tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// OAuth 1.0a: signed requests.
    OAuth1,
    /// OAuth 2.
    OAuth2,
    /// OAuth 2 with OpenID Connect's ID tokens.
    Oidc,
    /// OpenID 2.0: signed assertions instead of tokens.
    OpenId2,
    /// None of these: what a client was started with is signed.
    Payload,
}

impl Protocol {
    /// The name as it is written in a file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OAuth1 => "oauth1",
            Self::OAuth2 => "oauth2",
            Self::Oidc => "oidc",
            Self::OpenId2 => "openid2",
            Self::Payload => "payload",
        }
    }
}

/// Whether a provider can still be signed in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It is in use.
    #[default]
    Live,
    /// It still answers, but will not for ever.
    Deprecated,
    /// It is gone.
    Dead,
}

impl Status {
    /// The word as it is written in a file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Deprecated => "deprecated",
            Self::Dead => "dead",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) protocol: Protocol,
    #[serde(default)]
    pub(super) status: Status,
    pub(super) status_note: Option<String>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    /// A hook of ours that does what no file can say.
    pub(super) code: Option<String>,
    /// Another definition that this one is a changed copy of; merged before
    /// the file is read.
    #[serde(rename = "extends")]
    _extends: Option<String>,
    /// The provider's own documentation; for readers.
    pub(super) docs: Option<String>,
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
    pub(super) exchange: Option<Exchange>,
    pub(super) id_token: Option<IdToken>,
    #[serde(default)]
    pub(super) begins: Begins,
    pub(super) refresh: Option<Refresh>,
    pub(super) revoke: Option<Revoke>,
    pub(super) error: Option<ErrorTable>,
    #[serde(default)]
    pub(super) option: Vec<OptionTable>,
    #[serde(default)]
    pub(super) user: User,
    #[serde(default)]
    pub(super) extra: BTreeMap<String, toml::Value>,
    pub(super) audience: Option<Audience>,
    pub(super) payload: Option<PayloadTable>,
    pub(super) openid: Option<OpenIdTable>,
}

/// What is known of an OpenID 2.0 provider before it is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenIdTable {
    /// Where people are sent to, and what assertions must name.
    pub(super) op_endpoint: String,
    /// A regular expression that matches its identifiers as a whole.
    pub(super) claimed_id: String,
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
    /// A host name, or labels of one, with an optional port.
    Host,
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
    pub(super) token: Option<String>,
    pub(super) request_token: Option<String>,
    pub(super) request_token_method: Option<String>,
    pub(super) token_method: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) discovery: Option<String>,
    pub(super) openid: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Scope {
    pub(super) default: Vec<String>,
    pub(super) separator: String,
    pub(super) param: String,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            default: Vec::new(),
            separator: " ".to_owned(),
            param: "scope".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) id: Option<toml::Value>,
    /// Older uids of the same person: one value, or a list in which each is one.
    pub(super) legacy_id: Option<toml::Value>,
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

impl User {
    /// This mapping with what another one says put in its place.
    pub(super) fn overlaid(&self, over: &Self) -> Self {
        let either = |over: &Option<toml::Value>, base: &Option<toml::Value>| {
            over.as_ref().or(base.as_ref()).cloned()
        };
        let joined = |base: &BTreeMap<String, toml::Value>, over| {
            let mut joined = base.clone();
            joined.extend(BTreeMap::clone(over));
            joined
        };
        Self {
            id: either(&over.id, &self.id),
            legacy_id: either(&over.legacy_id, &self.legacy_id),
            username: either(&over.username, &self.username),
            email: either(&over.email, &self.email),
            email_verified: either(&over.email_verified, &self.email_verified),
            fullname: either(&over.fullname, &self.fullname),
            first_name: either(&over.first_name, &self.first_name),
            last_name: either(&over.last_name, &self.last_name),
            picture: either(&over.picture, &self.picture),
            names: over.names.or(self.names),
            require: joined(&self.require, &over.require),
            other: joined(&self.other, &over.other),
        }
    }
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

/// What an error looks like that is sent with HTTP 200.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorTable {
    pub(super) when: toml::Value,
    pub(super) code: Option<toml::Value>,
    pub(super) message: Option<toml::Value>,
    #[serde(default)]
    pub(super) revoked: Vec<toml::Value>,
    #[serde(default)]
    pub(super) unavailable: Vec<toml::Value>,
    #[serde(default)]
    pub(super) limited: Vec<toml::Value>,
}

/// Another mapping, for when a setting has a value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionTable {
    pub(super) setting: String,
    #[serde(default = "yes")]
    pub(super) is: toml::Value,
    #[serde(default)]
    pub(super) user: User,
    #[serde(default)]
    pub(super) extra: BTreeMap<String, toml::Value>,
}

fn yes() -> toml::Value {
    toml::Value::Boolean(true)
}
