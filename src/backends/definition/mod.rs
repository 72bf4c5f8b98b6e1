//! Provider definitions: one TOML file says where a provider's things are.
//!
//! The vocabulary is documented in `docs/providers.md`. A file is checked
//! whole when it is read and compiled when its backend is built; on the
//! sign-in path nothing is parsed but the provider's answers.

mod address;
mod binding;
mod body;
mod call;
mod code;
mod compile;
mod declared;
mod exchange;
mod extends;
mod extra;
mod file;
mod filters;
mod id_token;
mod keys;
mod known;
mod legacy;
mod openid;
mod path;
mod payload;
mod placement;
mod read;
mod reading;
mod reads;
mod scalar;
mod scope;
mod signed;
mod template;
mod text;
mod tokens;
mod trouble;
mod user;
mod value;

use std::collections::BTreeMap;

use reqwest::Method;

use super::provider_code::{OwnCode, ProviderCodes};

pub(crate) use address::{Address, is_host};
pub(crate) use binding::{Binding, Bound};
pub(crate) use call::{Call, Expect, Signer};
use declared::Declared;
pub(crate) use exchange::Exchange;
pub(crate) use extends::extended;
pub(crate) use extra::{Extra, ExtraSettings};
pub(crate) use file::{
    BindingKind, ExchangeClient, Format, Method as ExchangeMethod, Names, Payload, Pkce, Protocol,
    SettingKind, SettingSpec, Status, TokenAnswer,
};
pub(crate) use id_token::IdToken;
pub(crate) use known::the_nearest;
pub(crate) use legacy::{LegacyId, LegacyUid};
pub(crate) use openid::PinnedOpenId;
#[cfg(any(test, fuzzing))]
pub(crate) use openid::whole;
pub(crate) use path::Path;
pub(crate) use payload::{MOST_AGE, SignedPayload};
pub(crate) use reading::{Reading, Readings};
pub(crate) use scalar::{as_text, is_empty};
pub(crate) use scope::{Fixed, Scope};
pub(crate) use signed::{Signed, Words};
pub(crate) use text::Text;
pub(crate) use tokens::Revoke;
pub(crate) use trouble::Trouble;
pub(crate) use user::{UserMapping, uid_of};
pub(crate) use value::Value;

/// A definition file is refused: which one, which key, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {reason}")]
pub struct DefinitionError {
    /// The file's name.
    pub file: String,
    /// The key at fault; `file` when it cannot be read at all.
    pub key: String,
    /// What is wrong, and what was expected.
    pub reason: String,
}

/// A key, and what is wrong with it.
type Refused = (String, String);

/// A definition, compiled.
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) protocol: Protocol,
    pub(crate) status: Status,
    pub(crate) status_note: Option<String>,
    /// Other names that clients may send.
    pub(crate) aliases: Vec<String>,
    pub(crate) declared: Declared,
    pub(crate) settings: BTreeMap<String, SettingSpec>,
    pub(crate) endpoints: Endpoints,
    pub(crate) scope: Vec<String>,
    pub(crate) scope_separator: String,
    /// The parameter of the scopes in the URL to sign in at.
    pub(crate) scope_param: String,
    pub(crate) association_only: bool,
    pub(crate) calls: Vec<Call>,
    /// A team's own code, which asks in place of calls.
    pub(crate) own_code: Option<OwnCode>,
    pub(crate) readings: Readings,
    pub(crate) sealed: Vec<String>,
    pub(crate) binding: Binding,
    /// What an error looks like that comes with HTTP 200.
    pub(crate) trouble: Option<Trouble>,
    /// How a code becomes a token; `None` where no endpoint takes one.
    pub(crate) exchange: Option<Exchange>,
    pub(crate) id_token: Option<IdToken>,
    /// An OpenID 2.0 provider; `None` where the operator must say which.
    pub(crate) openid: Option<PinnedOpenId>,
    /// How its access tokens begin, where they begin alike.
    pub(crate) token_begins: Vec<String>,
    /// How its codes begin, where they begin alike.
    pub(crate) code_begins: Vec<String>,
    pub(crate) refresh: Option<Call>,
    pub(crate) revoke: Option<Revoke>,
    /// How a payload is signed; `None` where none is taken.
    pub(crate) payload: Option<SignedPayload>,
    /// Whether its calls cannot be made without the client secret.
    pub(crate) needs_secret: bool,
}

/// Where a provider's things are, compiled from `[endpoints]`.
pub(crate) struct Endpoints {
    pub(crate) authorize: Option<Address>,
    pub(crate) token: Option<Address>,
    /// OAuth 1's first.
    pub(crate) request_token: Option<Address>,
    /// How OAuth 1's request token is asked for.
    pub(crate) request_token_method: Method,
    /// How OAuth 1's access token is asked for.
    pub(crate) token_method: Method,
    /// OpenID Connect's: where discovery starts.
    pub(crate) issuer: Option<Address>,
    /// The discovery document, where it is not at the issuer's usual place.
    pub(crate) discovery: Option<Address>,
    /// OpenID 2.0's.
    pub(crate) openid: Option<Address>,
}

impl Definition {
    /// Reads and checks a definition file.
    ///
    /// # Errors
    /// [`DefinitionError`] for the first thing that is wrong.
    pub(crate) fn parse(file_name: &str, text: &str) -> Result<Self, DefinitionError> {
        Self::parse_with(file_name, text, &ProviderCodes::default())
    }

    /// The same where a team has code of its own.
    ///
    /// # Errors
    /// [`DefinitionError`] for the first thing that is wrong.
    pub(crate) fn parse_with(
        file_name: &str,
        text: &str,
        codes: &ProviderCodes,
    ) -> Result<Self, DefinitionError> {
        read::read(text)
            .and_then(|file| Self::compile(file, codes))
            .map_err(|(key, reason)| DefinitionError {
                file: file_name.to_owned(),
                key,
                reason,
            })
    }

    /// Whether the provider is asked who the person is.
    pub(crate) fn asks(&self) -> bool {
        !self.calls.is_empty() || self.own_code.is_some()
    }

    /// The kinds of credentials that the provider hands out, as a client
    /// would name them: whether they are taken is another question.
    pub(crate) fn credentials(&self) -> Vec<&'static str> {
        let takes_tokens = self.asks();
        let exchanges = self.exchange.is_some();
        let kinds = [
            (
                "access_token",
                takes_tokens && matches!(self.protocol, Protocol::OAuth2 | Protocol::Oidc),
            ),
            ("oauth1", takes_tokens && self.protocol == Protocol::OAuth1),
            (
                "id_token",
                self.id_token.is_some() || self.protocol == Protocol::Oidc,
            ),
            ("code", exchanges || self.endpoints.request_token.is_some()),
            ("openid", self.endpoints.openid.is_some()),
            ("payload", self.payload.is_some()),
        ];
        kinds
            .iter()
            .filter_map(|(name, given)| given.then_some(*name))
            .collect()
    }

    /// What else its file tells the way to: `discovery`, `refresh`, `revoke`.
    pub(crate) fn knows(&self) -> Vec<&'static str> {
        let known = [
            ("discovery", self.discovers()),
            ("refresh", self.refresh.is_some()),
            ("revoke", self.revoke.is_some()),
        ];
        known
            .iter()
            .filter_map(|(name, given)| given.then_some(*name))
            .collect()
    }

    /// Whether there is a document to discover endpoints in.
    pub(crate) fn discovers(&self) -> bool {
        self.endpoints.issuer.is_some() || self.endpoints.discovery.is_some()
    }
}

#[cfg(test)]
mod tests;
