//! Retries that lose nothing: the same request with the same key is answered
//! as it was the first time.
//!
//! The answer is written by the commit of the sign-up itself, so a client that
//! lost it, or a server that was lost before it was sent, changes nothing. It
//! is sealed, because it holds the tokens of a session, and it is given only to
//! who shows the key and the credential again.

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CurrentUser, Exchange, ExchangeError, SignUp, SignedUp};
use crate::backends::BackendError;
use crate::crypto::one_use;
use crate::model::{Credential, IdempotentAnswer};
use crate::pipeline::AuthError;
use crate::session::Tokens;

/// Seconds for which an answer is given again.
const LIFETIME: i64 = 120;
/// Longest key, in characters.
const KEY_MAX_LENGTH: usize = 255;
/// What a sealed answer is bound to, beside its key and request.
const ANSWER: &str = "idempotent_answer";

/// What a client names a request by, so that it may send it again.
pub struct IdempotencyKey([u8; 32]);

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

impl IdempotencyKey {
    /// The key of a header's text; `None` unless it is 1 to 255 visible ASCII
    /// characters.
    pub fn of(text: &str) -> Option<Self> {
        let fits = (1..=KEY_MAX_LENGTH).contains(&text.len());
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (fits && visible).then(|| Self(one_use::digest(text)))
    }
}

/// What a request is known by that has an idempotency key.
pub(super) struct Asked {
    /// SHA-256 of the key.
    key_hash: [u8; 32],
    /// Digest of provider, caller and credential.
    request_digest: [u8; 32],
}

/// A sign-up, made just now or before.
#[derive(Debug)]
pub struct Answered {
    /// What became of it.
    pub signed_up: SignedUp,
    /// Whether this is the first answer again.
    pub replayed: bool,
}

/// What is kept of an answer. The person's profile is read anew.
#[derive(Serialize, Deserialize)]
struct Kept {
    user_id: Uuid,
    association: Option<Uuid>,
    client_id: Option<String>,
    is_new: bool,
    new_association: bool,
    tokens: Option<KeptTokens>,
}

#[derive(Serialize, Deserialize)]
struct KeptTokens {
    access_token: String,
    expires_in: u64,
    refresh_token: String,
}

