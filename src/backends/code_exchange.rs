//! An authorization code: exchanged at its provider, once, for what then
//! tells who the person is.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use url::Url;

use super::clients::Registration;
use super::code_flow::same_origin;
use super::defined::DefinedBackend;
use super::definition::{Exchange, Scope};
use super::held::{Held, Issued};
use super::id_token::Presented;
use super::oidc::Expected;
use super::token_answer::TokenAnswer;
use super::token_request::{More, TokenRequest};
use super::verification::Verification;
use super::verified::StoredToken;
use super::{BackendError, Means, VerifiedIdentity};
use crate::crypto::{one_use, signed_secret};
use crate::model::{ClientInput, CodeCredential, JsonMap, UsedMark};

/// How long a code that was sent is remembered: RFC 6749 §4.1.2 gives codes
/// ten minutes at most.
const REMEMBERED: TimeDelta = TimeDelta::minutes(10);
/// How long a client secret that we make is good.
const SECRET_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// What is wrong where no client secret can be made.
const UNSIGNED: &str = "a signed client secret lacks a setting";

impl DefinedBackend {
    /// Verifies a code by exchanging it.
    ///
    /// What the request lacks is refused before anybody is asked. Then the
    /// code is marked, and sent once, whatever comes of it.
    pub(super) async fn with_code(
        &self,
        code: &CodeCredential,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let refused = || BackendError::NoCredentialTaken(self.info.name.clone());
        let (Some(flow), Some(exchange)) = (&self.code_flow, &self.definition.exchange) else {
            return Err(refused());
        };
        flow.check(code, (&self.redirect_uris, &self.info.name))?;
        self.check_issuer(code)?;
        let (client, id) = self.app_of_code(exchange, input.client_id.as_deref())?;
        let request = TokenRequest {
            backend: self,
            exchange,
            endpoint: self.token_endpoint(client, means.now).await?,
            client: Self::credentials((client, id), exchange, means.now)?,
            code,
            more: More::of(exchange, &scope(client, &input.fields))?,
            fixed: &client.fixed,
        };
        self.use_up(code, means).await?;
        let answer = request.send().await?;
        let id = &request.client.0;
        let held = self.held(answer, code, (id, means.now)).await?;
        let ids = std::slice::from_ref(id);
        Verification::new(self, (client, ids), (&held, input), means.now)?
            .run()
            .await
    }

    /// The app of ours that a code was given to, the named one or else the
    /// main one, and its client id.
    fn app_of_code(
        &self,
        exchange: &Exchange,
        named: Option<&str>,
    ) -> Result<(&Registration, String), BackendError> {
        let Some(signed) = &exchange.signed_secret else {
            let candidates = self.clients.candidates(named, true, false)?;
            let client = candidates.registrations.first().copied();
            let client = client.ok_or(BackendError::ClientUnknown)?;
            return Ok((client, client.id.clone()));
        };
        // There `key` may be the id of a key, which signs for all apps of a
        // team: the secret says whose code it is.
        let main = self.clients.main();
        let own = signed.subject(&scope(main, &NOTHING));
        let own = own.ok_or(BackendError::Misconfigured(UNSIGNED))?;
        match named {
            None => Ok((main, own)),
            Some(named) if named == own || self.is_audience(named) => Ok((main, named.to_owned())),
            Some(_) => Err(BackendError::ClientUnknown),
        }
    }

    /// What the answer gives: its tokens were issued to us, for this code.
    ///
    /// An ID token among them is held to all that one from a client is, but
    /// for its age: it was made just now.
    async fn held(
        &self,
        answer: TokenAnswer,
        code: &CodeCredential,
        (client_id, now): (&str, DateTime<Utc>),
    ) -> Result<Held, BackendError> {
        let mut held = Held::of_client(StoredToken::OAuth2(answer.access_token));
        held.issued = Issued::ToUs;
        if let (Some(_), Some(id_token)) = (&self.signed.id_token, &answer.id_token) {
            let presented = Presented {
                id_token: id_token.expose_secret(),
                nonce: code.nonce.as_ref().map(ExposeSecret::expose_secret),
                access_token: Some(held.token.expose()),
            };
            let expected = Expected {
                client_id: None,
                of_ours: true,
            };
            let proven = self.proven_id_token(&presented, expected, now).await?;
            if self.id_token_is_of_another(&proven, client_id) {
                return Err(BackendError::InvalidClaim {
                    claim: "aud".to_owned(),
                });
            }
            held.said.clone_from(&proven.claims);
            held.claims = Some(proven.claims);
        } else if !self.definition.asks() && self.signed.id_token.is_some() {
            return Err(BackendError::MalformedResponse);
        } else if !self.definition.asks() {
            // Nobody is asked any more: it has said it all.
            held.said = without_tokens(&answer.told);
        }
        held.token_response = Some(answer.told);
        Ok(held)
    }

