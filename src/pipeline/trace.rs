//! What each step of a run did, for people who look on: names and values of
//! the person, and never a token.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AuthError, Outcome, Update};
use crate::model::{Association, Changes, Details, JsonMap, NewUser, OwnWrite, User, UserChanges};
use crate::storage::{Associations, Reads, SocialUser, StorageError, Users};

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepTrace {
    /// The step.
    pub step: String,
    /// `continued`, `merged`, `halted` or `refused`.
    pub outcome: &'static str,
    /// What it looked up, and how much was found.
    pub read: Vec<String>,
    /// What it added, by name; what it waits for, when it halted.
    pub merged: JsonMap,
    /// How long it took.
    pub took: Duration,
}

/// Collects what the steps of a run do.
#[derive(Debug, Default)]
pub struct Trace {
    steps: Mutex<Vec<StepTrace>>,
    reads: Mutex<Vec<String>>,
}

impl Trace {
    /// What was collected, in the order of the steps.
    pub fn steps(&self) -> Vec<StepTrace> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.clone()
    }

    /// Notes what a step came to.
    pub(super) fn note(&self, step: &str, began: Instant, outcome: &Result<Outcome, AuthError>) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, merged) = shown(outcome);
        let trace = StepTrace {
            step: step.to_owned(),
            outcome: name,
            read: std::mem::take(&mut *reads),
            merged,
            took: began.elapsed(),
        };
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push(trace);
    }

    fn read(&self, what: &str, found: usize) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        reads.push(format!("{what}: {found}"));
    }
}

fn shown(outcome: &Result<Outcome, AuthError>) -> (&'static str, JsonMap) {
    match outcome {
        Ok(Outcome::Continue) => ("continued", JsonMap::new()),
        Ok(Outcome::Merge(update)) => ("merged", update.shown()),
        Ok(Outcome::Halt(halt)) => {
            let required = halt.required.as_ref().map(|fields| fields.schema().clone());
            let members = [
                ("required", required),
                ("open", halt.open.clone().map(Value::from)),
            ];
            ("halted", present(members))
        }
        Err(error) => {
            let reason = Some(error.to_string().into());
            ("refused", present([("reason", reason)]))
        }
    }
}

fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> JsonMap {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

impl Update {
    fn shown(&self) -> JsonMap {
        let extra_data = self.extra_data.as_ref().map(names);
        let mut shown = present([
            ("details", self.details.as_ref().map(details)),
            ("user", self.user.as_ref().map(user)),
            ("social", self.social.as_ref().map(association)),
            ("username", self.username.clone().map(Value::from)),
            ("new_user", self.new_user.as_ref().map(new_user)),
            ("user_changes", self.user_changes.as_ref().map(changed)),
            (
                "new_association",
                self.new_association
                    .as_ref()
                    .map(|new| association(&new.as_association())),
            ),
            ("extra_data", extra_data),
            (
                "moved",
                self.moved.as_ref().map(|moved| moved.id.to_string().into()),
            ),
        ]);
        if !self.extra.is_empty() {
            shown.insert("extra".to_owned(), names(&self.extra));
        }
        shown.extend(own_writes(&self.own_writes));
        if let Some(entries) = &self.entries {
            let entries = entries.iter().map(association).collect();
            shown.insert("entries".to_owned(), entries);
        }
        for (name, on) in [
            ("disconnects", self.disconnects),
            ("ends_sessions", self.ends_sessions),
        ] {
            if on {
                shown.insert(name.to_owned(), true.into());
            }
        }
        shown
    }
}

/// What a run would write, as people read it. Of extra data only the names.
pub fn shown_changes(changes: &Changes) -> JsonMap {
    let user = changes
        .user
        .as_ref()
        .map(|(id, fields)| json!({"id": id, "fields": changed(fields)}));
    let new_association = changes.new_association.as_ref().map(|new| {
        let new = new.as_association();
        json!({
            "id": new.id, "provider": new.provider, "uid": new.uid,
            "extra_data": names(&new.extra_data),
        })
    });
    let association = changes
        .association
        .as_ref()
        .map(|changes| json!({"id": changes.id, "extra_data": names(&changes.extra_data)}));
    let removed =
        (!changes.removed_associations.is_empty()).then(|| json!(changes.removed_associations));
    let ended = changes.ended_sessions.map(|ended| json!(ended.user_id));
    let mut shown = present([
        ("new_user", changes.new_user.as_ref().map(new_user)),
        ("user", user),
        ("new_association", new_association),
        ("association", association),
        ("removed_associations", removed),
        ("ended_sessions_of", ended),
    ]);
    shown.extend(own_writes(&changes.own_writes));
    shown
}

/// The statements, without their values.
fn own_writes(writes: &[OwnWrite]) -> Option<(String, Value)> {
    let statements: Vec<&str> = writes.iter().map(OwnWrite::sql).collect();
    (!writes.is_empty()).then(|| ("own_writes".to_owned(), json!(statements)))
}

fn names(map: &JsonMap) -> Value {
    map.keys().cloned().collect()
}

fn details(details: &Details) -> Value {
    json!(details)
}

fn user(user: &User) -> Value {
    json!({"id": user.id, "username": user.username})
}

fn new_user(user: &NewUser) -> Value {
    json!({
        "id": user.id, "username": user.username, "email": user.email,
        "email_verified": user.email_verified, "extra": names(&user.extra),
    })
}

fn association(association: &Association) -> Value {
    json!({"id": association.id, "provider": association.provider, "uid": association.uid})
}

fn changed(changes: &UserChanges) -> Value {
    let has_password = changes.password.as_ref().map(Option::is_some);
    let mut shown = present([
        ("username", changes.username.clone().map(Value::from)),
        ("has_password", has_password.map(Value::from)),
    ]);
    let texts = [
        ("email", &changes.email),
        ("first_name", &changes.first_name),
        ("last_name", &changes.last_name),
        ("fullname", &changes.fullname),
        ("picture", &changes.picture),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            shown.insert(name.to_owned(), json!(text));
        }
    }
    if changes.email.is_some() {
        shown.insert("email_verified".to_owned(), changes.email_verified.into());
    }
    if !changes.extra.is_empty() {
        shown.insert("extra".to_owned(), names(&changes.extra));
    }
    Value::Object(shown)
}

