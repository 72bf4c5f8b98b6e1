//! Secrets shared with a provider, so that an assertion needs no question.
//!
//! Off unless the operator wants them. They live in storage, so that every
//! instance knows those that another one made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;
use uuid::Uuid;

use super::diffie_hellman::{Exchange, SECRET_LENGTH};
use super::key_value::KeyValues;
use super::message::{Message, NS};
use super::party::Provider;
use crate::backends::defined::DefinedBackend;
use crate::backends::{BackendError, Means};
use crate::model::OpenIdAssociation;
use crate::storage::StorageError;

/// The only kind of secret: the other one of OpenID 2.0 is of SHA-1.
const HMAC_SHA256: &str = "HMAC-SHA256";
const DH_SHA256: &str = "DH-SHA256";
/// The secret in the clear, which only TLS may carry.
const NO_ENCRYPTION: &str = "no-encryption";
/// So long a secret must still live for people to be sent off with it.
const LEFT: TimeDelta = TimeDelta::minutes(10);
/// Longest life of a secret that is believed.
const LONGEST: i64 = 14 * 24 * 3600;
/// So long a provider is left alone that gave no secret.
const COOL_DOWN: TimeDelta = TimeDelta::seconds(60);

/// The secret that an assertion is signed with; `None` when it is not one of
/// this provider's, or has run out: then the provider must be asked.
///
/// # Errors
/// `Unavailable` when our own storage is.
pub(super) async fn of(
    provider: &Provider,
    message: &Message,
    means: &Means<'_>,
) -> Result<Option<OpenIdAssociation>, BackendError> {
    let handle = message.required("assoc_handle")?;
    let endpoint = provider.endpoint.as_str();
    let found = means
        .openid
        .get_openid_association(endpoint, Some(handle))
        .await;
    let found = found.map_err(|error| {
        tracing::error!(%error, "shared secrets of OpenID providers cannot be read");
        BackendError::Unavailable
    })?;
    Ok(found.filter(|shared| {
        shared.assoc_type == HMAC_SHA256 && left(shared, means.now) > TimeDelta::zero()
    }))
}

/// Whether an assertion bears the signature of that secret.
///
/// # Errors
/// `InvalidSignature` when it does not.
pub(super) fn check(shared: &OpenIdAssociation, message: &Message) -> Result<(), BackendError> {
    let decoded = |text: &str| {
        let bytes = STANDARD.decode(text);
        bytes.map_err(|_no_base64| BackendError::InvalidSignature)
    };
    let secret = decoded(&shared.secret)?;
    if secret.len() != SECRET_LENGTH {
        return Err(BackendError::InvalidSignature);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let signature = decoded(message.required("sig")?)?;
    // Compares in constant time.
    hmac::verify(&key, message.signed_text()?.as_bytes(), &signature)
        .map_err(|ring::error::Unspecified| BackendError::InvalidSignature)
}

/// Forgets a secret that the provider knows no more.
pub(super) async fn forget(provider: &Provider, handle: &str, means: &Means<'_>) {
    if let Err(error) = try_forget(provider, handle, means).await {
        // The next one to use it will be told the same.
        tracing::warn!(%error, "a shared secret could not be forgotten");
    }
}

async fn try_forget(
    provider: &Provider,
    handle: &str,
    means: &Means<'_>,
) -> Result<(), StorageError> {
    let endpoint = provider.endpoint.as_str();
    let found = means.openid.oids(endpoint, Some(handle)).await?;
    let ids: Vec<Uuid> = found.into_iter().map(|(id, _secret)| id).collect();
    means.openid.remove_openid_associations(&ids).await
}

fn left(shared: &OpenIdAssociation, now: DateTime<Utc>) -> TimeDelta {
    let ends = shared.issued.saturating_add(shared.lifetime);
    TimeDelta::seconds(ends.saturating_sub(now.timestamp()))
}

impl DefinedBackend {
    /// The name of a secret to send people off with: one that there is, or a
    /// new one. `None` when there is none to be had: it works without.
    pub(super) async fn shared_handle(
        &self,
        provider: &Provider,
        means: &Means<'_>,
    ) -> Option<String> {
        let endpoint = provider.endpoint.as_str();
        let newest = means.openid.get_openid_association(endpoint, None).await;
        match newest {
            Ok(Some(shared)) if is_usable(&shared, means.now) => return Some(shared.handle),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "shared secrets of OpenID providers cannot be read");
                return None;
            }
        }
        // Who comes while another one asks goes without.
        let mut asked = provider.asked.try_lock().ok()?;
        if asked.is_some_and(|last| means.now - last < COOL_DOWN) {
            return None;
        }
        *asked = Some(means.now);
        let shared = self.associate(provider, means.now).await?;
        let stored = means.openid.store_openid_association(&shared).await;
        stored.ok().map(|()| shared.handle)
    }

    /// Makes a secret with the provider (§8); `None` when that fails.
    async fn associate(
        &self,
        provider: &Provider,
        now: DateTime<Utc>,
    ) -> Option<OpenIdAssociation> {
        let exchange = Exchange::new(self.ids.as_ref()).ok()?;
        let mut answer = self
            .ask_for_secret(provider, DH_SHA256, Some(&exchange))
            .await?;
        let in_the_clear = answer.get("error_code") == Some("unsupported-type")
            && answer.get("session_type") == Some(NO_ENCRYPTION)
            && answer.get("assoc_type") == Some(HMAC_SHA256);
        if in_the_clear && provider.endpoint.scheme() == "https" {
            answer = self.ask_for_secret(provider, NO_ENCRYPTION, None).await?;
        }
        let secret = secret_of(&answer, &exchange, provider.endpoint.scheme() == "https")?;
        let lifetime: u32 = answer.get("expires_in")?.parse().ok()?;
        Some(OpenIdAssociation {
            server_url: provider.endpoint.to_string(),
            handle: answer
                .get("assoc_handle")
                .filter(|text| is_handle(text))?
                .to_owned(),
            secret: STANDARD.encode(secret),
            issued: now.timestamp(),
            lifetime: i64::from(lifetime).min(LONGEST),
            assoc_type: HMAC_SHA256.to_owned(),
        })
    }

    async fn ask_for_secret(
        &self,
        provider: &Provider,
        session: &str,
        exchange: Option<&Exchange>,
    ) -> Option<KeyValues> {
        let public = exchange.map(Exchange::public);
        let asked = [
            ("openid.ns", Some(NS)),
            ("openid.mode", Some("associate")),
            ("openid.assoc_type", Some(HMAC_SHA256)),
            ("openid.session_type", Some(session)),
            ("openid.dh_consumer_public", public.as_deref()),
        ];
        let asked = asked.into_iter().filter_map(|(name, value)| {
            let value = value?;
            Some((name.to_owned(), value.to_owned()))
        });
        let answer = self.post(provider, asked.collect()).await.ok()?;
        // An error is told with status 400, in the same form (§5.1.2.2).
        let read = matches!(answer.status, 200 | 400);
        read.then(|| KeyValues::read(&answer.body)).flatten()
    }
}

