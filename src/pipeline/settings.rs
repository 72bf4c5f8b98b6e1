//! The settings that steps obey, compiled for each backend at start.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::username::UsernameRules;
use crate::http::{CALL_TIMEOUT, CallLimits};
use crate::model::JsonMap;
use crate::settings::{SettingError, SocialSettings};

/// User fields that no provider may change, unless
/// `NO_DEFAULT_PROTECTED_USER_FIELDS` frees the first three.
const PROTECTED: [&str; 8] = [
    "username",
    "email",
    "id",
    "pk",
    "password",
    "is_active",
    "is_staff",
    "is_superuser",
];

/// Fields that stay protected whatever the settings say: they are not a
/// provider's to give.
const ALWAYS_PROTECTED: [&str; 6] = [
    "id",
    "pk",
    "password",
    "is_active",
    "is_staff",
    "is_superuser",
];

/// What the built-in steps obey, for one backend.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one switch a setting")]
pub struct PipelineSettings {
    /// How usernames are made.
    pub username: UsernameRules,
    /// `USER_FIELDS`: what a new user is created with.
    pub user_fields: Vec<String>,
    /// `FORCE_EMAIL_LOWERCASE`.
    pub force_email_lowercase: bool,
    /// `FIRSTLAST_FROM_FULL`: split a full name when the parts are unknown.
    pub firstlast_from_full: bool,
    /// `FULL_FROM_FIRSTLAST`: join the parts when the full name is unknown.
    pub full_from_firstlast: bool,
    /// `WHITELISTED_EMAILS`, in lower case.
    pub whitelisted_emails: BTreeSet<String>,
    /// `WHITELISTED_DOMAINS`, in lower case.
    pub whitelisted_domains: BTreeSet<String>,
    /// `WHITELIST_VERIFIED_ONLY`: an address counts only when it is verified.
    pub whitelist_verified_only: bool,
    /// `ALLOW_GROUPS`: who is in none of them is kept out; empty lets all in.
    pub allow_groups: Vec<String>,
    /// `GROUPS_KEY`: the answer's key that lists a person's groups.
    pub groups_key: Option<String>,
    /// `GROUPS_MISSING_AS_EMPTY`: an answer without groups means none.
    pub groups_missing_as_empty: bool,
    /// Fields of a user that later sign-ins do not touch.
    pub protected: BTreeSet<String>,
    /// `IMMUTABLE_USER_FIELDS`: written once, then never again.
    pub immutable: BTreeSet<String>,
    /// `USER_FIELD_MAPPING`: detail → user field.
    pub field_mapping: BTreeMap<String, String>,
    /// `ALLOW_UNVERIFIED_LEGACY_UID_MIGRATION`: whether an association under an
    /// older uid moves although it keeps no stable uid. `None`: only when the
    /// older uid is a verified address.
    pub moves_unverified: Option<bool>,
    /// `TRUST_EMAIL`: this provider's word that an address is verified is
    /// enough to sign its holder in to the account that has it.
    pub trusts_email: bool,
    /// `EMAIL_CONFLICT`: whether a new person whose address another user has is
    /// refused, rather than made a user of their own.
    pub refuses_email_conflict: bool,
    /// `FORCE_EMAIL_VALIDATION`, `REQUIRES_EMAIL_VALIDATION`: a new person's
    /// address has to be proven by a mail.
    pub validates_email: bool,
    /// `PASSWORDLESS`: so has that of a known one, at each sign-in.
    pub passwordless: bool,
    /// `EMAIL_VALIDATION_URL`: a page that tells to look into the mail.
    pub email_validation_url: Option<String>,
    /// `REVOKE_TOKENS_ON_DISCONNECT`: the provider's tokens are given back.
    pub revokes_tokens: bool,
    /// `REQUESTS_TIMEOUT`, `ALLOW_PRIVATE`: what holds for a step's calls too.
    pub calls: CallLimits,
    /// `PARTIAL_PIPELINE_TOKEN_NAME`: the field that resumes a halted run.
    pub partial_token_name: String,
    /// `[social_auth.custom]`: free for a team's own steps.
    pub custom: JsonMap,
}

