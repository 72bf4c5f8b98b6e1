//! What a definition says of how a code becomes a token: `[exchange]`.

use reqwest::header::{HeaderName, HeaderValue};

use super::file::{self, ExchangeClient, Method, Payload, Pkce, Protocol, TokenAnswer};
use super::keys::{headers, texts};
use super::known::Known;
use super::placement::header_value;
use super::{Path, Scope, Text};
use crate::backends::BackendError;

/// `[exchange]`, compiled.
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) client: ExchangeClient,
    pub(crate) payload: Payload,
    pub(crate) query: Vec<(String, Text)>,
    form: Vec<(String, Text)>,
    headers: Vec<(HeaderName, Text)>,
    /// Standard names and what the provider calls them.
    pub(crate) rename: Vec<(String, String)>,
    pub(crate) answer: TokenAnswer,
    pub(crate) pkce: Pkce,
    /// Where the access token stands in the answer; `None`: `access_token`.
    pub(crate) token_at: Option<Path>,
    /// A code without an address goes without the parameter, and not with an
    /// empty one.
    pub(crate) omits_empty_redirect_uri: bool,
    /// The client secret is made by us.
    pub(crate) signed_secret: Option<SignedSecret>,
}

/// `[exchange.signed_secret]`, compiled: a JWT as the client secret.
pub(crate) struct SignedSecret {
    key_id: Text,
    issuer: Text,
    subject: Text,
    audience: Text,
}

/// What a client secret that we make says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretClaims {
    /// The signing key's id at the provider.
    pub(crate) key_id: String,
    /// `iss`.
    pub(crate) issuer: String,
    /// `aud`.
    pub(crate) audience: String,
}

impl Exchange {
    /// What holds where a file says nothing: RFC 6749 to the letter.
    pub(super) fn standard(protocol: Protocol) -> Self {
        Self {
            method: Method::default(),
            client: ExchangeClient::default(),
            payload: Payload::default(),
            query: Vec::new(),
            form: Vec::new(),
            headers: Vec::new(),
            rename: Vec::new(),
            answer: TokenAnswer::default(),
            pkce: match protocol {
                Protocol::Oidc => Pkce::Optional,
                _ => Pkce::Off,
            },
            token_at: None,
            omits_empty_redirect_uri: false,
            signed_secret: None,
        }
    }

    /// Compiles `[exchange]`; errors name the key.
    pub(super) fn compile(table: file::Exchange, known: &Known) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("[exchange].{key}");
            move |reason: String| (key.clone(), reason)
        };
        let renamed = table.rename.iter().find(|(standard, own)| {
            !RENAMED.contains(&standard.as_str()) || own.is_empty() || Text::is_template(own)
        });
        if let Some((standard, _)) = renamed {
            return Err(at("rename")(format!(
                "`{standard}`: expected another name for one of {}",
                RENAMED.join(", ")
            )));
        }
        let token_at = table.token_at.as_deref().map(Path::parse).transpose();
        let signed_secret = table
            .signed_secret
            .map(|table| SignedSecret::compile(&table, known))
            .transpose();
        Ok(Self {
            method: table.method,
            client: table.client,
            payload: table.payload,
            query: texts(&table.query, known).map_err(at("query"))?,
            form: texts(&table.form, known).map_err(at("form"))?,
            headers: headers(&table.headers, known).map_err(at("headers"))?,
            rename: table.rename.into_iter().collect(),
            answer: table.answer,
            pkce: table.pkce,
            token_at: token_at.map_err(at("token_at"))?,
            omits_empty_redirect_uri: table.omits_empty_redirect_uri,
            signed_secret: signed_secret.map_err(at("signed_secret"))?,
        })
    }

    /// What the provider calls a standard parameter.
    pub(crate) fn name<'a>(&'a self, standard: &'a str) -> &'a str {
        let mut renamed = self.rename.iter();
        let own = renamed.find(|(name, _)| name == standard);
        own.map_or(standard, |(_, own)| own)
    }

    /// Standard parameters of the URL to sign in at that have other names.
    pub(crate) fn rename_in_url(&self) -> Vec<(String, String)> {
        let of_url = |(name, _): &&(String, String)| OF_URL.contains(&name.as_str());
        self.rename.iter().filter(of_url).cloned().collect()
    }

    /// Whether the request is the one of RFC 6749, further parameters aside.
    pub(crate) fn is_standard(&self) -> bool {
        self.method == Method::Post
            && self.payload == Payload::Form
            && self.rename.is_empty()
            && self.headers.is_empty()
            && self.form.iter().all(|(name, _)| name != "client_id")
    }

    /// Parameters beside the standard ones, for the URL.
    pub(crate) fn more_query(&self, scope: &Scope<'_>) -> Vec<(String, String)> {
        rendered(&self.query, scope)
    }

    /// Parameters beside the standard ones, for the body.
    pub(crate) fn more_fields(&self, scope: &Scope<'_>) -> Vec<(String, String)> {
        rendered(&self.form, scope)
    }

    /// The file's own headers.
    ///
    /// # Errors
    /// `CredentialRejected` when a value cannot stand in a header.
    pub(crate) fn more_headers(
        &self,
        scope: &Scope<'_>,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, BackendError> {
        let given = self.headers.iter();
        given
            .filter_map(|(name, text)| Some((name.clone(), text.render(scope)?)))
            .map(|(name, text)| Ok((name, header_value(&text)?)))
            .collect()
    }
}

impl SignedSecret {
    fn compile(table: &file::SignedSecret, known: &Known) -> Result<Self, String> {
        let text = |source: &str| Text::compile(source, known);
        Ok(Self {
            key_id: text(&table.key_id)?,
            issuer: text(&table.issuer)?,
            subject: text(&table.subject)?,
            audience: text(&table.audience)?,
        })
    }

    /// The client id that it is of; `None` when that is not set.
    pub(crate) fn subject(&self, scope: &Scope<'_>) -> Option<String> {
        self.subject.render(scope)
    }

    /// What the secret says in this scope; `None` when a part is not set.
    pub(crate) fn claims(&self, scope: &Scope<'_>) -> Option<SecretClaims> {
        Some(SecretClaims {
            key_id: self.key_id.render(scope)?,
            issuer: self.issuer.render(scope)?,
            audience: self.audience.render(scope)?,
        })
    }
}

fn rendered(texts: &[(String, Text)], scope: &Scope<'_>) -> Vec<(String, String)> {
    let given = texts.iter();
    given
        .filter_map(|(name, text)| Some((name.clone(), text.render(scope)?)))
        .collect()
}

/// Those of the renamed that stand in the URL to sign in at.
const OF_URL: [&str; 4] = ["client_id", "redirect_uri", "response_type", "state"];

/// What a provider may call otherwise.
const RENAMED: [&str; 10] = [
    "client_id",
    "client_secret",
    "code",
    "redirect_uri",
    "grant_type",
    "state",
    "scope",
    "response_type",
    "code_verifier",
    "refresh_token",
];
