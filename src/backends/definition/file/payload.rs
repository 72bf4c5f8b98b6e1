//! The shape of `[payload]`.

use serde::Deserialize;

/// How what a client was started with is signed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::backends::definition) struct PayloadTable {
    /// The kind of signature, by name.
    pub(in crate::backends::definition) code: String,
    /// The setting that holds the secret.
    #[serde(default = "secret")]
    pub(in crate::backends::definition) secret: String,
    /// Seconds that a payload is good for.
    #[serde(default = "ten_minutes")]
    pub(in crate::backends::definition) max_age: u32,
    /// All fields that it may have, for a kind that needs them.
    #[serde(default)]
    pub(in crate::backends::definition) fields: Vec<String>,
}

fn secret() -> String {
    "secret".to_owned()
}

fn ten_minutes() -> u32 {
    600
}
