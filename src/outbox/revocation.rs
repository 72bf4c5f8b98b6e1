//! Tokens that wait to be given back: sealed, for one event alone.

use chrono::{DateTime, Utc};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::crypto::seal::{SealError, Sealer};
use crate::model::{Association, Event, EventKind, ExtraData, Ids};

/// What is kept of an association.
const TOKENS: [&str; 2] = ["access_token", "refresh_token"];
/// What sealed tokens are bound to, beside their event.
const TABLE: &str = "events";
const FIELD: &str = "tokens.v1";

/// What giving tokens back needs.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) provider: String,
    pub(super) uid: String,
    pub(super) tokens: ExtraData,
}

/// The event that gives an association's tokens back; `None` when it has none.
///
/// # Errors
/// [`SealError`] when there is no randomness.
pub fn revocation(
    association: &Association,
    (ring, ids): (&Sealer, &dyn Ids),
    now: DateTime<Utc>,
) -> Result<Option<Event>, SealError> {
    let given = |name: &&str| association.extra_data.get(*name).filter(|it| !it.is_null());
    let tokens = TOKENS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), given(name)?.clone())));
    let kept = Kept {
        provider: association.provider.clone(),
        uid: association.uid.clone(),
        tokens: tokens.collect(),
    };
    if kept.tokens.is_empty() {
        return Ok(None);
    }
    let plain = serde_json::to_vec(&kept).map_err(|_unwritten| SealError::Malformed)?;
    let plain = Zeroizing::new(plain);
    let id = ids.new_id();
    let sealed = ring.seal(&plain, &bound_to(id).each_ref().map(String::as_str), ids)?;
    Ok(Some(Event {
        id,
        kind: EventKind::TokensRevoked,
        user_id: None,
        payload: Value::String(sealed),
        created: now,
        hook: None,
        due: Some(now),
    }))
}

/// The tokens of an event; `None` when they do not open.
pub(super) fn open(event: &Event, ring: &Sealer) -> Option<Kept> {
    let sealed = event.payload.as_str()?;
    let opened = ring.open(sealed, &bound_to(event.id).each_ref().map(String::as_str));
    serde_json::from_slice(&Zeroizing::new(opened.ok()?)).ok()
}

fn bound_to(event: Uuid) -> [String; 3] {
    [TABLE.to_owned(), event.to_string(), FIELD.to_owned()]
}
