//! The request that exchanges a code: by the `oauth2` crate where it is the
//! one of RFC 6749, by hand where a definition wants JSON, GET, other names or
//! headers, which the crate cannot say. Both go out through one adapter, and
//! each once: nothing here is ever sent again.

use std::pin::Pin;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2::basic::BasicClient;
use oauth2::http::{Response, StatusCode};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, HttpRequest,
    HttpResponse, PkceCodeVerifier, RequestTokenError, TokenUrl,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value as Json, json};
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::BackendError;
use super::defined::DefinedBackend;
use super::definition::{Exchange, ExchangeClient, ExchangeMethod, Fixed, Payload, Scope};
use super::token_answer::{self, NoToken, TokenAnswer};
use crate::http::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue, USER_AGENT};
use crate::http::{Body, Method, Request};
use crate::model::{CodeCredential, JsonMap};

/// One code that is about to be exchanged.
pub(super) struct TokenRequest<'a> {
    pub(super) backend: &'a DefinedBackend,
    pub(super) exchange: &'a Exchange,
    /// Where it is exchanged.
    pub(super) endpoint: Url,
    /// Our client id, and our secret; empty for a public client.
    pub(super) client: (String, SecretString),
    pub(super) code: &'a CodeCredential,
    /// What the definition has sent beside the standard parameters.
    pub(super) more: More,
    pub(super) fixed: &'a Fixed,
}

/// What a definition adds to a request.
pub(super) struct More {
    query: Fields,
    fields: Fields,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl More {
    /// What the file's texts come to in this scope.
    ///
    /// # Errors
    /// `CredentialRejected` when a value cannot stand in a header.
    pub(super) fn of(exchange: &Exchange, scope: &Scope<'_>) -> Result<Self, BackendError> {
        Ok(Self {
            query: exchange.more_query(scope),
            fields: exchange.more_fields(scope),
            headers: exchange.more_headers(scope)?,
        })
    }
}

type Fields = Vec<(String, String)>;

impl TokenRequest<'_> {
    /// Sends the code, once.
    ///
    /// # Errors
    /// Whatever the provider says instead of a token.
    pub(super) async fn send(&self) -> Result<TokenAnswer, BackendError> {
        if self.exchange.is_standard() {
            return self.send_standard().await;
        }
        self.ask(self.by_hand()?).await
    }

    /// By the `oauth2` crate.
    async fn send_standard(&self) -> Result<TokenAnswer, BackendError> {
        let (id, secret) = &self.client;
        let client = BasicClient::new(ClientId::new(id.clone()))
            .set_token_uri(TokenUrl::from_url(self.url()))
            .set_auth_type(match self.exchange.client {
                ExchangeClient::Basic => AuthType::BasicAuth,
                ExchangeClient::Body | ExchangeClient::None => AuthType::RequestBody,
            });
        let client = match self.shown_secret() {
            Some(_) => {
                client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            }
            None => client,
        };
        let code = AuthorizationCode::new(self.code.code.expose_secret().to_owned());
        let mut request = client.exchange_code(code);
        if let Some(verifier) = &self.code.code_verifier {
            let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
            request = request.set_pkce_verifier(verifier);
        }
        // As it was sent, byte for byte; `postmessage` is no URL either.
        if let Some(redirect_uri) = self.redirect_uri() {
            request = request.add_extra_param("redirect_uri", redirect_uri.to_owned());
        }
        for (name, value) in self.more.fields.iter().cloned() {
            request = request.add_extra_param(name, value);
        }
        let adapter = Adapter {
            request: self,
            answer: OnceLock::new(),
        };
        let asked = request.request_async(&adapter).await;
        match asked {
            Ok(_token) => adapter
                .answer
                .into_inner()
                .ok_or(BackendError::MalformedResponse),
            Err(RequestTokenError::Request(error)) => Err(error),
            Err(_unread) => Err(BackendError::MalformedResponse),
        }
    }

    /// As the definition wants it.
    fn by_hand(&self) -> Result<Request, BackendError> {
        let mut url = self.url();
        let mut fields = self.fields();
        for (name, value) in self.more.fields.iter().cloned() {
            fields.retain(|(known, _)| *known != name);
            fields.push((name, value));
        }
        let mut headers = self.more.headers.clone();
        if let (ExchangeClient::Basic, Some(secret)) = (self.exchange.client, self.shown_secret()) {
            headers.push((AUTHORIZATION, basic(&self.client.0, secret)?));
        }
        let method = match self.exchange.method {
            ExchangeMethod::Get => Method::GET,
            ExchangeMethod::Post => Method::POST,
        };
        let body = match (self.exchange.method, self.exchange.payload) {
            (ExchangeMethod::Get, _) => {
                url.query_pairs_mut().extend_pairs(&fields);
                Body::Empty
            }
            (ExchangeMethod::Post, Payload::Form) => Body::Form(fields),
            (ExchangeMethod::Post, Payload::Json) => {
                let fields = fields.into_iter().map(|(name, value)| (name, value.into()));
                Body::Json(Json::Object(fields.collect()))
            }
        };
        let mut request = Request::new(method, url, self.backend.timeout);
        (request.headers, request.body) = (headers, body);
        Ok(request)
    }

