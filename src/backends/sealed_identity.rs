//! A verified identity that waits in the database, sealed, for a halted run.
//!
//! Beside the verifiers this is the only way to a [`VerifiedIdentity`]: what
//! opens here was sealed here, for this very run and provider.

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::VerifiedIdentity;
use super::definition::LegacyUid;
use super::verified::{Proof, StoredToken};
use crate::crypto::seal::{SealError, Sealer};
use crate::model::{Details, Ids, JsonMap};

/// What a sealed identity is bound to, beside its run and provider.
const TABLE: &str = "social_auth_partial";
const FIELD: &str = "identity.v1";

/// An identity in the form that is sealed. Marks and nonces are not kept: they
/// were used up by the commit that stored the run.
#[derive(Serialize, Deserialize)]
struct Waiting {
    provider: String,
    uid: String,
    details: Details,
    answer: Value,
    claims: Option<JsonMap>,
    identity: Option<String>,
    token: WaitingToken,
    token_response: JsonMap,
    input: JsonMap,
    client_id: Option<String>,
    legacy_uids: Vec<LegacyUid>,
}

#[derive(Serialize, Deserialize)]
enum WaitingToken {
    None,
    OAuth2(String),
    OAuth1 { token: String, secret: String },
}

/// Seals the identity for a halted run. It opens for the partial of that id
/// alone, and while its key is on the ring.
///
/// # Errors
/// [`SealError`] when there is no randomness.
pub fn seal(
    identity: &VerifiedIdentity,
    sealer: &Sealer,
    partial: Uuid,
    ids: &dyn Ids,
) -> Result<String, SealError> {
    let proof = identity.proof();
    let waiting = Waiting {
        provider: identity.provider().to_owned(),
        uid: identity.uid().to_owned(),
        details: identity.details().clone(),
        answer: proof.answer.clone(),
        claims: proof.claims.clone(),
        identity: proof.identity.clone(),
        token: WaitingToken::from(&proof.token),
        token_response: proof.token_response.clone(),
        input: proof.input.clone(),
        client_id: proof.client_id.clone(),
        legacy_uids: proof.legacy_uids.clone(),
    };
    let plain = serde_json::to_vec(&waiting).map_err(|_unwritten| SealError::Malformed)?;
    let plain = Zeroizing::new(plain);
    let id = partial.to_string();
    sealer.seal(&plain, &[TABLE, &id, identity.provider(), FIELD], ids)
}

/// Opens what [`seal`] sealed for this partial and
/// provider.
///
/// # Errors
/// [`SealError`] for anything else.
pub fn open(
    text: &str,
    sealer: &Sealer,
    partial: Uuid,
    provider: &str,
) -> Result<VerifiedIdentity, SealError> {
    let id = partial.to_string();
    let plain = Zeroizing::new(sealer.open(text, &[TABLE, &id, provider, FIELD])?);
    let waiting: Waiting =
        serde_json::from_slice(&plain).map_err(|_unreadable| SealError::Malformed)?;
    if waiting.provider != provider {
        return Err(SealError::Refused);
    }
    let proof = Proof {
        answer: waiting.answer,
        claims: waiting.claims,
        identity: waiting.identity,
        token: waiting.token.into(),
        token_response: waiting.token_response,
        input: waiting.input,
        client_id: waiting.client_id,
        legacy_uids: waiting.legacy_uids,
        used_marks: Vec::new(),
        nonce: None,
    };
    let (uid, details) = (waiting.uid, waiting.details);
    Ok(VerifiedIdentity::new(waiting.provider, uid, details, proof))
}

impl From<&StoredToken> for WaitingToken {
    fn from(token: &StoredToken) -> Self {
        let plain = |secret: &SecretString| secret.expose_secret().to_owned();
        match token {
            StoredToken::None => Self::None,
            StoredToken::OAuth2(token) => Self::OAuth2(plain(token)),
            StoredToken::OAuth1 { token, secret } => Self::OAuth1 {
                token: plain(token),
                secret: plain(secret),
            },
        }
    }
}

