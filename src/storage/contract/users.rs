//! Users, to look at.

use super::fixtures::*;
use super::on_both;
use crate::model::Changes;
use crate::storage::diesel::DieselStorage;
use crate::storage::{Storage as _, Users as _};

on_both!(
    a_user_is_found_by_id_and_an_unknown_one_is_none,
    a_username_is_taken_whatever_its_case_and_form,
    users_are_found_by_address_whatever_its_case,
);

async fn a_user_is_found_by_id_and_an_unknown_one_is_none(storage: DieselStorage) {
    let (id, _) = signed_up(&storage, "octocat", "github", "1").await;
    let user = storage.get_user(id).await.unwrap().unwrap();
    assert_eq!((user.id, user.username.as_str()), (id, "octocat"));
    assert_eq!(storage.get_user(new_id()).await.unwrap(), None);
}

async fn a_username_is_taken_whatever_its_case_and_form(storage: DieselStorage) {
    signed_up(&storage, "Zoë", "github", "1").await;
    // Upper case, decomposed, full width.
    for same in ["zoë", "ZOË", "zoe\u{308}", "ｚｏë"] {
        assert!(storage.user_exists(same).await.unwrap(), "{same}");
    }
    for other in ["zoe", "zoë ", ""] {
        assert!(!storage.user_exists(other).await.unwrap(), "{other}");
    }
}

async fn users_are_found_by_address_whatever_its_case(storage: DieselStorage) {
    let mut user = new_user("octocat");
    user.email = Some("Zoë@Example.com".to_owned());
    let create = Changes {
        new_user: Some(user.clone()),
        ..Changes::default()
    };
    storage.commit(create).await.unwrap();
    for same in ["zoë@example.com", "ZOË@EXAMPLE.COM", " Zoë@Example.com "] {
        let found = storage.get_users_by_email(same).await.unwrap();
        assert_eq!(found, [user.as_user()], "{same}");
    }
    let found = storage.get_users_by_email("zoe@example.com").await;
    assert!(found.unwrap().is_empty());
}
