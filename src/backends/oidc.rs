//! The OpenID Connect engine: an ID token says who the person is.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use super::clients::Registration;
use super::defined::DefinedBackend;
use super::definition::{BindingKind, Scope};
use super::held::{Held, Issued};
use super::id_token::{AtHash, IdTokenClaims, Keys, Policy, Presented};
use super::id_token_rules::IdTokenRules;
use super::verification::Verification;
use super::verified::StoredToken;
use super::{BackendError, Means, VerifiedIdentity};
use crate::crypto::jose::{Jws, SignatureAlgorithm, VerificationKey};
use crate::model::{ClientInput, IdTokenCredential, JsonMap, UsedMark};

/// Longest age of a token that we got ourselves, just now, over TLS.
const ANY_AGE: chrono::TimeDelta = chrono::TimeDelta::days(366);

/// What an ID token must be beside its provider's and ours.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    /// The client id that the request names; `None` when any of ours will do.
    pub(super) client_id: Option<&'a str>,
    /// The provider gave it to *us*: its age does not matter.
    pub(super) of_ours: bool,
}

/// An ID token that is good for a sign-in.
pub(super) struct ProvenIdToken {
    pub(super) claims: JsonMap,
    /// Which of our client ids it was issued to.
    pub(super) client_id: String,
    /// To be committed with the sign-up: a token works once.
    pub(super) mark: UsedMark,
}

impl DefinedBackend {
    /// Verifies an ID token, and the access token beside it.
    ///
    /// # Errors
    /// Whenever something is not certain.
    pub(super) async fn with_id_token(
        &self,
        credential: &IdTokenCredential,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let access_token = credential.access_token.as_ref();
        let presented = Presented {
            id_token: credential.id_token.expose_secret(),
            nonce: credential.nonce.as_ref().map(ExposeSecret::expose_secret),
            access_token: access_token.map(ExposeSecret::expose_secret),
        };
        let expected = Expected {
            client_id: input.client_id.as_deref(),
            of_ours: false,
        };
        let proven = self
            .proven_id_token(&presented, expected, means.now)
            .await?;
        let issued = match &credential.access_token {
            None => Issued::ToUs,
            Some(_) => self.issued_with(&proven.claims)?,
        };
        let token = credential.access_token.clone();
        let token = token.map_or(StoredToken::None, StoredToken::OAuth2);
        let mut held = Held::of_client(token);
        held.issued = issued;
        held.said.clone_from(&proven.claims);
        held.said
            .insert("id_token".to_owned(), presented.id_token.into());
        held.claims = Some(proven.claims);
        held.used_marks = vec![proven.mark];
        let client = self.clients.of(Some(&proven.client_id));
        let ids = match issued {
            Issued::ToUs => std::slice::from_ref(&proven.client_id),
            Issued::Unknown => self.clients.ids(),
        };
        Verification::new(self, (client, ids), (&held, input), means.now)?
            .run()
            .await
    }

    /// Whether an ID token vouches for the access token that came with it.
    ///
    /// # Errors
    /// When neither it does, nor can the provider be asked.
    fn issued_with(&self, claims: &JsonMap) -> Result<Issued, BackendError> {
        if claims.contains_key("at_hash") {
            return Ok(Issued::ToUs);
        }
        let kind = self.definition.binding.kind;
        let asked = self.accept_unbound.asks_binding(kind)
            || matches!(kind, BindingKind::SecretProof | BindingKind::SelfContained);
        if asked && self.definition.asks() {
            return Ok(Issued::Unknown);
        }
        Err(BackendError::InvalidField {
            field: "access_token",
            problem: "The ID token does not vouch for it (`at_hash`): send the ID token alone.",
        })
    }

    /// The claims of an ID token that is this provider's, for us, and good.
    ///
    /// # Errors
    /// Whenever something of it is not as it must be; `Unavailable` when the
    /// provider's keys are not to be had.
    pub(super) async fn proven_id_token(
        &self,
        presented: &Presented<'_>,
        expected: Expected<'_>,
        now: DateTime<Utc>,
    ) -> Result<ProvenIdToken, BackendError> {
        let unknown = || BackendError::NoCredentialTaken(self.info.name.clone());
        let rules = self.signed.id_token.as_ref().ok_or_else(unknown)?;
        if expected
            .client_id
            .is_some_and(|named| !self.is_audience(named))
        {
            return Err(BackendError::ClientUnknown);
        }
        let found = rules.signers.look(self.discovery.as_ref(), now).await?;
        let mut keys = rules.signers.keys(&found)?;
        let mut policy = Policy {
            issuers: rules.signers.issuers(&found)?,
            ..rules.policy.clone()
        };
        if expected.of_ours {
            policy.max_age = ANY_AGE;
            policy.at_hash = AtHash::IfPresent;
            // The code that it came for was bound to this app already.
            policy.nonce.required = false;
        }
        self.peek(presented, rules, (&mut keys, &mut policy))?;
        let verified = self
            .signed
            .verifier
            .verify(presented, &keys, &policy, now)
            .await;
        let good = verified.map_err(|error| self.named_stranger(error, presented.id_token))?;
        self.for_us(good, expected.client_id)
    }

