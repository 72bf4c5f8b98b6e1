//! Provider definitions: one TOML file says where a provider's things are.
//!
//! The vocabulary is documented in `docs/providers.md`. A file is checked
//! whole when it is read and compiled when its backend is built; on the
//! sign-in path nothing is parsed but the provider's answers.

mod binding;
mod call;
mod extra;
mod file;
mod filters;
mod path;
mod placement;
mod scalar;
mod scope;
mod template;
mod text;
mod user;
mod value;

pub(crate) use binding::{Binding, Bound};
pub(crate) use call::{Call, Signer};
pub(crate) use extra::{Extra, ExtraSettings};
pub(crate) use file::{BindingKind, Names, Protocol, SettingKind, SettingSpec};
pub(crate) use path::Path;
pub(crate) use scalar::{as_text, is_empty};
pub(crate) use scope::{Fixed, Scope};
pub(crate) use text::Text;
pub(crate) use user::UserMapping;
pub(crate) use value::Value;

use std::collections::BTreeMap;

/// A definition file is refused: which one, which key, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {reason}")]
pub struct DefinitionError {
    /// The file's name.
    pub file: String,
    /// The key at fault; `file` when it cannot be read at all.
    pub key: String,
    /// What is wrong, and what was expected.
    pub reason: String,
}

/// A definition, compiled.
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) protocol: Protocol,
    pub(crate) settings: BTreeMap<String, SettingSpec>,
    pub(crate) authorize: Option<Text>,
    pub(crate) scope: Vec<String>,
    pub(crate) scope_separator: String,
    pub(crate) association_only: bool,
    pub(crate) calls: Vec<Call>,
    pub(crate) user: UserMapping,
    pub(crate) extra: Vec<Extra>,
    pub(crate) sealed: Vec<String>,
    pub(crate) binding: Binding,
    /// Whether its calls cannot be made without the client secret.
    pub(crate) needs_secret: bool,
}

impl Definition {
    /// Reads and checks a definition file.
    ///
    /// # Errors
    /// [`DefinitionError`] for the first thing that is wrong.
    pub(crate) fn parse(file_name: &str, text: &str) -> Result<Self, DefinitionError> {
        let refuse = |(key, reason): (String, String)| DefinitionError {
            file: file_name.to_owned(),
            key,
            reason,
        };
        let file = file::read(text).map_err(|reason| refuse(("file".to_owned(), reason)))?;
        Self::compile(file).map_err(refuse)
    }

    fn compile(file: file::File) -> Result<Self, (String, String)> {
        let at = |key: &'static str| move |reason: String| (key.to_owned(), reason);
        if file.call.is_empty() {
            return Err(at("[[call]]")("at least one is needed".to_owned()));
        }
        let calls = file
            .call
            .into_iter()
            .map(|call| Call::compile(call, "[[call]]"))
            .collect::<Result<Vec<_>, _>>()?;
        let authorize = file
            .endpoints
            .authorize
            .map(|url| Text::compile(&url))
            .transpose()
            .map_err(at("[endpoints].authorize"))?;
        let binding = Binding::compile(file.audience)?;
        let needs_secret = file.protocol == Protocol::OAuth1
            || calls.iter().chain(&binding.call).any(Call::needs_secret);
        Ok(Self {
            name: file.name,
            title: file.title,
            protocol: file.protocol,
            settings: file.settings,
            authorize,
            scope: file.scope.default,
            scope_separator: file.scope.separator,
            association_only: file.association_only,
            calls,
            user: UserMapping::compile(file.user)?,
            extra: Extra::compile_all(file.extra)?,
            sealed: file.sealed,
            binding,
            needs_secret,
        })
    }
}

#[cfg(test)]
mod tests;
