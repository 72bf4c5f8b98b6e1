//! One call to a provider: what is sent, and where the token is put.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;
use url::Url;

use super::address::Address;
use super::body::JsonBody;
use super::file::{self, ClientAuth, Format};
use super::keys::{headers, method, placements, refuse_idle_keys, saved, texts};
use super::known::Known;
use super::placement::{Placement, header_value, place};
use super::{Path, Scope, Text, Value, is_empty};
use crate::backends::BackendError;
use crate::backends::code::{Code, Keys};
use crate::http::{Body, Request};

/// Signs a request, for OAuth 1.
pub(crate) trait Signer: Sync {
    /// The `Authorization` header of a request with these parameters.
    fn authorization(&self, method: &Method, url: &Url, form: &[(String, String)]) -> String;

    /// The nonce that the signature is made with.
    fn nonce(&self) -> &str;
}

/// A call, compiled.
pub(crate) struct Call {
    method: Method,
    url: Address,
    placements: Vec<Placement>,
    client: Option<ClientAuth>,
    query: Vec<(String, Text)>,
    headers: Vec<(HeaderName, Text)>,
    form: Vec<(String, Text)>,
    json: Option<JsonBody>,
    format: Format,
    pick: Option<Path>,
    pub(crate) into: Option<String>,
    when: Option<Value>,
    pub(crate) optional: bool,
    /// The status that alone is good, and what another one means.
    pub(crate) expect: Option<Expect>,
    save_headers: Vec<(String, HeaderName)>,
    made_of: MadeOf,
    /// What is done beside what the file says.
    code: Option<&'static dyn Code>,
}

/// What a call is made of beside the token: our client secret, our client id
/// or secret, the discovery document.
#[derive(Debug, Clone, Copy, Default)]
struct MadeOf {
    secret: bool,
    client: bool,
    discovery: bool,
}

/// A call of which only the status counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expect {
    /// The good one.
    pub(crate) status: u16,
    /// A refusal means that the person is not a member.
    pub(crate) of_members: bool,
}

