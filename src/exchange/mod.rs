//! The use cases: what a client can have done. Python-social-auth's actions.

mod account;
mod challenge;
mod disconnect;
mod error;
mod events;
mod explain;
mod failure;
mod grants;
mod guesses;
mod halted;
mod halted_run;
mod idempotency;
mod kept;
mod linked;
mod mailed;
mod prefetch;
mod preview;
mod proof;
mod removed;
mod request_digest;
mod request_token;
mod resume;
mod run;
mod sessions;
mod sign_up;
mod stored;

use std::sync::Arc;

use chrono::TimeDelta;

use crate::backends::Registry;
use crate::backends::{Backend, Means, OpenIdUrl};
use crate::crypto::seal::Sealer;
use crate::hooks::Hooks;
use crate::http::HttpClient;
use crate::mail::Mailing;
use crate::model::{Clock, Ids};
use crate::outbox::{Bell, Listeners};
use crate::pipeline::Pipelines;
use crate::session::{Clients, SessionIssuer};
use crate::storage::Storage;

pub use account::CurrentUser;
pub use challenge::Challenge;
pub use disconnect::{Disconnect, DisconnectOutcome};
pub use error::ExchangeError;
pub use explain::{Explained, ExplainedEnd};
pub use grants::GrantError;
pub use guesses::Guesses;
pub use halted_run::{HaltedRun, RunKind, ToConfirm};
pub use idempotency::{Answered, IdempotencyKey};
pub use linked::ShownLink;
pub use preview::Preview;
pub use proof::MailTrouble;
pub use removed::RemovedAssociation;
pub use resume::Resume;
pub use sessions::Introspected;
pub use sign_up::{SignUp, SignUpOutcome, SignedUp};

/// Everything that a use case needs; built once at start.
pub struct Exchange {
    /// The enabled backends.
    pub registry: Registry,
    /// Their pipelines.
    pub pipelines: Pipelines,
    /// Where users and associations are kept.
    pub storage: Arc<dyn Storage>,
    /// Issues and checks our own tokens.
    pub sessions: SessionIssuer,
    /// Age of a sign-in at most, for who changes what can be signed in with; any
    /// when `None`.
    pub association_max_auth_age: Option<TimeDelta>,
    /// Who the token endpoint knows by name.
    pub clients: Clients,
    /// Seals what clients carry for us.
    pub sealer: Arc<Sealer>,
    /// Wrong tokens of late.
    pub guesses: Guesses,
    /// Whether a client may ask what a sign-up would come to.
    pub explains: bool,
    /// Has addresses proven by mails.
    pub mailing: Mailing,
    /// Who is told of what is committed.
    pub hooks: Hooks,
    /// What steps ask others with.
    pub http: HttpClient,
    /// Who is told in this process.
    pub listeners: Listeners,
    /// Wakes who tells the hooks.
    pub bell: Bell,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and randomness.
    pub ids: Arc<dyn Ids>,
}

impl Exchange {
    /// Where to send a person to sign in by OpenID 2.0, one for each address of
    /// ours; empty for every other protocol.
    pub async fn openid_urls(&self, backend: &dyn Backend) -> Vec<OpenIdUrl> {
        backend.openid_urls(&self.means()).await
    }

    /// What a backend has at hand now.
    fn means(&self) -> Means<'_> {
        Means {
            now: self.clock.now(),
            sealer: &self.sealer,
            openid: self.storage.as_ref(),
            marks: self.storage.as_ref(),
        }
    }
}
