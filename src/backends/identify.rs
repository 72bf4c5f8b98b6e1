//! From two answers to one identity: they must speak of the same person.

use serde_json::Value as Json;

use super::definition::{Bound, Scope};
use super::verification::{Profile, Verification};
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
        profile: Profile,
        bound: Option<Bound>,
    ) -> Result<VerifiedIdentity, BackendError> {
        let Self {
            backend,
            client,
            held,
            input,
            ..
        } = *self;
        if let (Some(claims), Some(told)) = (&held.claims, profile.told) {
            self.check_same_person(claims, told)?;
        }
        let mut answer = Json::Object(profile.answer);
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

    /// Holds what the calls told against the claims of an ID token: both must
    /// name the same person, by `sub` or by the uid.
    ///
    /// # Errors
    /// `CredentialRejected` when they do not, or when one names nobody.
    fn check_same_person(&self, claims: &JsonMap, told: JsonMap) -> Result<(), BackendError> {
        let (nothing, user) = (JsonMap::new(), &self.backend.reading.user);
        let uid = |answer: &Json| {
            let mut scope = Scope::new(&self.client.fixed, "", answer, (&nothing, &nothing));
            scope.uid = self.held.identity.as_deref();
            user.uid(&scope).ok()
        };
        let subject = claims.get("sub").cloned();
        let named = told.get("sub").filter(|named| !named.is_null()).cloned();
        let by_claims = uid(&Json::Object(self.held.said.clone()));
        let by_calls = uid(&Json::Object(told));
        let same = match (named, by_claims, by_calls) {
            (Some(named), ..) if Some(&named) != subject.as_ref() => false,
            (_, Some(by_claims), Some(by_calls)) => by_claims == by_calls,
            (named, ..) => named.is_some(),
        };
        if same {
            Ok(())
        } else {
            Err(BackendError::CredentialRejected)
        }
    }
}