impl Exchange {
    /// As [`Exchange::sign_up`]; what was answered to the same request with
    /// the same key in the last two minutes is answered again.
    ///
    /// Only successes are kept: a refusal is judged anew.
    ///
    /// # Errors
    /// As [`Exchange::sign_up`], and [`ExchangeError::KeyOfAnother`] when the
    /// key was used for another credential.
    pub async fn sign_up_once(
        &self,
        request: SignUp,
        key: &IdempotencyKey,
    ) -> Result<Answered, ExchangeError> {
        let backend = self.registry.get(&request.provider);
        let provider = backend.ok_or(ExchangeError::BackendMissing)?.name();
        let asked = Asked {
            key_hash: key.0,
            request_digest: request_digest(provider, &request),
        };
        let caller = request.caller;
        if let Some(first) = self.first_answer(&asked, caller).await? {
            return Ok(first);
        }
        let error = match self.sign_up_asked(request, Some(&asked)).await {
            Ok(signed_up) => {
                return Ok(Answered {
                    signed_up,
                    replayed: false,
                });
            }
            Err(error) => error,
        };
        // Somebody may have been faster with the same request: then this
        // failure is of that success's making.
        match self.first_answer(&asked, caller).await {
            Ok(Some(first)) => Ok(first),
            Err(of_key @ ExchangeError::KeyOfAnother) => Err(of_key),
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// The answer that was given before; `None` when there was none.
    async fn first_answer(
        &self,
        asked: &Asked,
        caller: Option<CurrentUser>,
    ) -> Result<Option<Answered>, ExchangeError> {
        let now = self.clock.now();
        let kept = self.storage.get_idempotent_answer(&asked.key_hash, now);
        let Some(kept) = kept.await? else {
            return Ok(None);
        };
        if !one_use::same(&kept.request_digest, &asked.request_digest) {
            return Err(ExchangeError::KeyOfAnother);
        }
        if let Some(caller) = caller {
            self.me(caller).await?;
        }
        let plain = self.sealer.open(&kept.answer, &bound_to(&asked.texts()));
        let kept = plain
            .ok()
            .and_then(|plain| serde_json::from_slice(&plain).ok());
        // It was, and it can be told no more: what works once was used.
        let kept: Kept = kept.ok_or(BackendError::Replayed)?;
        let signed_up = self.again(kept).await?;
        Ok(Some(Answered {
            signed_up,
            replayed: true,
        }))
    }

    /// The answer as it was, of a user who may still have it.
    async fn again(&self, kept: Kept) -> Result<SignedUp, ExchangeError> {
        let user = self.storage.get_user(kept.user_id).await?;
        let user = user.ok_or(BackendError::Replayed)?;
        if !user.is_active {
            return Err(AuthError::UserInactive.into());
        }
        let social = match kept.association {
            None => None,
            Some(id) => {
                let found = self
                    .storage
                    .get_social_auth_for_user(user.id, None, Some(id));
                let found = found.await?.into_iter().next();
                Some(found.ok_or(BackendError::Replayed)?)
            }
        };
        Ok(SignedUp {
            user,
            social,
            client_id: kept.client_id,
            is_new: kept.is_new,
            new_association: kept.new_association,
            tokens: kept.tokens.map(Tokens::from),
        })
    }

    /// What is committed with a sign-up, so that it can be answered again.
    pub(super) fn kept_answer(
        &self,
        asked: &Asked,
        answer: &SignedUp,
    ) -> Result<IdempotentAnswer, ExchangeError> {
        let kept = Kept {
            user_id: answer.user.id,
            association: answer.social.as_ref().map(|social| social.id),
            client_id: answer.client_id.clone(),
            is_new: answer.is_new,
            new_association: answer.new_association,
            tokens: answer.tokens.as_ref().map(KeptTokens::from),
        };
        let ids = self.ids.as_ref();
        let sealed = serde_json::to_vec(&kept).ok().and_then(|plain| {
            let texts = asked.texts();
            self.sealer.seal(&plain, &bound_to(&texts), ids).ok()
        });
        let now = self.clock.now();
        let expires = now.checked_add_signed(TimeDelta::seconds(LIFETIME));
        Ok(IdempotentAnswer {
            key_hash: asked.key_hash.into(),
            request_digest: asked.request_digest.into(),
            answer: sealed.ok_or(ExchangeError::Sealing)?,
            created: now,
            expires: expires.ok_or(ExchangeError::Sealing)?,
        })
    }
}

impl Asked {
    fn texts(&self) -> [String; 2] {
        [self.key_hash, self.request_digest].map(|digest| one_use::hex(&digest))
    }
}

fn bound_to(texts: &[String; 2]) -> [&str; 3] {
    let [key, request] = texts;
    [ANSWER, key, request]
}

impl From<&Tokens> for KeptTokens {
    fn from(tokens: &Tokens) -> Self {
        Self {
            access_token: tokens.access_token.expose_secret().to_owned(),
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token.expose_secret().to_owned(),
        }
    }
}

impl From<KeptTokens> for Tokens {
    fn from(kept: KeptTokens) -> Self {
        Self {
            access_token: kept.access_token.into(),
            expires_in: kept.expires_in,
            refresh_token: kept.refresh_token.into(),
        }
    }
}

/// Digest of who asks for what: provider, caller, and all of the credential.
fn request_digest(provider: &str, request: &SignUp) -> [u8; 32] {
    let caller = request.caller.map(|caller| caller.id.to_string());
    let mut parts = vec![
        Some(provider.to_owned()),
        caller,
        Some(request.credential.kind().field().to_owned()),
    ];
    parts.extend(credential_parts(&request.credential));
    // Each with its length, so that no two lists have the same text.
    let text = parts
        .into_iter()
        .fold(String::new(), |text, part| match part {
            None => text + "-",
            Some(part) => format!("{text}{}:{part}", part.len()),
        });
    one_use::digest(&text)
}

fn credential_parts(credential: &Credential) -> Vec<Option<String>> {
    let secret = |text: &SecretString| Some(text.expose_secret().to_owned());
    let maybe = |text: &Option<SecretString>| text.as_ref().and_then(secret);
    match credential {
        Credential::AccessToken(token) => vec![secret(token)],
        Credential::OAuth1 {
            token,
            secret: of_token,
        } => vec![secret(token), secret(of_token)],
        Credential::IdToken(given) => vec![
            secret(&given.id_token),
            maybe(&given.nonce),
            maybe(&given.access_token),
        ],
        Credential::Code(given) => vec![
            secret(&given.code),
            given.redirect_uri.clone(),
            maybe(&given.code_verifier),
            maybe(&given.nonce),
            maybe(&given.state),
            given.iss.clone(),
        ],
        Credential::OAuth1Verifier {
            oauth_token,
            oauth_verifier,
            request_token,
        } => vec![
            secret(oauth_token),
            secret(oauth_verifier),
            secret(request_token),
        ],
        Credential::OpenId(fields) | Credential::Payload(fields) => {
            vec![serde_json::to_string(fields).ok()]
        }
    }
}
