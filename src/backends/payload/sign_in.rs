//! Sign-in with a signed payload: whose, how old, and used before or not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use secrecy::ExposeSecret as _;

use super::super::clients::{Candidates, Registration};
use super::super::defined::DefinedBackend;
use super::super::definition::SignedPayload;
use super::super::held::{Held, Issued};
use super::super::verification::Verification;
use super::super::verified::StoredToken;
use super::super::{BackendError, Means, VerifiedIdentity};
use super::{App, Signed};
use crate::crypto::one_use::digest;
use crate::model::{ClientInput, JsonMap, UsedMark};

/// How far the provider's clock and ours may be apart, in seconds.
const LEEWAY: i64 = 60;

/// How long a payload without a time is known as used: longer than any
/// session of a provider lasts.
const REMEMBERED: Duration = Duration::days(90);

impl DefinedBackend {
    /// Verifies a payload, with one app of ours after the other.
    pub(in crate::backends) async fn with_payload(
        &self,
        payload: &JsonMap,
        input: &ClientInput,
        means: &Means<'_>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let table = self.definition.payload.as_ref();
        let table = table.ok_or(BackendError::Misconfigured("[payload] is missing"))?;
        let named = input.client_id.as_deref();
        let Candidates { registrations, .. } = self.clients.candidates(named, true, false)?;
        let mut refused = BackendError::CredentialRejected;
        for client in registrations {
            let app = App {
                id: &client.id,
                secret: client.secret.expose_secret(),
                fields: &table.fields,
            };
            match table.signature.verify(payload, &app) {
                // It may be signed for the next one.
                Err(
                    error @ (BackendError::InvalidSignature | BackendError::CredentialRejected),
                ) => refused = error,
                Err(error) => return Err(error),
                Ok(signed) => {
                    let held = self.held_of_payload(table, signed, means.now)?;
                    return self.of_payload(client, &held, (input, means.now)).await;
                }
            }
        }
        Err(refused)
    }

    async fn of_payload(
        &self,
        client: &Registration,
        held: &Held,
        (input, now): (&ClientInput, DateTime<Utc>),
    ) -> Result<VerifiedIdentity, BackendError> {
        let ids = std::slice::from_ref(&client.id);
        let verification = Verification::new(self, (client, ids), (held, input), now)?;
        verification.run().await
    }

    /// What a payload proves, unless it is too old or of the future.
    fn held_of_payload(
        &self,
        table: &SignedPayload,
        signed: Signed,
        now: DateTime<Utc>,
    ) -> Result<Held, BackendError> {
        let max_age = self.payload_max_age.unwrap_or(table.max_age);
        let expires = match signed.at {
            Some(at) => expiry(at, max_age, now)?,
            None => now + REMEMBERED,
        };
        let signature = URL_SAFE_NO_PAD.encode(&signed.signature);
        let marked = format!("{}\0{signature}", self.info.name);
        Ok(Held {
            issued: Issued::ToUs,
            said: signed.said,
            used_marks: vec![UsedMark {
                kind: "payload".to_owned(),
                digest: digest(&marked).to_vec(),
                expires,
            }],
            ..Held::of_client(match signed.token {
                Some(token) => StoredToken::OAuth2(token),
                None => StoredToken::None,
            })
        })
    }
}

/// When a payload is too old.
///
/// # Errors
/// `NotYetValid` when it is of the future, `Expired` when it is too old.
fn expiry(at: i64, max_age: Duration, now: DateTime<Utc>) -> Result<DateTime<Utc>, BackendError> {
    let at = DateTime::from_timestamp(at, 0).ok_or(BackendError::MalformedResponse)?;
    let leeway = Duration::seconds(LEEWAY);
    if at > now + leeway {
        return Err(BackendError::NotYetValid);
    }
    // No time of the past is too far back for these sums.
    let expires = at + max_age + leeway;
    if expires <= now {
        return Err(BackendError::Expired);
    }
    Ok(expires)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_good_from_a_minute_before_its_time_to_a_minute_after_its_age() {
        let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let of = |at: i64| expiry(at, Duration::seconds(600), now);
        let of_age = |age: i64| of(1_750_000_000 - age);
        assert_eq!(of_age(0), Ok(now + Duration::seconds(660)));
        assert_eq!(of_age(659), Ok(now + Duration::seconds(1)));
        assert_eq!(of_age(660), Err(BackendError::Expired));
        assert_eq!(of_age(-60), Ok(now + Duration::seconds(720)));
        assert_eq!(of_age(-61), Err(BackendError::NotYetValid));
        assert_eq!(of(0), Err(BackendError::Expired));
        assert_eq!(of(i64::MAX), Err(BackendError::MalformedResponse));
        assert_eq!(of(i64::MIN), Err(BackendError::MalformedResponse));
    }
}
