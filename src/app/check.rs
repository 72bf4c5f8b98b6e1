//! Holds all settings against what there is, without opening a database.

use super::AppBuilder;
use super::error::StartError;
use super::mail;
use crate::backends::{AcceptUnbound, DefinitionSources, Registry, RegistryError};
use crate::hooks::Hooks;
use crate::http::{HttpClient, HttpOptions};
use crate::pipeline::Pipelines;

/// What the settings alone come to.
pub struct Checked {
    /// The enabled backends.
    pub registry: Registry,
    pub(super) pipelines: Pipelines,
    pub(super) hooks: Hooks,
    pub(super) http: HttpClient,
}

impl AppBuilder {
    /// Checks all settings without opening a database; logs what it passes over.
    ///
    /// # Errors
    /// Everything that is wrong, one line each.
    pub fn check(&self) -> Result<Checked, StartError> {
        let http = &self.settings.http;
        let client = HttpClient::new(&HttpOptions {
            proxy: http.proxy.clone(),
            ca_bundle: http.ca_bundle.clone(),
            connect_timeout: http.connect_timeout,
            user_agent: http.user_agent.clone(),
            resolve: http.resolve.clone(),
        })
        .map_err(|error| StartError::new(format!("http: {error}")))?;
        let social = &self.settings.social;
        StartError::unless_empty(self.codes.problems().to_vec())?;
        let sources = DefinitionSources {
            bundled: &self.bundled,
            providers_dir: self.settings.providers_dir.as_deref(),
            codes: &self.codes,
        };
        let registry = Registry::build(social, &client, &self.ids, &sources);
        let registry = registry.map_err(|errors| self.with_unknown_names(&errors))?;
        let hooks = Hooks::new(&self.settings.hooks, &client);
        let mut steps = self.steps.clone();
        steps.register_hooks(&hooks);
        let pipelines = Pipelines::compile(social, &registry, &steps)?;
        let problems = social.problems();
        if !problems.is_empty() {
            return Err(problems.into());
        }
        self.check_sandbox()?;
        self.check_unbound(&registry)?;
        mail::check(&self.settings, &pipelines, self.mailer.is_some())?;
        for warning in social.warnings() {
            tracing::warn!("{warning}");
        }
        Ok(Checked {
            registry,
            pipelines,
            hooks,
            http: client,
        })
    }

    /// An error may stem from a name that nobody knows: say both.
    fn with_unknown_names(&self, errors: &[RegistryError]) -> StartError {
        let mut lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.extend(
            self.settings
                .social
                .problems()
                .iter()
                .map(ToString::to_string),
        );
        StartError::new(lines.join("\n"))
    }

    fn check_unbound(&self, registry: &Registry) -> Result<(), StartError> {
        let loopback = self.settings.server.listen.ip().is_loopback();
        let mut refused = Vec::new();
        for backend in registry.iter() {
            let info = backend.info();
            if info.unbound_policy == AcceptUnbound::Always && !loopback && !self.insecure_unbound {
                refused.push(format!(
                    "{}: accept_unbound_access_tokens = true skips the check whose a token is; \
                     only on a loopback address, or with --insecure-unbound",
                    info.name
                ));
            } else if info.accepts_unbound {
                tracing::warn!(
                    provider = info.name,
                    "accepts access tokens that nothing binds to this app: \
                     any app's token of a person signs in as that person"
                );
            }
        }
        StartError::unless_empty(refused)
    }
}