impl From<WaitingToken> for StoredToken {
    fn from(token: WaitingToken) -> Self {
        match token {
            WaitingToken::None => Self::None,
            WaitingToken::OAuth2(token) => Self::OAuth2(token.into()),
            WaitingToken::OAuth1 { token, secret } => Self::OAuth1 {
                token: token.into(),
                secret: secret.into(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretBox;
    use serde_json::json;

    use super::*;
    use crate::model::SystemIds;

    const PARTIAL: Uuid = Uuid::from_u128(7);

    fn sealer() -> Sealer {
        Sealer::new(&[SecretBox::new(Box::new([9; 32]))]).unwrap()
    }

    fn identity(token: StoredToken) -> VerifiedIdentity {
        let details = Details {
            email: Some("ada@example.com".to_owned()),
            email_verified: true,
            ..Details::default()
        };
        let map = |value: Value| value.as_object().cloned().unwrap();
        let proof = Proof {
            answer: json!({"id": 12_345_678_901_234_567_890_u64, "ratio": 0.1}),
            claims: Some(map(json!({"sub": "7"}))),
            identity: Some("https://id.example/7".to_owned()),
            token,
            token_response: map(json!({"expires_in": 60})),
            input: map(json!({"campaign": "spring"})),
            client_id: Some("our-app".to_owned()),
            legacy_uids: vec![LegacyUid {
                uid: "ada".to_owned(),
                is_address: false,
            }],
            used_marks: Vec::new(),
            nonce: None,
        };
        VerifiedIdentity::new("github".to_owned(), "7".to_owned(), details, proof)
    }

    fn sealed(identity: &VerifiedIdentity) -> String {
        seal(identity, &sealer(), PARTIAL, &SystemIds::default()).unwrap()
    }

    #[test]
    fn what_is_opened_is_what_was_sealed() {
        let tokens = [
            StoredToken::None,
            StoredToken::OAuth2("token".into()),
            StoredToken::OAuth1 {
                token: "token".into(),
                secret: "secret".into(),
            },
        ];
        for token in tokens {
            let before = identity(token);
            let after = open(&sealed(&before), &sealer(), PARTIAL, "github").unwrap();
            assert_eq!(after.provider(), before.provider());
            assert_eq!(after.uid(), before.uid());
            assert_eq!(after.details(), before.details());
            assert_eq!(after.response(), before.response());
            assert_eq!(after.client_id(), before.client_id());
            assert_eq!(after.request_data(), before.request_data());
            assert!(after.legacy_uids().eq(before.legacy_uids()));
            let (before, after) = (before.proof(), after.proof());
            assert_eq!(after.claims, before.claims);
            assert_eq!(after.identity, before.identity);
            assert_eq!(after.token_response, before.token_response);
            assert_eq!(after.kept_access_token(), before.kept_access_token());
        }
    }

    #[test]
    fn par_5_a_sealed_identity_opens_for_its_own_run_and_provider_alone() {
        let sealed = sealed(&identity(StoredToken::None));
        let open =
            |sealed: &str, partial, provider| open(sealed, &sealer(), partial, provider).err();
        assert_eq!(open(&sealed, PARTIAL, "github"), None);
        let other = Uuid::from_u128(8);
        assert_eq!(open(&sealed, other, "github"), Some(SealError::Refused));
        assert_eq!(open(&sealed, PARTIAL, "gitlab"), Some(SealError::Refused));
        assert_eq!(open("", PARTIAL, "github"), Some(SealError::Empty));
    }

    #[test]
    fn par_8_a_sealed_identity_shows_nothing_of_the_person_or_the_token() {
        let sealed = sealed(&identity(StoredToken::OAuth2("token".into())));
        for plain in ["token", "ada", "github", "our-app"] {
            assert!(!sealed.contains(plain), "{plain}");
        }
    }
}
