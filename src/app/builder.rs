//! Builds the app of its settings, or says everything that is wrong with them.

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;

use super::error::StartError;
use super::{mail, stores};
use crate::api::BehindProxy;
use crate::backends::{AcceptUnbound, Bundled, Registry, RegistryError};
use crate::exchange::Exchange;
use crate::hooks::Hooks;
use crate::http::{HttpClient, HttpOptions};
use crate::mail::Mailer;
use crate::model::{Clock, Ids, SystemClock, SystemIds};
use crate::outbox::Bell;
use crate::pipeline::{Pipelines, Step, StepRegistry};
use crate::session::{Lifetimes, SessionIssuer};
use crate::settings::Settings;
use crate::storage::OwnTables;

/// An app that is ready to serve.
pub struct App {
    pub(super) exchange: web::Data<Exchange>,
    pub(super) settings: Settings,
    pub(super) allow_loopback_origins: bool,
}

/// What an app is built of.
pub struct AppBuilder {
    settings: Settings,
    steps: StepRegistry,
    mailer: Option<Arc<dyn Mailer>>,
    bundled: Vec<Bundled>,
    own_tables: Vec<OwnTables>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    migrate: bool,
    insecure_unbound: bool,
    allow_loopback_origins: bool,
}

impl App {
    /// Starts to build an app of these settings.
    pub fn builder(settings: Settings) -> AppBuilder {
        AppBuilder {
            settings,
            steps: StepRegistry::default(),
            mailer: None,
            bundled: Vec::new(),
            own_tables: Vec::new(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds::default()),
            migrate: false,
            insecure_unbound: false,
            allow_loopback_origins: false,
        }
    }

    /// The use cases.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// All endpoints, to mount in an actix-web app of your own.
    pub fn configure(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + use<> {
        let exchange = self.exchange.clone();
        let behind_proxy = BehindProxy(self.settings.server.behind_proxy);
        move |config| {
            config.app_data(exchange.clone()).app_data(behind_proxy);
            crate::api::configure(config);
        }
    }
}

impl AppBuilder {
    /// Adds a step, which a pipeline's setting may then name.
    #[must_use]
    pub fn step(mut self, step: impl Step + 'static) -> Self {
        self.steps.register(Arc::new(step));
        self
    }

    /// Carries mails that prove addresses in a way of your own: what
    /// python-social-auth calls `EMAIL_VALIDATION_FUNCTION`.
    #[must_use]
    pub fn mailer(mut self, mailer: impl Mailer + 'static) -> Self {
        self.mailer = Some(Arc::new(mailer));
        self
    }

    /// Adds a definition beside the shipped ones.
    #[must_use]
    pub fn definition(mut self, definition: Bundled) -> Self {
        self.bundled.push(definition);
        self
    }

    /// Makes tables of your own whenever ours are brought up to date, for
    /// [`Update::own_writes`](crate::pipeline::Update) of your steps.
    ///
    /// On SQLite that is at each start; on PostgreSQL with
    /// [`migrate`](Self::migrate), under the lock of the migrations.
    #[must_use]
    pub fn own_tables(mut self, tables: OwnTables) -> Self {
        self.own_tables.push(tables);
        self
    }

    /// Takes the time from here.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Brings PostgreSQL's tables up to date as well; SQLite's always are.
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// Lets `accept_unbound_access_tokens = true` serve others than this machine.
    #[must_use]
    pub fn insecure_unbound(mut self, insecure: bool) -> Self {
        self.insecure_unbound = insecure;
        self
    }

    /// Lets pages from this machine call, whatever their port.
    #[must_use]
    pub fn allow_loopback_origins(mut self, allow: bool) -> Self {
        self.allow_loopback_origins = allow;
        self
    }

    /// Checks all settings without opening a database; logs what it passes over.
    ///
    /// # Errors
    /// Everything that is wrong, one line each.
    pub fn check(&self) -> Result<(Registry, Pipelines, Hooks), StartError> {
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
        let own = self.settings.providers_dir.as_deref();
        let registry = Registry::build(social, &client, &self.ids, (&self.bundled, own));
        let registry = registry.map_err(|errors| self.with_unknown_names(&errors))?;
        let hooks = Hooks::new(&self.settings.hooks, &client);
        let mut steps = self.steps.clone();
        steps.register_hooks(&hooks);
        let pipelines = Pipelines::compile(social, &registry, &steps)?;
        let problems = social.problems();
        if !problems.is_empty() {
            return Err(problems.into());
        }
        self.check_unbound(&registry)?;
        mail::check(&self.settings, &pipelines, self.mailer.is_some())?;
        for warning in social.warnings() {
            tracing::warn!("{warning}");
        }
        Ok((registry, pipelines, hooks))
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

    /// Opens the database and builds the app.
    ///
    /// # Errors
    /// Everything that is wrong, one line each.
    pub async fn build(self) -> Result<App, StartError> {
        crate::crypto::jose::install().map_err(|error| StartError::new(error.to_string()))?;
        let (registry, pipelines, hooks) = self.check()?;
        let keys = stores::keys(&self.settings, self.ids.as_ref())?;
        let sessions = SessionIssuer::new(
            &keys.signing,
            &self.settings.issuer(),
            Lifetimes {
                access: self.settings.session.access_token_lifetime,
                refresh: self.settings.session.refresh_token_lifetime,
            },
        )
        .map_err(|error| StartError::new(format!("keys.signing: {error}")))?;
        let opened = stores::open(&self.settings, self.own_tables, self.migrate).await?;
        let sealer = stores::sealer(&keys)?;
        let storage = stores::seal(opened, &sealer, &registry, &self.ids);
        let now = self.clock.now();
        stores::remember_keys(storage.as_ref(), &sessions, &keys, now).await?;
        let mailing = mail::mailing(&self.settings, self.mailer)?;
        let exchange = Exchange {
            mailing,
            registry,
            pipelines,
            storage,
            sessions,
            sealer,
            explains: self.settings.server.explain,
            hooks,
            bell: Bell::default(),
            clock: self.clock,
            ids: self.ids,
        };
        Ok(App {
            exchange: web::Data::new(exchange),
            settings: self.settings,
            allow_loopback_origins: self.allow_loopback_origins,
        })
    }
}

impl Settings {
    /// The issuer of our tokens: our public URL. Without one a name that does
    /// not depend on the address, so that instances accept each other's tokens.
    pub(super) fn issuer(&self) -> String {
        match &self.server.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => "urn:sociable".to_owned(),
        }
    }

    /// The database's URL; SQLite in the data directory when none is set.
    pub(super) fn database_path(&self) -> PathBuf {
        self.data_dir.join("sociable.db")
    }
}
