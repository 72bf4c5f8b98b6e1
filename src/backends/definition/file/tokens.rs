//! The shape of what is about tokens: exchange, refresh, revoke.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Call, ClientAuth, OneOrMany};

/// How a code becomes a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct Exchange {
    #[serde(default)]
    pub(in crate::backends::definition) method: Method,
    #[serde(default)]
    pub(in crate::backends::definition) client: ExchangeClient,
    #[serde(default)]
    pub(in crate::backends::definition) payload: Payload,
    #[serde(default)]
    pub(in crate::backends::definition) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) form: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) rename: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) answer: TokenAnswer,
    #[serde(default)]
    pub(in crate::backends::definition) pkce: Pkce,
    pub(in crate::backends::definition) token_at: Option<String>,
    #[serde(default)]
    pub(in crate::backends::definition) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::backends::definition) omits_empty_redirect_uri: bool,
    pub(in crate::backends::definition) signed_secret: Option<SignedSecret>,
}

/// A client secret that we make: a JWT of ES256, signed with `SECRET`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct SignedSecret {
    pub(in crate::backends::definition) key_id: String,
    pub(in crate::backends::definition) issuer: String,
    pub(in crate::backends::definition) subject: String,
    pub(in crate::backends::definition) audience: String,
}

/// The method of a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum Method {
    #[default]
    #[serde(rename = "POST")]
    Post,
    #[serde(rename = "GET")]
    Get,
}

impl Method {
    fn name(self) -> String {
        match self {
            Self::Post => "POST".to_owned(),
            Self::Get => "GET".to_owned(),
        }
    }
}

/// How our credentials go along with a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExchangeClient {
    /// As fields among the others.
    #[default]
    Body,
    /// HTTP Basic.
    Basic,
    /// Not at all.
    None,
}

/// How the fields of a token request are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Payload {
    #[default]
    Form,
    Json,
}

/// How a token request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TokenAnswer {
    #[default]
    Json,
    Form,
}

/// Whether a code is bound to who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pkce {
    #[default]
    Off,
    Optional,
    Required,
}

/// How a token is renewed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct Refresh {
    #[serde(default)]
    method: Method,
    /// Where none is given, the token endpoint.
    url: Option<String>,
    #[serde(default)]
    client: ExchangeClient,
    #[serde(default)]
    form: BTreeMap<String, String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
}

impl Refresh {
    /// As a call; `None` when there is no URL, nor a token endpoint.
    pub(in crate::backends::definition) fn into_call(self, token: Option<&str>) -> Option<Call> {
        let mut call = Call {
            url: self.url.or_else(|| token.map(str::to_owned))?,
            method: Some(self.method.name()),
            token: Some(OneOrMany::One("none".to_owned())),
            form: self.form,
            query: self.query,
            ..Call::default()
        };
        show_client(&mut call, self.client);
        Some(call)
    }
}

/// How a token is given back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct Revoke {
    method: Option<String>,
    url: String,
    client: Option<ExchangeClient>,
    token: Option<OneOrMany>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    form: BTreeMap<String, String>,
    #[serde(default)]
    json: toml::Table,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    pub(in crate::backends::definition) ok: Option<toml::Value>,
}

impl Revoke {
    /// As a call. The token stands nowhere by itself.
    pub(in crate::backends::definition) fn into_call(self) -> Call {
        let mut call = Call {
            url: self.url,
            method: Some(self.method.unwrap_or_else(|| "POST".to_owned())),
            token: Some(
                self.token
                    .unwrap_or_else(|| OneOrMany::One("none".to_owned())),
            ),
            query: self.query,
            form: self.form,
            json: self.json,
            headers: self.headers,
            ..Call::default()
        };
        show_client(&mut call, self.client.unwrap_or(ExchangeClient::None));
        call
    }
}

/// Sends our credentials along as an exchange would.
fn show_client(call: &mut Call, client: ExchangeClient) {
    let fields = if call.method.as_deref() == Some("GET") {
        &mut call.query
    } else {
        &mut call.form
    };
    match client {
        ExchangeClient::None => {}
        ExchangeClient::Basic => call.client = Some(ClientAuth::Basic),
        ExchangeClient::Body => {
            for (name, value) in [
                ("client_id", "{{ client.key }}"),
                ("client_secret", "{{ client.secret }}"),
            ] {
                fields
                    .entry(name.to_owned())
                    .or_insert_with(|| value.to_owned());
            }
        }
    }
}