    /// Changes what is expected by what a token says of itself, where that
    /// makes nothing good that its signature and claims do not.
    fn peek(
        &self,
        presented: &Presented<'_>,
        rules: &IdTokenRules,
        (keys, policy): (&mut Keys, &mut Policy),
    ) -> Result<(), BackendError> {
        if !rules.secret_signs && !rules.allows_missing_nonce {
            return Ok(());
        }
        let token = Jws::parse(presented.id_token)?;
        let claims = token.unverified_claims();
        if rules.secret_signs
            && let Some(client) = self.of_audience(claims)
            && let Ok(key) = VerificationKey::secret(SignatureAlgorithm::Hs256, &client.secret)
        {
            // The secret of the very app that the token is for.
            keys.fixed.push(key);
        }
        let unsupported = claims.get("nonce_supported") == Some(&Json::Bool(false));
        if rules.allows_missing_nonce && unsupported && !claims.contains_key("nonce") {
            policy.nonce.skipped = true;
        }
        Ok(())
    }

    /// The app of ours that a token says it is for, when it says just one.
    fn of_audience(&self, claims: &JsonMap) -> Option<&Registration> {
        let audience = claims.get("aud")?.as_str()?;
        let client = self.clients.of(Some(audience));
        (client.id == audience).then_some(client)
    }

    /// Whether an ID token is for another app of ours than the one whose code
    /// it came for. Where a definition has its own audience, that is whom it is
    /// for, unless it is there that our apps are listed.
    pub(super) fn id_token_is_of_another(&self, proven: &ProvenIdToken, client_id: &str) -> bool {
        let exchange = self.definition.exchange.as_ref();
        let lists_apps = exchange.is_some_and(|exchange| exchange.signed_secret.is_some());
        let own = self.definition.id_token.as_ref();
        let by_client_id = own.is_some_and(|own| own.audience.is_empty());
        (lists_apps || by_client_id) && proven.client_id != client_id
    }

    /// Whether ID tokens for this client id are taken.
    pub(super) fn is_audience(&self, client_id: &str) -> bool {
        let rules = self.signed.id_token.as_ref();
        rules.is_some_and(|rules| rules.policy.audiences.iter().any(|one| one == client_id))
    }

    fn for_us(
        &self,
        good: IdTokenClaims,
        named: Option<&str>,
    ) -> Result<ProvenIdToken, BackendError> {
        let claims = Json::Object(good.claims);
        if let Some(id_token) = &self.definition.id_token {
            let nothing = JsonMap::new();
            let fixed = &self.clients.main().fixed;
            let scope = Scope::new(fixed, "", &claims, (&nothing, &nothing));
            id_token.check_required(&claims, &scope)?;
        }
        let Json::Object(claims) = claims else {
            return Err(BackendError::MalformedResponse);
        };
        let client_id = issued_to(&claims, named).ok_or_else(|| BackendError::InvalidClaim {
            claim: "aud".to_owned(),
        })?;
        Ok(ProvenIdToken {
            client_id: client_id.to_owned(),
            claims,
            mark: UsedMark {
                kind: "id_token".to_owned(),
                digest: good.digest.to_vec(),
                expires: good.expires,
            },
        })
    }
}

/// Which client id a validated token was issued to: the one that the request
/// names, which must be among them, or whom the token is for.
fn issued_to<'c>(claims: &'c JsonMap, named: Option<&'c str>) -> Option<&'c str> {
    let party = claims.get("azp").and_then(Json::as_str);
    let audience = claims.get("aud")?;
    let single = audience.as_str();
    let Some(named) = named else {
        return single.or(party).or_else(|| audience.get(0)?.as_str());
    };
    let mut several = audience.as_array().into_iter().flatten();
    let is_named = party == Some(named)
        || single == Some(named)
        || several.any(|one| one.as_str() == Some(named));
    is_named.then_some(named)
}
