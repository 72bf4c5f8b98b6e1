//! From two answers to one identity: they must speak of the same person.

use serde_json::Value as Json;

use super::definition::{Bound, Scope};
use super::verification::Verification;
use super::verified::Proof;
use super::{BackendError, VerifiedIdentity, answer};
use crate::model::JsonMap;

impl Verification<'_> {
    /// Joins what the profile and the binding say.
    ///
    /// # Errors
    /// When nobody is named, or somebody else by each.
    pub(super) fn identify(
        &self,
        answer: JsonMap,
        bound: Option<Bound>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let Self {
            backend,
            client,
            held,
            input,
            ..
        } = *self;
        let mut answer = Json::Object(answer);
        let subject = bound.as_ref().and_then(|bound| bound.subject.as_ref());
        let ((owner, uid), legacy_uids) = {
            let nothing = JsonMap::new();
            // Not even a template of the uid sees what the client says.
            let mut scope = Scope::new(&client.fixed, "", &answer, (&nothing, &nothing));
            scope.claims = held.claims.as_ref();
            scope.uid = held.identity.as_deref();
            let user = &backend.reading.user;
            user.check_required(&scope)?;
            let uids = backend.overrides.uids(user, &scope, subject.is_some())?;
            // What nothing binds to this app must not reach another row.
            let legacy_uids = match &bound {
                Some(_) if !backend.overrides.changes_uid() => {
                    backend.reading.legacy.uids(&scope, &uids.1)
                }
                _ => Vec::new(),
            };
            (uids, legacy_uids)
        };
        if subject.is_some_and(|subject| *subject != owner) {
            return Err(BackendError::CredentialRejected);
        }
        answer::strip_nul(&mut answer);
        let told = held.token_response.as_ref();
        let token_response = told.unwrap_or(&input.token_response);
        let details = {
            let beside = (token_response, &input.fields);
            let mut scope = Scope::new(&client.fixed, "", &answer, beside);
            scope.claims = held.claims.as_ref();
            scope.uid = held.identity.as_deref();
            backend.overrides.details(&backend.reading.user, &scope)
        };
        let proof = Proof {
            answer,
            token: held.token.clone(),
            token_response: token_response.clone(),
            claims: held.claims.clone(),
            identity: held.identity.clone(),
            input: input.fields.clone(),
            client_id: bound.map(|bound| bound.client_id),
            legacy_uids,
            used_marks: held.used_marks.clone(),
            nonce: held.nonce.clone(),
        };
        let provider = backend.info.name.clone();
        Ok(VerifiedIdentity::new(provider, uid, details, proof))
    }
}
