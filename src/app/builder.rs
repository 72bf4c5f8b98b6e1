//! Builds the app of its settings, or says everything that is wrong with them.

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;

use super::check::Checked;
use super::error::StartError;
use super::{mail, stores};
use crate::api::BehindProxy;
use crate::backends::{Bundled, ProviderCode, ProviderCodes};
use crate::exchange::{Exchange, Guesses};
use crate::mail::Mailer;
use crate::model::{Clock, EventKind, Ids, SystemClock, SystemIds};
use crate::outbox::{Bell, HearsOnly, Listener, Listeners};
use crate::pipeline::{Step, StepRegistry};
use crate::session::{Clients, Lifetimes, SessionIssuer, TokenFormat};
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
    pub(super) settings: Settings,
    pub(super) steps: StepRegistry,
    pub(super) mailer: Option<Arc<dyn Mailer>>,
    pub(super) bundled: Vec<Bundled>,
    pub(super) codes: ProviderCodes,
    own_tables: Vec<OwnTables>,
    listeners: Vec<Arc<dyn Listener>>,
    clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    migrate: bool,
    pub(super) insecure_unbound: bool,
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
            codes: ProviderCodes::default(),
            listeners: Vec::new(),
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

    /// Has code of your own ask a provider, whose definition says
    /// `code = "<name>"`. A name that is taken stops the start.
    #[must_use]
    pub fn provider_code(mut self, name: &str, code: impl ProviderCode + 'static) -> Self {
        self.codes.register(name, Arc::new(code));
        self
    }

    /// Tells somebody in this process what was committed: python-social-auth's
    /// signals. At most once; a hook with `events` is told at least once.
    #[must_use]
    pub fn on_event(mut self, listener: impl Listener + 'static) -> Self {
        self.listeners.push(Arc::new(listener));
        self
    }

    /// The same for these kinds of events alone.
    #[must_use]
    pub fn on_events_of(self, kinds: &[EventKind], listener: impl Listener + 'static) -> Self {
        self.on_event(HearsOnly {
            kinds: kinds.to_vec(),
            listener,
        })
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

    /// Opens the database and builds the app.
    ///
    /// # Errors
    /// Everything that is wrong, one line each.
    pub async fn build(self) -> Result<App, StartError> {
        crate::crypto::jose::install().map_err(|error| StartError::new(error.to_string()))?;
        let Checked {
            registry,
            pipelines,
            hooks,
            http,
        } = self.check()?;
        let keys = stores::keys(&self.settings, self.ids.as_ref())?;
        let mut sessions = SessionIssuer::new(
            &keys.signing,
            &self.settings.issuer(),
            Lifetimes {
                access: self.settings.session.access_token_lifetime,
                refresh: self.settings.session.refresh_token_lifetime,
                session: self.settings.session.lifetime,
            },
        )
        .map_err(|error| StartError::new(format!("keys.signing: {error}")))?
        .with_format(if self.settings.session.opaque_access_tokens {
            TokenFormat::Opaque
        } else {
            TokenFormat::Jwt
        });
        let clients = Clients::new(&self.settings.clients)
            .map_err(|error| StartError::new(format!("clients: {error}")))?;
        let opened = stores::open(&self.settings, self.own_tables, self.migrate).await?;
        let sealer = stores::sealer(&keys)?;
        let storage = stores::seal(opened, &sealer, &registry, &self.ids);
        let now = self.clock.now();
        stores::remember_keys(storage.as_ref(), &mut sessions, &keys, now).await?;
        let runtime = tokio::runtime::Handle::try_current();
        let runtime = runtime.map_err(|error| StartError::new(error.to_string()))?;
        let mailing = mail::mailing(&self.settings, self.mailer, (&hooks, &self.clock))?;
        let exchange = Exchange {
            mailing,
            registry,
            pipelines,
            storage,
            sessions,
            clients,
            sealer,
            association_max_auth_age: self.settings.session.association_max_auth_age,
            guesses: Guesses::default(),
            explains: self.settings.server.explain,
            hooks,
            http,
            listeners: Listeners::start(self.listeners, &runtime),
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
