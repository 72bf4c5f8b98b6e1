//! Details as the default steps leave them, without a run.

use super::PipelineSettings;
use super::steps::complete;
use crate::model::Details;

impl PipelineSettings {
    /// The details with names completed and the username cleaned.
    ///
    /// The username is `None` where one would be made up.
    pub fn refined(&self, details: Details, completes_names: bool) -> Details {
        let mut details = if completes_names {
            complete(details, self)
        } else {
            details
        };
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let email = given(&details.email).filter(|_| self.username.is_full_email);
        details.username = email
            .or_else(|| given(&details.username))
            .and_then(|name| self.username.plain(&name));
        if self.force_email_lowercase {
            details.email = details.email.map(|email| email.to_lowercase());
        }
        details
    }
}