impl Call {
    /// Compiles a call; errors name the key under `section`.
    pub(super) fn compile(
        call: file::Call,
        section: &str,
        known: &Known,
    ) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("{section}.{key}");
            move |reason: String| (key.clone(), reason)
        };
        refuse_idle_keys(&call).map_err(|(key, reason)| at(key)(reason.to_owned()))?;
        let url_key = if call.hosts.is_empty() {
            "url"
        } else {
            "hosts"
        };
        let url = Address::compile(&call.url, &call.hosts, known).map_err(at(url_key))?;
        let placements = placements(call.token, call.client.is_some()).map_err(at("token"))?;
        let when = call.when.as_ref().map(|when| Value::compile(when, known));
        let pick = call.pick.as_deref().map(Path::parse).transpose();
        let compiled = Self {
            method: method(call.method.as_deref()).map_err(at("method"))?,
            url,
            placements,
            client: call.client,
            query: texts(&call.query, known).map_err(at("query"))?,
            headers: headers(&call.headers, known).map_err(at("headers"))?,
            form: texts(&call.form, known).map_err(at("form"))?,
            json: JsonBody::compile(&call.json, known).map_err(at("json"))?,
            format: call.format.unwrap_or_default(),
            pick: pick.map_err(at("pick"))?,
            into: call.into,
            when: when.transpose().map_err(at("when"))?,
            optional: call.optional,
            expect: call.expect.map(|status| Expect {
                status,
                of_members: call.refusal.is_some(),
            }),
            save_headers: saved(&call.save_headers).map_err(at("save_headers"))?,
            made_of: MadeOf::default(),
            code: known.code,
        };
        let has_body = !compiled.form.is_empty()
            || compiled.json.is_some()
            || compiled.placements.iter().any(Placement::is_in_form);
        if has_body && compiled.method == Method::GET {
            return Err(at("method")(
                "GET has no body: form and json need POST".to_owned(),
            ));
        }
        let ours = compiled.client.is_some() || compiled.code.is_some_and(Code::signs);
        let made_of = MadeOf {
            secret: ours || compiled.sends("client.secret"),
            client: ours || compiled.sends("client"),
            discovery: compiled.sends("oidc"),
        };
        Ok(Self {
            made_of,
            ..compiled
        })
    }

    /// Compiles the call that asks whose a token is; `None` without a URL.
    pub(crate) fn compile_audience(
        audience: file::Audience,
        known: &Known,
    ) -> Result<Option<Self>, (String, String)> {
        audience
            .into_call()
            .map(|call| Self::compile(call, "[audience]", known))
            .transpose()
    }

    /// The hook that reads its answer, and signs it; `None` without one.
    pub(crate) fn code(&self) -> Option<&'static dyn Code> {
        self.code
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether it succeeds for tokens of our own app alone: it is always
    /// made, must succeed, and our secret goes into it.
    pub(super) fn proves_our_app(&self) -> bool {
        let signed = self.placements.contains(&Placement::OAuth1);
        (signed || self.made_of.secret) && self.when.is_none() && !self.optional
    }

    /// The headers of an answer that are kept, by their names in it.
    pub(crate) fn saved<'h>(
        &'h self,
        headers: &'h HeaderMap,
    ) -> impl Iterator<Item = (&'h str, &'h str)> {
        self.save_headers
            .iter()
            .filter_map(|(name, header)| Some((name.as_str(), headers.get(header)?.to_str().ok()?)))
    }

    /// The part of an answer that counts; `None` when it is not there.
    pub(crate) fn picked(&self, answer: Json) -> Option<Json> {
        match &self.pick {
            None => Some(answer),
            Some(path) => path.find(&answer).cloned(),
        }
    }

    /// Whether the call is made at all, by its `when`.
    pub(crate) fn is_wanted(&self, scope: &Scope<'_>) -> bool {
        self.when
            .as_ref()
            .is_none_or(|when| !is_empty(&when.eval(scope)))
    }

    /// Whether it cannot be made without our client secret.
    pub(crate) fn needs_secret(&self) -> bool {
        self.made_of.secret
    }

    /// Whether it is us whom the call authenticates: then a 401 is about us.
    pub(crate) fn shows_our_credentials(&self) -> bool {
        let aside = |at: &Placement| *at == Placement::Nowhere || at.is_in_form();
        let token_aside = self.placements.iter().all(aside);
        self.client.is_some() || (token_aside && self.made_of.secret)
    }

    /// Whether it shows which app of ours asks.
    pub(crate) fn shows_client(&self) -> bool {
        self.made_of.client
    }

    /// Whether it is made of the discovery document.
    pub(crate) fn discovers(&self) -> bool {
        self.made_of.discovery
    }

    /// Whether this variable, or this member of one, is sent.
    fn sends(&self, wanted: &str) -> bool {
        let named = [&self.query, &self.form];
        self.url.is_of(wanted)
            || (self.json.as_ref()).is_some_and(|json| json.is_of(wanted))
            || named
                .into_iter()
                .flatten()
                .map(|(_, text)| text)
                .chain(self.headers.iter().map(|(_, text)| text))
                .any(|text| text.is_of(wanted))
    }

    /// The request as it is sent.
    pub(crate) fn request(
        &self,
        scope: &Scope<'_>,
        signer: Option<&dyn Signer>,
        (key, secret): (&str, &str),
    ) -> Result<Request, BackendError> {
        let mut url = self.url.render(scope)?;
        let mut query = render(&self.query, scope);
        query.retain(|(name, _)| scope.more_query.iter().all(|(more, _)| more != name));
        query.extend_from_slice(scope.more_query);
        let mut form = render(&self.form, scope);
        let mut headers = self.written_headers(scope)?;
        if self.client == Some(ClientAuth::Basic) {
            let pair = STANDARD.encode(format!("{key}:{secret}"));
            headers.push((AUTHORIZATION, header_value(&format!("Basic {pair}"))?));
        }
        for placement in &self.placements {
            place(placement, scope.token, &mut query, &mut form, &mut headers)?;
        }
        if let Some(code) = self.code {
            let token = scope.token;
            let parameters = match self.method {
                Method::POST => &mut form,
                _ => &mut query,
            };
            code.sign(parameters, &Keys { secret, token });
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        if self.placements.contains(&Placement::OAuth1) {
            let signer = signer.ok_or(BackendError::Misconfigured("nothing to sign with"))?;
            let authorization = signer.authorization(&self.method, &url, &form);
            headers.push((AUTHORIZATION, header_value(&authorization)?));
        }
        let mut request = Request::new(self.method.clone(), url, std::time::Duration::ZERO);
        (request.headers, request.body) = (headers, self.body(form, scope));
        Ok(request)
    }

    /// The headers that the file writes, and what is accepted if it is silent.
    fn written_headers(
        &self,
        scope: &Scope<'_>,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, BackendError> {
        let mut headers = Vec::with_capacity(self.headers.len() + 2);
        for (name, text) in &self.headers {
            if let Some(text) = text.render(scope) {
                headers.push((name.clone(), header_value(&text)?));
            }
        }
        if headers.iter().all(|(name, _)| *name != ACCEPT) {
            headers.push((ACCEPT, HeaderValue::from_static("application/json")));
        }
        Ok(headers)
    }

    fn body(&self, form: Vec<(String, String)>, scope: &Scope<'_>) -> Body {
        if let Some(json) = &self.json {
            return Body::Json(Json::Object(json.render(scope)));
        }
        if form.is_empty() {
            return Body::Empty;
        }
        Body::Form(form)
    }
}

fn render(texts: &[(String, Text)], scope: &Scope<'_>) -> Vec<(String, String)> {
    texts
        .iter()
        .filter_map(|(name, text)| Some((name.clone(), text.render(scope)?)))
        .collect()
}
