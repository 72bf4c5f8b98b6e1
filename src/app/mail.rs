//! Puts together what has addresses proven by mails.

use std::sync::Arc;

use url::Url;

use super::error::StartError;
use super::mail_hook::HookMailer;
use crate::hooks::Hooks;
use crate::mail::{MailLimits, Mailer, Mailing, SmtpMailer, SmtpRoute, Templates};
use crate::model::Clock;
use crate::pipeline::Pipelines;
use crate::settings::Settings;

/// Whether mails can be sent where a pipeline has to, judged without sending.
pub(super) fn check(
    settings: &Settings,
    pipelines: &Pipelines,
    has_mailer: bool,
) -> Result<(), StartError> {
    let mut refused = Vec::new();
    refused.extend(route(settings).err());
    refused.extend(templates(settings).err());
    if let Some(backend) = pipelines.that_mail().next() {
        if settings.mail.smtp_url.is_none() && settings.mail.hook.is_none() && !has_mailer {
            refused.push(format!(
                "mail.smtp_url: is not set, nor is mail.hook, but people of `{backend}` have to prove their addresses \
                 by a mail (FORCE_EMAIL_VALIDATION)"
            ));
        }
        if settings.server.public_url.is_none() && !settings.server.listen.ip().is_loopback() {
            refused.push(format!(
                "server.public_url: is not set, but mails for people of `{backend}` have a link that \
                 leads here (FORCE_EMAIL_VALIDATION)"
            ));
        }
    }
    StartError::unless_empty(refused)
}

/// All that it takes; the app's own mailer before SMTP or a hook.
pub(super) fn mailing(
    settings: &Settings,
    own: Option<Arc<dyn Mailer>>,
    (hooks, clock): (&Hooks, &Arc<dyn Clock>),
) -> Result<Mailing, StartError> {
    let mailer = match (own, route(settings).map_err(StartError::new)?) {
        (Some(own), _) => Some(own),
        (None, None) => match settings
            .mail
            .hook
            .as_deref()
            .and_then(|name| hooks.get(name))
        {
            None => None,
            Some(hook) => {
                let by_hook: Arc<dyn Mailer> = Arc::new(HookMailer {
                    hook: Arc::clone(hook),
                    templates: templates(settings).map_err(StartError::new)?,
                    clock: Arc::clone(clock),
                });
                Some(by_hook)
            }
        },
        (None, Some(route)) => {
            let templates = templates(settings).map_err(StartError::new)?;
            let ca_bundle = settings.http.ca_bundle.as_deref();
            let smtp = SmtpMailer::new(&route, templates, ca_bundle).map_err(StartError::new)?;
            let smtp: Arc<dyn Mailer> = Arc::new(smtp);
            Some(smtp)
        }
    };
    let limit = |limit: usize| i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(Mailing {
        mailer,
        templates: templates(settings).map_err(StartError::new)?,
        public_url: public_url(settings),
        limits: MailLimits {
            per_address: limit(settings.mail.per_address),
            per_domain: limit(settings.mail.per_domain),
            per_sender: limit(settings.mail.per_sender),
        },
    })
}

/// Where links lead: on this machine also without a setting.
fn public_url(settings: &Settings) -> Option<Url> {
    let server = &settings.server;
    let here = || Url::parse(&format!("http://{}", server.listen)).ok();
    server.public_url.clone().or_else(here)
}

/// The way to the mail server; `None` when none is set.
fn route(settings: &Settings) -> Result<Option<SmtpRoute>, String> {
    let mail = &settings.mail;
    let Some(url) = &mail.smtp_url else {
        return Ok(None);
    };
    let from = mail.from.as_deref();
    let from = from.ok_or("mail.from: is not set, but mail.smtp_url is")?;
    SmtpRoute::new(url, from).map(Some)
}

fn templates(settings: &Settings) -> Result<Templates, String> {
    let mail = &settings.mail;
    Templates::of_folder(mail.templates.as_deref(), mail.subject.as_deref())
        .map_err(|problem| format!("mail.templates: {problem}"))
}
