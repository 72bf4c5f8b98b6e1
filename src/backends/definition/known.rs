//! What a definition's templates may name: variables, and settings by type.

use std::collections::BTreeMap;

use super::file::SettingSpec;
use crate::backends::code::Code;

/// The variables of all templates; what `uid` and `oidc` hold is not there
/// in every definition.
pub(super) const VARIABLES: [&str; 10] = [
    "user",
    "claims",
    "token",
    "client",
    "setting",
    "scope",
    "uid",
    "oidc",
    "token_response",
    "input",
];

/// What the templates of one definition may name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The definition's own settings.
    pub(super) settings: BTreeMap<String, SettingSpec>,
    /// There is a discovery document.
    pub(super) discovers: bool,
    /// The uid is known before the person is read.
    pub(super) has_uid: bool,
    /// The hook of the calls that verify; `None` without one.
    pub(super) code: Option<&'static dyn Code>,
}

impl Known {
    /// The same for calls that a hook has a hand in.
    pub(super) fn with_code(&self, code: Option<&'static dyn Code>) -> Self {
        Self {
            code,
            ..self.clone()
        }
    }

    /// Refuses a variable, with its member where it has one, that is not
    /// there: `setting.x`.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        let mut parts = name.split('.');
        let variable = parts.next().unwrap_or_default();
        match (variable, parts.next()) {
            (name, _) if !VARIABLES.contains(&name) => Err(format!(
                "no variable is called `{name}` (there are {})",
                VARIABLES.join(", ")
            )),
            ("client", Some("key" | "secret")) => Ok(()),
            ("client", _) => Err("there are `client.key` and `client.secret`".to_owned()),
            ("setting", Some(setting)) => self.setting(setting).map(|_spec| ()),
            ("setting", None) => Err("say which one: `setting.<name>`".to_owned()),
            ("oidc", _) if !self.discovers => Err(
                "`oidc` needs a document: [endpoints].issuer or [endpoints].discovery".to_owned(),
            ),
            ("uid", _) if !self.has_uid => {
                Err("`uid` is known to protocol = \"openid2\" and to [revoke] alone".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// A declared setting; `Err` names the nearest when there is none.
    pub(super) fn setting(&self, name: &str) -> Result<&SettingSpec, String> {
        self.settings.get(name).ok_or_else(|| {
            let known = self.settings.keys().map(String::as_str);
            format!(
                "[settings] declares no `{name}`{}",
                the_nearest(name, known)
            )
        })
    }
}

/// `, the nearest known is …`; nothing when none is known.
pub(crate) fn the_nearest<'k>(wanted: &str, known: impl Iterator<Item = &'k str>) -> String {
    known
        .max_by(|a, b| strsim::jaro_winkler(wanted, a).total_cmp(&strsim::jaro_winkler(wanted, b)))
        .map_or_else(String::new, |name| {
            format!(", the nearest known is `{name}`")
        })
}
