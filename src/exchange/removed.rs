//! Associations that a sign-up removes: an address was proven that they were
//! never vouched for, so they may be a stranger's.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Exchange, ExchangeError};
use crate::model::{Association, Changes};
use crate::outbox::CommittedEvent;

/// The step by which a disconnection gives tokens back.
const REVOKES: &str = "revoke_tokens";

/// An association that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedAssociation {
    /// The id that it had.
    pub id: Uuid,
    /// The backend's name.
    pub provider: String,
}

impl From<&Association> for RemovedAssociation {
    fn from(association: &Association) -> Self {
        Self {
            id: association.id,
            provider: association.provider.clone(),
        }
    }
}

impl Exchange {
    /// Raises what a disconnection of each would raise; what listeners are to be
    /// told of it once it is committed.
    pub(super) fn raise_dropped(
        &self,
        changes: &mut Changes,
        removed: &[Association],
    ) -> Result<Vec<CommittedEvent>, ExchangeError> {
        let told = self.raise_removed(changes, removed);
        let revoked: Vec<Association> = removed
            .iter()
            .filter(|association| self.revokes(&association.provider))
            .cloned()
            .collect();
        self.raise_revocations(changes, &revoked)?;
        Ok(told)
    }

    fn revokes(&self, provider: &str) -> bool {
        let disconnects = self.pipelines.disconnect(provider);
        disconnects.is_some_and(|(pipeline, settings)| {
            settings.revokes_tokens && pipeline.has_step(REVOKES)
        })
    }
}
