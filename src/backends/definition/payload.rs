//! `[payload]`, compiled: which signature, by which secret, good for how long.

use chrono::Duration;

use super::file::{PayloadTable, Protocol};
use super::the_nearest;
use crate::backends::payload::{self, Signature};

/// Longest that a payload may be good for, in seconds: a day.
pub(crate) const MOST_AGE: u32 = 24 * 60 * 60;

/// How payloads of a provider are signed.
pub(crate) struct SignedPayload {
    /// Verifies them.
    pub(crate) signature: &'static dyn Signature,
    /// The name of the setting with the secret, as settings are named.
    pub(crate) secret: String,
    /// How long one is good for, unless a setting says otherwise.
    pub(crate) max_age: Duration,
    /// All fields that one may have.
    pub(crate) fields: Vec<String>,
}

impl SignedPayload {
    /// Compiles the table; `None` where there is none and none is needed.
    pub(super) fn of(
        table: Option<PayloadTable>,
        protocol: Protocol,
    ) -> Result<Option<Self>, (String, String)> {
        let refuse = |key: &str, reason: String| Err((key.to_owned(), reason));
        let Some(table) = table else {
            return match protocol {
                Protocol::Payload => refuse("[payload]", "how is a payload signed?".to_owned()),
                _ => Ok(None),
            };
        };
        let Some(signature) = payload::find(&table.code) else {
            let nearest = the_nearest(&table.code, payload::names());
            let reason = format!("no signature is called `{}`{nearest}", table.code);
            return refuse("[payload].code", reason);
        };
        if table.max_age == 0 || table.max_age > MOST_AGE {
            let reason = format!("expected 1 to {MOST_AGE} seconds");
            return refuse("[payload].max_age", reason);
        }
        let word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if table.secret.is_empty() || !table.secret.bytes().all(word) {
            let reason = "expected the name of a setting in lower case".to_owned();
            return refuse("[payload].secret", reason);
        }
        Ok(Some(Self {
            signature,
            secret: table.secret.to_uppercase(),
            max_age: Duration::seconds(table.max_age.into()),
            fields: table.fields,
        }))
    }
}
