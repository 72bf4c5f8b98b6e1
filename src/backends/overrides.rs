//! Settings by which an operator changes what a definition says of a person.

use serde_json::Value as Json;
use url::form_urlencoded::Serializer;

use super::BackendError;
use super::definition::{Call, Definition, Scope, UserMapping, uid_of};
use crate::http::HeaderValue;
use crate::model::{Details, JsonMap};
use crate::settings::{SettingError, SocialSettings};

/// Settings that are read here.
pub(super) const SETTINGS: [&str; 9] = [
    "ID_KEY",
    "USERNAME_KEY",
    "EMAIL_KEY",
    "FULLNAME_KEY",
    "FIRST_NAME_KEY",
    "LAST_NAME_KEY",
    "PROFILE_EXTRA_PARAMS",
    "AUTH_EXTRA_ARGUMENTS",
    "USER_AGENT",
];

/// Parameters by which a call proves something: they are not an operator's.
const PROOFS: [&str; 2] = ["access_token", "appsecret_proof"];

/// Parameters of an authorize URL that every client adds itself.
const OF_CLIENTS: [&str; 8] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// What an operator changes of a definition, for one backend.
#[derive(Default)]
pub(super) struct Overrides {
    /// `ID_KEY`: the key of the details, or of the answer, that is the uid.
    id_key: Option<String>,
    keys: DetailKeys,
    profile_query: Vec<(String, String)>,
    authorize: Vec<(String, String)>,
    /// `USER_AGENT`: what calls to this provider say of themselves.
    pub(super) user_agent: Option<HeaderValue>,
}

/// Keys of the answer in which details stand.
#[derive(Default)]
struct DetailKeys {
    username: Option<String>,
    email: Option<String>,
    fullname: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

/// Reads the settings of one backend.
struct Reader<'a> {
    settings: &'a SocialSettings,
    backend: &'a str,
}

impl Overrides {
    /// Reads what is set for a backend.
    ///
    /// # Errors
    /// The first setting that is not what it must be.
    pub(super) fn read(
        settings: &SocialSettings,
        backend: &str,
        definition: &Definition,
    ) -> Result<Self, SettingError> {
        let reader = Reader { settings, backend };
        // For all backends they mean those that name a person by claims.
        let for_all = matches!(definition.protocol.name(), "oidc" | "openid2");
        let key = |name: &str| reader.key(name, for_all);
        let user_agent = settings.text(Some(backend), "USER_AGENT")?;
        let user_agent = user_agent.filter(|text| !text.is_empty()).map(|text| {
            let expected = "expected text that a header can hold";
            HeaderValue::from_str(&text)
                .map_err(|_invalid| settings.refused(Some(backend), "USER_AGENT", expected))
        });
        Ok(Self {
            id_key: reader.key("ID_KEY", true)?,
            keys: DetailKeys {
                username: key("USERNAME_KEY")?,
                email: key("EMAIL_KEY")?,
                fullname: key("FULLNAME_KEY")?,
                first_name: key("FIRST_NAME_KEY")?,
                last_name: key("LAST_NAME_KEY")?,
            },
            profile_query: reader.parameters("PROFILE_EXTRA_PARAMS", &PROOFS)?,
            authorize: reader.parameters("AUTH_EXTRA_ARGUMENTS", &OF_CLIENTS)?,
            user_agent: user_agent.transpose()?,
        })
    }

    /// The uid: the definition's, or what `ID_KEY` names.
    ///
    /// As in python-social-auth a key is looked up in the details first. The
    /// scope must not hold what a client says.
    ///
    /// # Errors
    /// [`BackendError`] when it is not there, or cannot be a uid.
    pub(super) fn uid(
        &self,
        user: &UserMapping,
        scope: &Scope<'_>,
    ) -> Result<String, BackendError> {
        let Some(key) = &self.id_key else {
            return user.uid(scope);
        };
        let details = self.details(user, scope);
        let is_given = |value: &Json| !value.is_null() && value.as_str() != Some("");
        let given = detail(&details, key).filter(is_given);
        let value = given.or_else(|| scope.answer.get(key).cloned());
        uid_of(&value.unwrap_or(Json::Null), key)
    }

    /// Whose the token must be by the definition's own uid, and the uid.
    ///
    /// The former is looked for only where the provider says whose it is.
    ///
    /// # Errors
    /// As [`Overrides::uid`].
    pub(super) fn uids(
        &self,
        user: &UserMapping,
        scope: &Scope<'_>,
        has_owner: bool,
    ) -> Result<(String, String), BackendError> {
        let uid = self.uid(user, scope)?;
        let owner = match &self.id_key {
            Some(_) if has_owner => user.uid(scope)?,
            _ => uid.clone(),
        };
        Ok((owner, uid))
    }

