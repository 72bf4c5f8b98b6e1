//! What a definition says of tokens beside their use: how they are renewed
//! and given back.

use super::Value;
use super::call::Call;
use super::file;
use super::known::Known;

/// `[revoke]`, compiled.
pub(crate) struct Revoke {
    /// What is sent.
    pub(crate) call: Call,
    /// What must not be empty in a good answer; `None` where the status tells.
    pub(crate) ok: Option<Value>,
}

impl Revoke {
    /// Compiles `[revoke]`; errors name the key.
    pub(super) fn compile(
        mut table: file::Revoke,
        known: &Known,
    ) -> Result<Self, (String, String)> {
        let known = Known {
            has_uid: true,
            ..known.clone()
        };
        let ok = table
            .ok
            .take()
            .map(|ok| Value::compile(&ok, &known))
            .transpose()
            .map_err(|reason| ("[revoke].ok".to_owned(), reason))?;
        Ok(Self {
            call: Call::compile(table.into_call(), "[revoke]", &known)?,
            ok,
        })
    }
}

/// Compiles `[refresh]`; its URL is the token endpoint where it has none.
pub(super) fn refresh(
    table: file::Refresh,
    token_endpoint: Option<&str>,
    known: &Known,
) -> Result<Call, (String, String)> {
    let call = table.into_call(token_endpoint).ok_or_else(|| {
        (
            "[refresh].url".to_owned(),
            "is needed, or [endpoints].token".to_owned(),
        )
    })?;
    Call::compile(call, "[refresh]", known)
}
