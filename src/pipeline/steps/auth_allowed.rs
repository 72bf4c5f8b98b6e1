//! Holds the operator's rules: whitelists and groups.

use async_trait::async_trait;
use serde_json::Value;

use crate::model::{Details, email_key};
use crate::pipeline::{AuthError, Context, Outcome, PipelineSettings, Step, Strategy};

/// Refuses whom the rules keep out.
pub(super) struct AuthAllowed;

#[async_trait]
impl Step for AuthAllowed {
    fn name(&self) -> &'static str {
        "auth_allowed"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let settings = strategy.settings;
        if has_list(settings) && !is_whitelisted(settings, &vouched(strategy, ctx)) {
            return Err(AuthError::Disallowed);
        }
        if !settings.allow_groups.is_empty() {
            let groups = groups(settings, ctx.identity()?.response())?;
            if !groups
                .iter()
                .any(|group| settings.allow_groups.contains(group))
            {
                return Err(AuthError::Disallowed);
            }
        }
        Ok(Outcome::Continue)
    }
}

/// The details without an address that is the client's word alone: whom a list
/// lets in is not for them to say.
fn vouched(strategy: &Strategy<'_>, ctx: &Context) -> Details {
    let mut details = ctx.details.clone();
    let said = |ctx: &Context, email: &str| {
        let given = ctx
            .identity()
            .ok()
            .and_then(|one| one.details().email.as_deref());
        given.is_some_and(|given| email_key(given) == email_key(email))
    };
    details.email = details.email.filter(|email| {
        details.email_verified || strategy.inputs.is_confirmed(email) || said(ctx, email)
    });
    details
}

fn has_list(settings: &PipelineSettings) -> bool {
    !settings.whitelisted_emails.is_empty() || !settings.whitelisted_domains.is_empty()
}

/// Who has no address is kept out.
fn is_whitelisted(settings: &PipelineSettings, details: &Details) -> bool {
    let (emails, domains) = (&settings.whitelisted_emails, &settings.whitelisted_domains);
    if settings.whitelist_verified_only && !details.email_verified {
        return false;
    }
    let email = details.email.as_deref().unwrap_or_default().to_lowercase();
    match email.split_once('@') {
        Some((local, domain)) if !local.is_empty() && is_domain(domain) => {
            emails.contains(&email) || domains.contains(domain)
        }
        _ => false,
    }
}

/// No second `@`, no space, no list: what follows must be one domain.
fn is_domain(domain: &str) -> bool {
    !domain.is_empty()
        && domain
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
}

fn groups(settings: &PipelineSettings, response: &Value) -> Result<Vec<String>, AuthError> {
    let key = settings.groups_key.clone().unwrap_or_default();
    if is_cut_short(response, &key) {
        return Err(AuthError::InvalidClaim { claim: key });
    }
    let Some(listed) = response.get(&key) else {
        if settings.groups_missing_as_empty {
            return Ok(Vec::new());
        }
        return Err(AuthError::MissingClaim { claim: key });
    };
    let texts = listed.as_array().and_then(|listed| {
        listed
            .iter()
            .map(|group| group.as_str().filter(|group| !group.is_empty()))
            .map(|group| group.map(str::to_owned))
            .collect::<Option<Vec<_>>>()
    });
    texts.ok_or(AuthError::InvalidClaim { claim: key })
}

/// Microsoft leaves out the groups of people who are in too many, and says
/// where to ask: none of them is known then.
fn is_cut_short(response: &Value, key: &str) -> bool {
    let elsewhere = response.get("_claim_names");
    let of_groups = elsewhere.is_some_and(|names| names.get("groups").is_some());
    key == "groups" && (of_groups || response.get("hasgroups").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(email: &str) -> Details {
        Details {
            email: Some(email.to_owned()),
            ..Details::default()
        }
    }

    #[test]
    fn a_whitelist_folds_case_and_refuses_what_is_no_address() {
        let settings = PipelineSettings {
            whitelisted_emails: ["a@x.example".to_owned()].into(),
            whitelisted_domains: ["corp.example".to_owned()].into(),
            ..PipelineSettings::default()
        };
        for allowed in ["A@X.example", "b@CORP.example"] {
            assert!(is_whitelisted(&settings, &details(allowed)), "{allowed}");
        }
        for refused in [
            "",
            "c@x.example",
            "@corp.example",
            "a@evil.example,b@corp.example",
            "a@corp.example@evil.example",
            "a@evil.corp.example",
            "corp.example",
        ] {
            assert!(!is_whitelisted(&settings, &details(refused)), "{refused}");
        }
        assert!(!is_whitelisted(&settings, &Details::default()));
    }

    #[test]
    fn only_a_verified_address_counts_if_the_operator_says_so() {
        let settings = PipelineSettings {
            whitelisted_domains: ["corp.example".to_owned()].into(),
            whitelist_verified_only: true,
            ..PipelineSettings::default()
        };
        let mut person = details("b@corp.example");
        assert!(!is_whitelisted(&settings, &person));
        person.email_verified = true;
        assert!(is_whitelisted(&settings, &person));
    }
}
