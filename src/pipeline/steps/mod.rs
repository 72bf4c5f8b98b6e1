//! The steps that come along, by all their names.

mod address;
mod allowed_to_disconnect;
mod associate_by_email;
mod associate_user;
mod auth_allowed;
mod create_user;
mod debug;
mod disconnect;
mod get_entries;
mod get_username;
mod hook;
mod load_extra_data;
mod mail_validation;
mod require_email;
mod revoke_tokens;
mod social_details;
mod social_names;
mod social_uid;
mod social_user;
mod user_details;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Pipeline, Step};
use crate::hooks::Hooks;

pub(super) use social_names::complete;

/// The modules of python-social-auth in which a step stands.
const DOTTED: [(&str, &str); 17] = [
    ("social_auth", "social_details"),
    ("social_auth", "social_names"),
    ("social_auth", "social_uid"),
    ("social_auth", "auth_allowed"),
    ("social_auth", "social_user"),
    ("user", "get_username"),
    ("mail", "mail_validation"),
    ("social_auth", "associate_by_email"),
    ("user", "create_user"),
    ("social_auth", "associate_user"),
    ("social_auth", "load_extra_data"),
    ("user", "user_details"),
    ("debug", "debug"),
    ("disconnect", "allowed_to_disconnect"),
    ("disconnect", "get_entries"),
    ("disconnect", "revoke_tokens"),
    ("disconnect", "disconnect"),
];

/// The steps of the default pipeline, in their order.
fn default_steps() -> Vec<Arc<dyn Step>> {
    vec![
        Arc::new(social_details::SocialDetails),
        Arc::new(social_names::SocialNames),
        Arc::new(social_uid::SocialUid),
        Arc::new(auth_allowed::AuthAllowed),
        Arc::new(social_user::SocialUser),
        Arc::new(get_username::GetUsername),
        Arc::new(create_user::CreateUser),
        Arc::new(associate_user::AssociateUser),
        Arc::new(load_extra_data::LoadExtraData),
        Arc::new(user_details::UserDetails),
    ]
}

/// The steps of the default disconnect pipeline, in their order.
fn disconnect_steps() -> Vec<Arc<dyn Step>> {
    vec![
        Arc::new(allowed_to_disconnect::AllowedToDisconnect),
        Arc::new(get_entries::GetEntries),
        Arc::new(revoke_tokens::RevokeTokens),
        Arc::new(disconnect::Disconnect),
    ]
}

/// All steps that a pipeline's setting may name.
#[derive(Clone)]
pub struct StepRegistry {
    steps: BTreeMap<String, Arc<dyn Step>>,
}

impl Default for StepRegistry {
    fn default() -> Self {
        let mut registry = Self {
            steps: BTreeMap::new(),
        };
        let optional: [Arc<dyn Step>; 4] = [
            Arc::new(debug::Debug),
            Arc::new(require_email::RequireEmail),
            Arc::new(mail_validation::MailValidation),
            Arc::new(associate_by_email::AssociateByEmail),
        ];
        for step in default_steps()
            .into_iter()
            .chain(disconnect_steps())
            .chain(optional)
        {
            registry.register(step);
        }
        registry
    }
}

impl StepRegistry {
    /// Adds a step under its own name; one of the same name is replaced.
    pub fn register(&mut self, step: Arc<dyn Step>) {
        self.steps.insert(step.name().to_owned(), step);
    }

    /// Adds a step `hook.<name>` for each hook.
    pub fn register_hooks(&mut self, hooks: &Hooks) {
        for hook in hooks.iter() {
            self.register(Arc::new(hook::HookStep::new(hook)));
        }
    }

    /// The step of that name: short (`create_user`) or dotted, as
    /// python-social-auth's settings have it.
    pub fn get(&self, name: &str) -> Option<Arc<dyn Step>> {
        let short = dotted()
            .find(|(dotted, _)| dotted == name)
            .map_or(name, |(_, short)| short);
        self.steps.get(short).cloned()
    }

    /// The name that is most like a wrong one.
    pub(super) fn nearest(&self, wrong: &str) -> String {
        let is_dotted = wrong.contains('.');
        let known = self.steps.keys().cloned();
        known
            .chain(dotted().map(|(dotted, _)| dotted).filter(|_| is_dotted))
            .max_by(|a, b| {
                strsim::jaro_winkler(wrong, a).total_cmp(&strsim::jaro_winkler(wrong, b))
            })
            .unwrap_or_default()
    }

    /// The documented pipeline, with `social_names` after `social_details`.
    pub(super) fn default_pipeline(&self) -> Pipeline {
        self.as_registered(&default_steps())
    }

    /// The documented pipeline of a disconnection.
    pub(super) fn default_disconnect_pipeline(&self) -> Pipeline {
        self.as_registered(&disconnect_steps())
    }

    fn as_registered(&self, steps: &[Arc<dyn Step>]) -> Pipeline {
        let named = steps.iter().filter_map(|step| self.get(step.name()));
        Pipeline::new(named.collect())
    }
}

/// Both dotted names of each built-in step, and its short one.
fn dotted() -> impl Iterator<Item = (String, &'static str)> {
    ["social_core", "social"].into_iter().flat_map(|package| {
        DOTTED
            .into_iter()
            .map(move |(module, step)| (format!("{package}.pipeline.{module}.{step}"), step))
    })
}