    /// RFC 9207: who answered must be who was asked.
    fn check_issuer(&self, code: &CodeCredential) -> Result<(), BackendError> {
        let Some(given) = &code.iss else {
            return Ok(());
        };
        let scope = scope(self.clients.main(), &NOTHING);
        let issuer = self.definition.endpoints.issuer.as_ref();
        let is_ours = if let Some(issuer) = issuer.and_then(|issuer| issuer.as_text(&scope)) {
            // A setting loses its last slash; the issuer's own may have one.
            given == &issuer || given.strip_suffix('/') == Some(&issuer)
        } else {
            // Without a name it is known by where people are sent.
            let authorize = self.info.authorize_url.as_deref();
            authorize.is_some_and(|authorize| same_origin(authorize, given))
        };
        if is_ours {
            return Ok(());
        }
        Err(BackendError::InvalidField {
            field: "iss",
            problem: "This is another issuer's than this provider's.",
        })
    }

    /// Where codes are exchanged: as the file says, else as is discovered.
    async fn token_endpoint(
        &self,
        client: &Registration,
        now: DateTime<Utc>,
    ) -> Result<Url, BackendError> {
        let written = self.definition.endpoints.token.as_ref();
        let document = match &self.discovery {
            Some(discovery) if self.discovers_token_endpoint() => {
                Some((discovery, discovery.document(now).await?))
            }
            _ => None,
        };
        let mut scope = scope(client, &NOTHING);
        scope.oidc = document.as_ref().map(|(_, document)| document.as_ref());
        let found = match (written, scope.oidc) {
            (Some(url), _) => url.render(&scope),
            (None, document) => document
                .and_then(|document| document.get("token_endpoint")?.as_str())
                .and_then(|url| Url::parse(url).ok())
                .ok_or(BackendError::Misconfigured("there is no token endpoint")),
        };
        found.map_err(|error| match &document {
            Some((discovery, _)) => discovery.lacking(error),
            None => error,
        })
    }

    /// Whether it is not the file that says where codes are exchanged.
    pub(super) fn discovers_token_endpoint(&self) -> bool {
        let written = self.definition.endpoints.token.as_ref();
        self.code_flow.is_some() && written.is_none_or(|url| url.is_of("oidc"))
    }

    /// Our client id and secret, made by us where the definition says so.
    fn credentials(
        (client, id): (&Registration, String),
        exchange: &Exchange,
        now: DateTime<Utc>,
    ) -> Result<(String, SecretString), BackendError> {
        let Some(signed) = &exchange.signed_secret else {
            return Ok((id, client.secret.clone()));
        };
        let scope = scope(client, &NOTHING);
        let unset = BackendError::Misconfigured(UNSIGNED);
        let says = signed.claims(&scope).ok_or(unset)?;
        let claims = json!({
            "iss": says.issuer,
            "sub": id,
            "aud": says.audience,
            "iat": now.timestamp(),
            "exp": (now + SECRET_LIFETIME).timestamp(),
        });
        let secret = signed_secret::sign(&client.secret, &says.key_id, &claims)
            .map_err(|_bad| BackendError::Misconfigured("the signing key is no P-256 key"))?;
        Ok((id, secret))
    }

    /// Marks a code before it is sent, so that no other request sends it.
    async fn use_up(&self, code: &CodeCredential, means: &Means<'_>) -> Result<(), BackendError> {
        let text = format!("{}\n{}", self.info.name, code.code.expose_secret());
        let mark = UsedMark {
            kind: "code".to_owned(),
            digest: one_use::digest(&text).to_vec(),
            expires: means.now + REMEMBERED,
        };
        match means.marks.use_mark(&mark).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(BackendError::Replayed),
            Err(error) => {
                tracing::error!(%error, "a code could not be marked, so it is not sent");
                Err(BackendError::NotMarked)
            }
        }
    }
}

/// What no client and no provider says.
static NOTHING: LazyLock<JsonMap> = LazyLock::new(JsonMap::new);

/// The scope of what is fixed, and of a request's further fields.
fn scope<'a>(client: &'a Registration, fields: &'a JsonMap) -> Scope<'a> {
    Scope::new(&client.fixed, "", &Json::Null, (&NOTHING, fields))
}

/// What an answer says of the person.
fn without_tokens(told: &JsonMap) -> JsonMap {
    let is_token = |name: &str| name.contains("token");
    let said = told.iter().filter(|(name, _)| !is_token(name));
    said.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
