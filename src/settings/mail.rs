//! `[mail]`: who carries mails that prove addresses, and how many.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;

use super::error::{nearest, unknown};
use super::hooks::HookSection;
use super::ours::Ours;
use super::sections::count;

/// `[mail]`.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `smtps://…` or `smtp://…`, perhaps with a password; `None` when no mail
    /// server is set up.
    pub smtp_url: Option<SecretString>,
    /// The hook that carries mails instead; a section of that name is there.
    pub hook: Option<String>,
    /// In whose name mails go out; `None` when it is not said.
    pub from: Option<String>,
    /// The subject, as a template; `None` for ours.
    pub subject: Option<String>,
    /// A folder of texts that take the place of ours; `None` for none.
    pub templates: Option<PathBuf>,
    /// Mails to one address in 15 minutes at most.
    pub per_address: usize,
    /// Mails to all addresses of one domain in 15 minutes at most.
    pub per_domain: usize,
    /// Mails for one network address in 15 minutes at most.
    pub per_sender: usize,
}

impl MailSettings {
    /// `None` when a fault was noted.
    pub(super) fn read(ours: &mut Ours, hooks: &BTreeMap<String, HookSection>) -> Option<Self> {
        let smtp_url = ours.optional("mail.smtp_url", |found| {
            let text = found.text()?;
            if text.starts_with("smtp://") || text.starts_with("smtps://") {
                found.secret()
            } else {
                Err(found.wrong(
                    "smtps://user:password@host, or smtp://user:password@host:587 for STARTTLS",
                ))
            }
        });
        let hook = ours.optional("mail.hook", |found| {
            let name = found.text()?;
            if smtp_url.is_some() {
                return Err(found.refused("mail.smtp_url is set as well, keep one"));
            }
            if hooks.contains_key(&name) {
                return Ok(name);
            }
            let known = hooks.keys().map(String::as_str);
            Err(found.refused(unknown("hook", nearest(&name, known))))
        });
        let from = ours.optional("mail.from", super::found::Found::text);
        let subject = ours.optional("mail.subject", super::found::Found::text);
        let templates = ours.path("mail.templates", |found, path| {
            if path.is_dir() {
                Ok(())
            } else {
                Err(found.refused(format!("names `{}`, which is no folder", path.display())))
            }
        });
        let mut limit = |key| ours.required(key, |found| count(found, 1..=1_000_000));
        let per_address = limit("mail.per_address");
        let per_domain = limit("mail.per_domain");
        let per_sender = limit("mail.per_sender");
        Some(Self {
            smtp_url,
            hook,
            from,
            subject,
            templates,
            per_address: per_address?,
            per_domain: per_domain?,
            per_sender: per_sender?,
        })
    }
}
