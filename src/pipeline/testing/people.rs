//! The users of a run that a test makes up.

use async_trait::async_trait;
use uuid::Uuid;

use crate::model::{Association, User, email_key, username_key};
use crate::storage::{Associations, SocialUser, StorageError, Users};

/// A few users, in memory.
#[derive(Default)]
pub(super) struct People {
    users: Vec<User>,
    associations: Vec<Association>,
}

impl People {
    pub(super) fn add(&mut self, user: User, associations: Vec<Association>) {
        self.users.push(user);
        self.associations.extend(associations);
    }

    fn user(&self, id: Uuid) -> Option<User> {
        self.users.iter().find(|user| user.id == id).cloned()
    }
}

#[async_trait]
impl Users for People {
    async fn get_user(&self, id: Uuid) -> Result<Option<User>, StorageError> {
        Ok(self.user(id))
    }

    async fn user_exists(&self, username: &str) -> Result<bool, StorageError> {
        let key = username_key(username);
        let mut users = self.users.iter();
        Ok(users.any(|user| username_key(&user.username) == key))
    }

    async fn get_users_by_email(&self, email: &str) -> Result<Vec<User>, StorageError> {
        let key = email_key(email);
        let has_it = |user: &&User| user.email.as_deref().map(email_key) == Some(key.clone());
        Ok(self.users.iter().filter(has_it).cloned().collect())
    }
}

#[async_trait]
impl Associations for People {
    async fn get_social_auth(
        &self,
        provider: &str,
        uid: &str,
    ) -> Result<Option<SocialUser>, StorageError> {
        let found = self.get_social_auths(provider, &[uid.to_owned()]).await?;
        Ok(found.into_iter().next())
    }

    async fn get_social_auths(
        &self,
        provider: &str,
        uids: &[String],
    ) -> Result<Vec<SocialUser>, StorageError> {
        let ours = self.associations.iter();
        let ours = ours.filter(|one| one.provider == provider && uids.contains(&one.uid));
        Ok(ours
            .filter_map(|one| Some((one.clone(), self.user(one.user_id)?)))
            .collect())
    }

    async fn get_social_auth_for_user(
        &self,
        user_id: Uuid,
        provider: Option<&str>,
        id: Option<Uuid>,
    ) -> Result<Vec<Association>, StorageError> {
        let theirs = self.associations.iter();
        let theirs = theirs.filter(|one| one.user_id == user_id);
        let wanted = theirs.filter(|one| provider.is_none_or(|name| one.provider == name));
        Ok(wanted
            .filter(|one| id.is_none_or(|id| one.id == id))
            .cloned()
            .collect())
    }

    async fn allowed_to_disconnect(
        &self,
        user_id: Uuid,
        provider: &str,
        association_id: Option<Uuid>,
        usable: &[String],
    ) -> Result<bool, StorageError> {
        let goes = |one: &Association| {
            one.provider == provider && association_id.is_none_or(|id| one.id == id)
        };
        let mut theirs = self.associations.iter();
        let stays = theirs
            .any(|one| one.user_id == user_id && !goes(one) && usable.contains(&one.provider));
        let user = self.user(user_id);
        Ok(stays || user.is_some_and(|user| user.has_usable_password()))
    }
}