impl PipelineSettings {
    /// Reads the settings of one backend's pipeline, or those of all.
    ///
    /// # Errors
    /// The first setting that is not what it must be.
    pub(super) fn read(
        social: &SocialSettings,
        backend: Option<&str>,
    ) -> Result<Self, SettingError> {
        let on = |name: &str, default: bool| {
            social
                .flag(backend, name)
                .map(|flag| flag.unwrap_or(default))
        };
        let texts = |name: &str| social.texts(backend, name).map(Option::unwrap_or_default);
        let lower = |name: &str| {
            let lower = |text: String| text.to_lowercase();
            texts(name).map(|all| all.into_iter().map(lower).collect())
        };
        let user_fields = social.texts(backend, "USER_FIELDS")?;
        Ok(Self {
            username: username_rules(social, backend)?,
            user_fields: user_fields
                .unwrap_or_else(|| vec!["username".to_owned(), "email".to_owned()]),
            force_email_lowercase: on("FORCE_EMAIL_LOWERCASE", false)?,
            firstlast_from_full: on("FIRSTLAST_FROM_FULL", true)?,
            full_from_firstlast: on("FULL_FROM_FIRSTLAST", true)?,
            whitelisted_emails: lower("WHITELISTED_EMAILS")?,
            whitelisted_domains: lower("WHITELISTED_DOMAINS")?,
            whitelist_verified_only: on("WHITELIST_VERIFIED_ONLY", false)?,
            allow_groups: allow_groups(social, backend)?,
            groups_key: groups_key(social, backend)?,
            groups_missing_as_empty: on("GROUPS_MISSING_AS_EMPTY", false)?,
            protected: protected(social, backend)?,
            immutable: texts("IMMUTABLE_USER_FIELDS")?.into_iter().collect(),
            field_mapping: field_mapping(social, backend)?,
            moves_unverified: social.flag(backend, "ALLOW_UNVERIFIED_LEGACY_UID_MIGRATION")?,
            trusts_email: on("TRUST_EMAIL", false)?,
            refuses_email_conflict: refuses_email_conflict(social, backend)?,
            validates_email: on("FORCE_EMAIL_VALIDATION", false)?
                | on("REQUIRES_EMAIL_VALIDATION", false)?,
            passwordless: on("PASSWORDLESS", false)?,
            email_validation_url: social.text(backend, "EMAIL_VALIDATION_URL")?,
            revokes_tokens: on("REVOKE_TOKENS_ON_DISCONNECT", false)?,
            calls: call_limits(social, backend)?,
            partial_token_name: partial_token_name(social, backend)?,
            custom: social.custom(),
        })
    }

    /// The setting by which an address or a group decides who may come in;
    /// `None` when everybody may.
    pub fn rule(&self) -> Option<&'static str> {
        if !self.whitelisted_emails.is_empty() {
            Some("WHITELISTED_EMAILS")
        } else if !self.whitelisted_domains.is_empty() {
            Some("WHITELISTED_DOMAINS")
        } else if !self.allow_groups.is_empty() {
            Some("ALLOW_GROUPS")
        } else {
            None
        }
    }

    /// Whether a user's `extra` has a place for a field of that name.
    pub fn is_extra_field(&self, name: &str) -> bool {
        self.user_fields.iter().any(|field| field == name)
            || self.field_mapping.values().any(|field| field == name)
    }
}

