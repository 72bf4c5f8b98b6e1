//! One call to a provider: what is sent, and where the token is put.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use url::Url;

use super::file::{self, ClientAuth, OneOrMany};
use super::placement::{Placement, header_value, place};
use super::{Path, Scope, Text, Value, is_empty};
use crate::backends::BackendError;
use crate::http::{Body, Request};

/// Signs a request, for OAuth 1.
pub(crate) trait Signer: Sync {
    /// The `Authorization` header of a request with these parameters.
    fn authorization(&self, method: &Method, url: &Url, form: &[(String, String)]) -> String;
}

/// A call, compiled.
pub(crate) struct Call {
    method: Method,
    url: Text,
    placements: Vec<Placement>,
    client: Option<ClientAuth>,
    query: Vec<(String, Text)>,
    headers: Vec<(HeaderName, Text)>,
    form: Vec<(String, Text)>,
    json: Vec<(String, Text)>,
    pick: Option<Path>,
    pub(crate) into: Option<String>,
    when: Option<Value>,
    pub(crate) optional: bool,
    needs_secret: bool,
}

impl Call {
    /// Compiles a call; errors name the key under `section`.
    pub(super) fn compile(call: file::Call, section: &str) -> Result<Self, (String, String)> {
        let at = |key: &str| {
            let key = format!("{section}.{key}");
            move |reason: String| (key.clone(), reason)
        };
        let url = Text::compile(&call.url).map_err(at("url"))?;
        if !url.has_fixed_host() {
            return Err(at("url")(format!(
                "`{}`: the host must be written here or come from a setting",
                call.url
            )));
        }
        let method = method(call.method.as_deref()).map_err(at("method"))?;
        let placements = match call.token {
            None if call.client.is_some() => vec![Placement::Nowhere],
            None => vec![Placement::Bearer],
            Some(OneOrMany::One(one)) => vec![Placement::parse(&one).map_err(at("token"))?],
            Some(OneOrMany::Many(many)) => many
                .iter()
                .map(|one| Placement::parse(one).map_err(at("token")))
                .collect::<Result<_, _>>()?,
        };
        let when = call.when.as_ref().map(Value::compile).transpose();
        let compiled = Self {
            method,
            url,
            placements,
            client: call.client,
            query: texts(&call.query).map_err(at("query"))?,
            headers: headers(&call.headers).map_err(at("headers"))?,
            form: texts(&call.form).map_err(at("form"))?,
            json: texts(&call.json).map_err(at("json"))?,
            pick: call
                .pick
                .as_deref()
                .map(Path::parse)
                .transpose()
                .map_err(at("pick"))?,
            into: call.into,
            when: when.map_err(at("when"))?,
            optional: call.optional,
            needs_secret: false,
        };
        Ok(Self {
            needs_secret: compiled.mentions_secret(),
            ..compiled
        })
    }

    /// Compiles the call that asks whose a token is; `None` without a URL.
    pub(crate) fn compile_audience(
        audience: file::Audience,
    ) -> Result<Option<Self>, (String, String)> {
        audience
            .into_call()
            .map(|call| Self::compile(call, "[audience]"))
            .transpose()
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
        self.needs_secret
    }

    /// Whether it is us whom the call authenticates: then a 401 is about us.
    pub(crate) fn shows_our_credentials(&self) -> bool {
        let token_aside = self.placements.iter().all(|at| *at == Placement::Nowhere);
        self.client.is_some() || (token_aside && self.needs_secret)
    }

    fn mentions_secret(&self) -> bool {
        let named = [&self.query, &self.form, &self.json];
        self.client.is_some()
            || named
                .into_iter()
                .flatten()
                .map(|(_, text)| text)
                .chain(self.headers.iter().map(|(_, text)| text))
                .any(Text::mentions_client_secret)
    }

    /// The request as it is sent.
    pub(crate) fn request(
        &self,
        scope: &Scope<'_>,
        signer: Option<&dyn Signer>,
        (key, secret): (&str, &str),
    ) -> Result<Request, BackendError> {
        let mut url = self
            .url
            .render_url(scope)
            .and_then(|url| Url::parse(&url).ok())
            .ok_or(BackendError::Misconfigured("a definition's URL is none"))?;
        let mut query = render(&self.query, scope);
        let mut form = render(&self.form, scope);
        let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
        for (name, text) in &self.headers {
            if let Some(text) = text.render(scope) {
                headers.push((name.clone(), header_value(&text)?));
            }
        }
        if self.client == Some(ClientAuth::Basic) {
            let pair = STANDARD.encode(format!("{key}:{secret}"));
            headers.push((AUTHORIZATION, header_value(&format!("Basic {pair}"))?));
        }
        for placement in &self.placements {
            place(placement, scope.token, &mut query, &mut form, &mut headers)?;
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        if self.placements.contains(&Placement::OAuth1) {
            let signer = signer.ok_or(BackendError::Misconfigured("nothing to sign with"))?;
            let authorization = signer.authorization(&self.method, &url, &form);
            headers.push((AUTHORIZATION, header_value(&authorization)?));
        }
        Ok(Request {
            method: self.method.clone(),
            url,
            headers,
            body: self.body(form, scope),
            timeout: std::time::Duration::ZERO,
            allow_private: false,
        })
    }

    fn body(&self, form: Vec<(String, String)>, scope: &Scope<'_>) -> Body {
        if !self.json.is_empty() {
            let fields = render(&self.json, scope)
                .into_iter()
                .map(|(name, text)| (name, text.into()))
                .collect();
            return Body::Json(serde_json::Value::Object(fields));
        }
        if form.is_empty() {
            return Body::Empty;
        }
        Body::Form(form)
    }
}

fn method(name: Option<&str>) -> Result<Method, String> {
    match name {
        None | Some("GET") => Ok(Method::GET),
        Some("POST") => Ok(Method::POST),
        Some("DELETE") => Ok(Method::DELETE),
        Some(other) => Err(format!("`{other}`: expected GET, POST or DELETE")),
    }
}

fn texts(table: &BTreeMap<String, String>) -> Result<Vec<(String, Text)>, String> {
    table
        .iter()
        .map(|(name, text)| Ok((name.clone(), Text::compile(text)?)))
        .collect()
}

fn headers(table: &BTreeMap<String, String>) -> Result<Vec<(HeaderName, Text)>, String> {
    table
        .iter()
        .map(|(name, text)| {
            let header = name
                .parse()
                .map_err(|_invalid| format!("`{name}` is no header name"))?;
            Ok((header, Text::compile(text)?))
        })
        .collect()
}

fn render(texts: &[(String, Text)], scope: &Scope<'_>) -> Vec<(String, String)> {
    texts
        .iter()
        .filter_map(|(name, text)| Some((name.clone(), text.render(scope)?)))
        .collect()
}