/// Whether a secret is one to send people off with.
fn is_usable(shared: &OpenIdAssociation, now: DateTime<Utc>) -> bool {
    shared.assoc_type == HMAC_SHA256 && left(shared, now) >= LEFT
}

/// Printable, and at most 255 characters (§8.2.1).
fn is_handle(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The secret of an answer; `None` when it is of another kind, or came in
/// the clear over anything but TLS.
fn secret_of(answer: &KeyValues, exchange: &Exchange, is_tls: bool) -> Option<[u8; SECRET_LENGTH]> {
    if answer.get("assoc_type") != Some(HMAC_SHA256) {
        return None;
    }
    match answer.get("session_type") {
        Some(DH_SHA256) => {
            exchange.secret(answer.get("dh_server_public")?, answer.get("enc_mac_key")?)
        }
        Some(NO_ENCRYPTION) if is_tls => STANDARD
            .decode(answer.get("mac_key")?)
            .ok()?
            .try_into()
            .ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SystemIds;

    #[test]
    fn oid2_8_a_secret_in_the_clear_is_taken_over_tls_alone() {
        let secret = STANDARD.encode([7_u8; SECRET_LENGTH]);
        let answer = |assoc_type: &str, session: &str| {
            let text = format!(
                "ns:{NS}\nassoc_type:{assoc_type}\nsession_type:{session}\nmac_key:{secret}\n"
            );
            KeyValues::read(text.as_bytes()).unwrap()
        };
        let exchange = Exchange::new(&SystemIds::default()).unwrap();
        let clear = answer(HMAC_SHA256, NO_ENCRYPTION);
        assert_eq!(secret_of(&clear, &exchange, true), Some([7; SECRET_LENGTH]));
        assert_eq!(secret_of(&clear, &exchange, false), None);
        for (assoc_type, session) in [
            ("HMAC-SHA1", NO_ENCRYPTION),
            (HMAC_SHA256, "DH-SHA1"),
            (HMAC_SHA256, ""),
            (HMAC_SHA256, DH_SHA256),
        ] {
            let other = answer(assoc_type, session);
            assert_eq!(
                secret_of(&other, &exchange, true),
                None,
                "{assoc_type} {session}"
            );
        }
    }

    #[test]
    fn a_handle_is_printable_and_not_long() {
        assert!(is_handle("{HMAC-SHA256}{abc}") && is_handle(&"x".repeat(255)));
        for bad in ["", "a b", "a\n", "é", &"x".repeat(256)] {
            assert!(!is_handle(bad), "{bad}");
        }
    }
}