    /// The parameters of RFC 6749 §4.1.3, by the provider's names.
    fn fields(&self) -> Fields {
        let code = self.code;
        let named = |name: &str, value: &str| {
            let name = self.exchange.name(name).to_owned();
            Some((name, value.to_owned()))
        };
        let by_body = self.exchange.client != ExchangeClient::Basic;
        let secret = self.shown_secret().filter(|_| by_body);
        let verifier = code.code_verifier.as_ref();
        [
            named("grant_type", "authorization_code"),
            named("code", code.code.expose_secret()),
            self.redirect_uri()
                .and_then(|redirect_uri| named("redirect_uri", redirect_uri)),
            by_body
                .then(|| named("client_id", &self.client.0))
                .flatten(),
            secret.and_then(|secret| named("client_secret", secret)),
            verifier.and_then(|verifier| named("code_verifier", verifier.expose_secret())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Where the person was sent back to; empty for an SDK without an address,
    /// or `None` where the provider wants no parameter then.
    fn redirect_uri(&self) -> Option<&str> {
        let given = self.code.redirect_uri.as_deref();
        given.or((!self.exchange.omits_empty_redirect_uri).then_some(""))
    }

    /// The secret where it goes along; `None` for a public client, and where
    /// the definition has no client authenticate.
    fn shown_secret(&self) -> Option<&str> {
        let secret = self.client.1.expose_secret();
        (self.exchange.client != ExchangeClient::None && !secret.is_empty()).then_some(secret)
    }

    fn url(&self) -> Url {
        let mut url = self.endpoint.clone();
        if !self.more.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.more.query);
        }
        url
    }

    /// The adapter of both ways: sends, and makes one thing of the answer.
    async fn ask(&self, mut request: Request) -> Result<TokenAnswer, BackendError> {
        if request.headers.iter().all(|(name, _)| *name != ACCEPT) {
            request
                .headers
                .push((ACCEPT, HeaderValue::from_static("application/json")));
        }
        if let Some(user_agent) = &self.backend.overrides.user_agent {
            request.headers.push((USER_AGENT, user_agent.clone()));
        }
        request.timeout = self.backend.timeout;
        request.allow_private = self.backend.allow_private;
        let sent = self.backend.http.send(request).await;
        let refused = match token_answer::read(sent, self.exchange) {
            Ok(answer) => return Ok(answer),
            Err(NoToken::Refused(error)) => error,
            Err(NoToken::Unclear(said, error)) => self.trouble(said).unwrap_or(error),
        };
        if refused == BackendError::ClientRejected {
            let provider = self.backend.info.name.as_str();
            tracing::error!(
                provider,
                "the provider does not accept our client id and secret"
            );
        }
        Err(refused)
    }

    /// What the definition says of an answer without a token.
    fn trouble(&self, said: JsonMap) -> Option<BackendError> {
        let trouble = self.backend.definition.trouble.as_ref()?;
        let said = Json::Object(said);
        let nothing = JsonMap::new();
        let scope = Scope::new(self.fixed, "", &said, (&nothing, &nothing));
        match trouble.check(&scope).err()? {
            BackendError::CredentialRejected | BackendError::TokenRevoked => {
                Some(BackendError::CodeRejected)
            }
            other => Some(other),
        }
    }
}

/// Our HTTP client as the `oauth2` crate wants one.
struct Adapter<'a> {
    request: &'a TokenRequest<'a>,
    /// What the crate is told less of.
    answer: OnceLock<TokenAnswer>,
}

impl<'c> AsyncHttpClient<'c> for Adapter<'_> {
    type Error = BackendError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BackendError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.request.ask(ours(request)?).await?;
            // No more than it needs, as it wants it: it would stumble over
            // numbers as texts and over a missing type.
            let token = answer.access_token.expose_secret();
            let told = json!({"access_token": token, "token_type": "bearer"});
            let _first = self.answer.set(answer);
            let mut response = Response::new(told.to_string().into_bytes());
            *response.status_mut() = StatusCode::OK;
            Ok(response)
        })
    }
}

/// The crate's request as ours.
fn ours(request: HttpRequest) -> Result<Request, BackendError> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string());
    let url = url.map_err(|_no_url| BackendError::Misconfigured("a token endpoint is no URL"))?;
    let mut ours = Request::new(parts.method, url, std::time::Duration::ZERO);
    let basic = parts.headers.get(AUTHORIZATION);
    ours.headers = basic
        .map(|basic| (AUTHORIZATION, basic.clone()))
        .into_iter()
        .collect();
    ours.body = Body::Form(parse(&body).into_owned().collect());
    Ok(ours)
}

/// HTTP Basic as RFC 6749 §2.3.1 has it: both parts are form-encoded first.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, BackendError> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {pair}"))
        .map_err(|_never| BackendError::Misconfigured("a client id cannot stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
