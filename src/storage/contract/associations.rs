//! Associations, to look at.

use uuid::Uuid;

use super::fixtures::*;
use super::on_both;
use crate::storage::Associations as _;
use crate::storage::diesel::DieselStorage;

on_both!(
    a_uid_is_compared_by_bytes,
    all_rows_of_several_uids_are_found_at_once_and_of_one_provider_alone,
    a_users_associations_come_oldest_first_and_by_provider_or_id,
    a_disconnect_is_allowed_when_another_login_is_left,
    a_disconnect_is_allowed_when_there_is_a_password,
);

async fn a_uid_is_compared_by_bytes(storage: DieselStorage) {
    // Case, a space at the end, composed and decomposed: all different people.
    let uids = [
        "AbC", "abc", "abc ", " abc", "\u{e9}", "e\u{301}", "ß", "ss",
    ];
    let mut ids = Vec::new();
    for (number, uid) in uids.iter().enumerate() {
        let name = format!("user{number}");
        ids.push(signed_up(&storage, &name, "github", uid).await.0);
    }
    for (uid, id) in uids.iter().zip(ids) {
        let found = storage.get_social_auth("github", uid).await.unwrap();
        let (association, user) = found.unwrap();
        assert_eq!((association.uid.as_str(), user.id), (*uid, id));
    }
    for (provider, uid) in [("GitHub", "abc"), ("github", "ABC"), ("github ", "abc")] {
        let found = storage.get_social_auth(provider, uid).await.unwrap();
        assert_eq!(found, None, "{provider} {uid}");
    }
}

async fn all_rows_of_several_uids_are_found_at_once_and_of_one_provider_alone(
    storage: DieselStorage,
) {
    let (first, _) = signed_up(&storage, "first", "github", "1").await;
    let (second, _) = signed_up(&storage, "second", "github", "Abc").await;
    signed_up(&storage, "third", "google", "1").await;
    signed_up(&storage, "fourth", "github", "abc").await;
    let found = async |uids: &[&str]| {
        let uids: Vec<String> = uids.iter().map(|uid| (*uid).to_owned()).collect();
        let found = storage.get_social_auths("github", &uids).await.unwrap();
        let mut found: Vec<_> = found
            .into_iter()
            .map(|(association, user)| {
                assert_eq!(association.user_id, user.id);
                assert_eq!(association.provider, "github");
                (association.uid, user.id)
            })
            .collect();
        found.sort();
        found
    };
    let both = [("1".to_owned(), first), ("Abc".to_owned(), second)];
    assert_eq!(found(&["1", "Abc", "nobody", "1"]).await, both);
    assert_eq!(found(&["Abc"]).await, both[1..]);
    assert_eq!(found(&["ABC", "", "' OR 1=1"]).await, []);
    assert_eq!(found(&[]).await, []);
}

async fn a_users_associations_come_oldest_first_and_by_provider_or_id(storage: DieselStorage) {
    let (user, first) = signed_up(&storage, "octocat", "github", "1").await;
    let second = associated(&storage, user, "google", "2").await;
    let third = associated(&storage, user, "github", "3").await;
    signed_up(&storage, "other", "github", "4").await;
    let ids = async |provider: Option<&str>, id: Option<Uuid>| {
        let found = storage.get_social_auth_for_user(user, provider, id).await;
        found.unwrap().iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, None).await, [first, second, third]);
    assert_eq!(ids(Some("github"), None).await, [first, third]);
    assert_eq!(ids(None, Some(second)).await, [second]);
    assert!(ids(Some("github"), Some(second)).await.is_empty());
}

async fn a_disconnect_is_allowed_when_another_login_is_left(storage: DieselStorage) {
    let (user, first) = signed_up(&storage, "octocat", "github", "1").await;
    let usable = ["github".to_owned(), "google".to_owned()];
    let allowed = async |id: Option<Uuid>, usable: &[String]| {
        let allowed = storage.allowed_to_disconnect(user, "github", id, usable);
        allowed.await.unwrap()
    };
    assert!(!allowed(None, &usable).await);
    assert!(!allowed(Some(first), &usable).await);
    // Another association of the same provider remains if one is named.
    associated(&storage, user, "github", "2").await;
    assert!(!allowed(None, &usable).await);
    assert!(allowed(Some(first), &usable).await);
    associated(&storage, user, "google", "3").await;
    assert!(allowed(None, &usable).await);
    assert!(!allowed(None, &usable[..1]).await);
    assert!(!allowed(None, &[]).await);
}

async fn a_disconnect_is_allowed_when_there_is_a_password(storage: DieselStorage) {
    let (user, _) = signed_up(&storage, "octocat", "github", "1").await;
    let allowed = async || {
        let allowed = storage.allowed_to_disconnect(user, "github", None, &[]);
        allowed.await.unwrap()
    };
    for (password, expected) in [("NULL", false), ("''", false), ("'argon2'", true)] {
        let set = format!("UPDATE users SET password = {password}");
        storage.execute(&set).await.unwrap();
        assert_eq!(allowed().await, expected, "{password}");
    }
}