/// Reads that are noted.
pub struct TracedReads<'a> {
    /// Where it is read.
    pub storage: &'a dyn Reads,
    /// Where it is noted.
    pub trace: &'a Trace,
}

#[async_trait]
impl Users for TracedReads<'_> {
    async fn get_user(&self, id: Uuid) -> Result<Option<User>, StorageError> {
        let found = self.storage.get_user(id).await?;
        self.trace.read("get_user", usize::from(found.is_some()));
        Ok(found)
    }

    async fn user_exists(&self, username: &str) -> Result<bool, StorageError> {
        let found = self.storage.user_exists(username).await?;
        self.trace.read("user_exists", usize::from(found));
        Ok(found)
    }

    async fn get_users_by_email(&self, email: &str) -> Result<Vec<User>, StorageError> {
        let found = self.storage.get_users_by_email(email).await?;
        self.trace.read("get_users_by_email", found.len());
        Ok(found)
    }
}

#[async_trait]
impl Associations for TracedReads<'_> {
    async fn get_social_auth(
        &self,
        provider: &str,
        uid: &str,
    ) -> Result<Option<SocialUser>, StorageError> {
        let found = self.storage.get_social_auth(provider, uid).await?;
        self.trace
            .read("get_social_auth", usize::from(found.is_some()));
        Ok(found)
    }

    async fn get_social_auths(
        &self,
        provider: &str,
        uids: &[String],
    ) -> Result<Vec<SocialUser>, StorageError> {
        let found = self.storage.get_social_auths(provider, uids).await?;
        self.trace.read("get_social_auths", found.len());
        Ok(found)
    }

    async fn get_social_auth_for_user(
        &self,
        user_id: Uuid,
        provider: Option<&str>,
        id: Option<Uuid>,
    ) -> Result<Vec<Association>, StorageError> {
        let found = self.storage.get_social_auth_for_user(user_id, provider, id);
        let found = found.await?;
        self.trace.read("get_social_auth_for_user", found.len());
        Ok(found)
    }

    async fn allowed_to_disconnect(
        &self,
        user_id: Uuid,
        provider: &str,
        association_id: Option<Uuid>,
        usable: &[String],
    ) -> Result<bool, StorageError> {
        let found = self
            .storage
            .allowed_to_disconnect(user_id, provider, association_id, usable)
            .await?;
        self.trace.read("allowed_to_disconnect", usize::from(found));
        Ok(found)
    }
}