fn username_rules(
    social: &SocialSettings,
    backend: Option<&str>,
) -> Result<UsernameRules, SettingError> {
    let defaults = UsernameRules::default();
    let on = |name: &str, default: bool| {
        social
            .flag(backend, name)
            .map(|flag| flag.unwrap_or(default))
    };
    let uuid_length = social
        .integer(backend, "UUID_LENGTH")?
        .and_then(|length| usize::try_from(length.min(32)).ok());
    Ok(UsernameRules {
        is_full_email: on("USERNAME_IS_FULL_EMAIL", defaults.is_full_email)?,
        uuid_length: uuid_length.unwrap_or(defaults.uuid_length).max(1),
        slugify: on("SLUGIFY_USERNAMES", defaults.slugify)?,
        clean: on("CLEAN_USERNAMES", defaults.clean)?,
    })
}

fn refuses_email_conflict(
    social: &SocialSettings,
    backend: Option<&str>,
) -> Result<bool, SettingError> {
    match social.text(backend, "EMAIL_CONFLICT")?.as_deref() {
        None | Some("separate") => Ok(false),
        Some("refuse") => Ok(true),
        Some(_) => {
            let reason = "expected \"separate\" or \"refuse\"";
            Err(social.refused(backend, "EMAIL_CONFLICT", reason))
        }
    }
}

fn call_limits(social: &SocialSettings, backend: Option<&str>) -> Result<CallLimits, SettingError> {
    let timeout = social.seconds(backend, "REQUESTS_TIMEOUT")?;
    let older = social.seconds(backend, "URLOPEN_TIMEOUT")?;
    Ok(CallLimits {
        timeout: timeout.or(older).unwrap_or(CALL_TIMEOUT),
        allow_private: social.flag(backend, "ALLOW_PRIVATE")? == Some(true),
    })
}

fn partial_token_name(
    social: &SocialSettings,
    backend: Option<&str>,
) -> Result<String, SettingError> {
    let name = social.text(backend, "PARTIAL_PIPELINE_TOKEN_NAME")?;
    let name = name.unwrap_or_else(|| "partial_token".to_owned());
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(is_word) {
        let reason = "expected the name of a field: letters, digits, `_` and `-`";
        return Err(social.refused(backend, "PARTIAL_PIPELINE_TOKEN_NAME", reason));
    }
    Ok(name)
}

fn allow_groups(
    social: &SocialSettings,
    backend: Option<&str>,
) -> Result<Vec<String>, SettingError> {
    let groups = social.texts(backend, "ALLOW_GROUPS")?.unwrap_or_default();
    if groups.iter().any(String::is_empty) {
        let reason = "a group's name may not be empty";
        return Err(social.refused(backend, "ALLOW_GROUPS", reason));
    }
    Ok(groups)
}

fn groups_key(
    social: &SocialSettings,
    backend: Option<&str>,
) -> Result<Option<String>, SettingError> {
    let key = social.text(backend, "GROUPS_KEY")?;
    if key.as_deref() == Some("") {
        let reason = "expected the answer's key that lists the groups";
        return Err(social.refused(backend, "GROUPS_KEY", reason));
    }
    Ok(key)
}

fn protected(
    social: &SocialSettings,
    backend: Option<&str>,
) -> Result<BTreeSet<String>, SettingError> {
    let freed = social.flag(backend, "NO_DEFAULT_PROTECTED_USER_FIELDS")? == Some(true);
    let default: &[&str] = if freed { &ALWAYS_PROTECTED } else { &PROTECTED };
    let more = social.texts(backend, "PROTECTED_USER_FIELDS")?;
    Ok(default
        .iter()
        .map(|&name| name.to_owned())
        .chain(more.unwrap_or_default())
        .collect())
}

fn field_mapping(
    social: &SocialSettings,
    backend: Option<&str>,
) -> Result<BTreeMap<String, String>, SettingError> {
    let mapping = social
        .map(backend, "USER_FIELD_MAPPING")?
        .unwrap_or_default();
    mapping
        .into_iter()
        .map(|(detail, field)| {
            if let Value::String(field) = field {
                return Ok((detail, field));
            }
            let reason = format!("`{detail}`: expected the name of a user's field");
            Err(social.refused(backend, "USER_FIELD_MAPPING", &reason))
        })
        .collect()
}