    /// Whether the uid is another than the definition's: no older one of the
    /// definition's moves to it.
    pub(super) fn changes_uid(&self) -> bool {
        self.id_key.is_some()
    }

    /// The person's details, some of them from other keys of the answer.
    pub(super) fn details(&self, user: &UserMapping, scope: &Scope<'_>) -> Details {
        let mut details = user.details(scope);
        let text = |key: &str| match scope.answer.get(key) {
            None | Some(Json::Null | Json::Array(_) | Json::Object(_)) => None,
            Some(Json::String(text)) => Some(text.clone()),
            Some(scalar) => Some(scalar.to_string()),
        };
        if let Some(key) = &self.keys.email {
            let email = text(key);
            // The flag speaks of the definition's own address.
            details.email_verified &= email == details.email;
            details.email = email;
        }
        for (key, detail) in [
            (&self.keys.username, &mut details.username),
            (&self.keys.fullname, &mut details.fullname),
            (&self.keys.first_name, &mut details.first_name),
            (&self.keys.last_name, &mut details.last_name),
        ] {
            if let Some(key) = key {
                *detail = text(key);
            }
        }
        details
    }

    /// Parameters that a call is sent with beside its own.
    ///
    /// Those of `PROFILE_EXTRA_PARAMS` go with the call that tells who the
    /// person is: the first whose answer stands for itself.
    pub(super) fn query_of(&self, call: &Call, calls: &[Call]) -> &[(String, String)] {
        let profile = calls.iter().find(|call| call.into.is_none());
        match profile.or_else(|| calls.first()) {
            Some(profile) if std::ptr::eq(profile, call) => &self.profile_query,
            _ => &[],
        }
    }

    /// The authorize URL with the operator's parameters.
    pub(super) fn authorize_url(&self, url: Option<String>) -> Option<String> {
        let url = url?;
        if self.authorize.is_empty() {
            return Some(url);
        }
        let mut query = Serializer::new(String::new());
        let query = query.extend_pairs(&self.authorize).finish();
        let mark = if url.contains('?') { '&' } else { '?' };
        Some(format!("{url}{mark}{query}"))
    }
}

impl Reader<'_> {
    /// A key of the provider's answer; `None` when it is not set, or empty.
    fn key(&self, name: &str, for_all: bool) -> Result<Option<String>, SettingError> {
        let key = if for_all {
            self.settings.text(Some(self.backend), name)?
        } else {
            self.settings.own_text(self.backend, name)?
        };
        let key = key.filter(|key| !key.is_empty());
        let start = key.as_deref().and_then(|key| key.split(['.', '[']).next());
        let reason = match (name, start) {
            (_, Some(start)) if start.contains("{{") => {
                "expected a key of the provider's answer, not a template"
            }
            ("ID_KEY", Some("token_response" | "input")) => {
                "a client may not say who it is: `token_response` and `input` prove nothing"
            }
            _ => return Ok(key),
        };
        Err(self.settings.refused(Some(self.backend), name, reason))
    }

    /// A table of texts and numbers, as parameters.
    fn parameters(
        &self,
        name: &str,
        not_these: &[&str],
    ) -> Result<Vec<(String, String)>, SettingError> {
        let table = self.table(name)?.unwrap_or_default();
        let refuse = |reason: &str| self.settings.refused(Some(self.backend), name, reason);
        table
            .into_iter()
            .map(|(key, value)| {
                if not_these.contains(&key.as_str()) {
                    return Err(refuse(&format!("`{key}` is not for a setting to say")));
                }
                match value {
                    Json::String(text) => Ok((key, text)),
                    Json::Number(number) => Ok((key, number.to_string())),
                    _ => Err(refuse(&format!("`{key}`: expected text"))),
                }
            })
            .collect()
    }

    fn table(&self, name: &str) -> Result<Option<JsonMap>, SettingError> {
        self.settings.map(Some(self.backend), name)
    }
}

fn detail(details: &Details, key: &str) -> Option<Json> {
    let text = match key {
        "username" => &details.username,
        "email" => &details.email,
        "fullname" => &details.fullname,
        "first_name" => &details.first_name,
        "last_name" => &details.last_name,
        other => return details.other.get(other).cloned(),
    };
    text.clone().map(Json::String)
}
