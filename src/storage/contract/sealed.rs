//! Provider tokens are sealed on their way in and open only in their own row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use secrecy::SecretBox;
use serde_json::{Value, json};

use super::fixtures::*;
use super::on_both;
use crate::crypto::seal::Sealer;
use crate::model::{AssociationChanges, Changes, SystemIds};
use crate::storage::diesel::DieselStorage;
use crate::storage::sealed::SealedStorage;
use crate::storage::{Associations as _, Storage};

on_both!(
    tokens_are_stored_sealed_and_read_open,
    sec_1_a_token_copied_to_another_row_does_not_open,
    sec_2_a_token_whose_key_is_gone_is_lost_and_the_rest_is_not,
);

fn sealed(inner: &DieselStorage, key: u8) -> SealedStorage {
    let sealer = Sealer::new(&[SecretBox::new(Box::new([key; 32]))]).unwrap();
    let inner: Arc<dyn Storage> = Arc::new(inner.clone());
    let more = BTreeMap::from([("github".to_owned(), BTreeSet::from(["pin".to_owned()]))]);
    SealedStorage::new(
        inner,
        Arc::new(sealer),
        Arc::new(SystemIds::default()),
        more,
    )
}

fn with_tokens(username: &str, uid: &str) -> Changes {
    let mut changes = sign_up(username, "github", uid);
    let association = changes.new_association.as_mut().unwrap();
    association.extra_data_mut().extend(map(json!({
        "access_token": {"oauth_token": "canary-1", "oauth_token_secret": "canary-2"},
        "refresh_token": "canary-3", "pin": "canary-4", "id_token": null,
        "login": "octocat", "odd": {"$sealed": "of the provider"},
    })));
    changes
}

async fn extra_data(storage: &dyn Storage, uid: &str) -> Value {
    let found = storage.get_social_auth("github", uid).await.unwrap();
    Value::Object(found.unwrap().0.extra_data)
}

async fn tokens_are_stored_sealed_and_read_open(storage: DieselStorage) {
    let over = sealed(&storage, 1);
    over.commit(with_tokens("octocat", "1")).await.unwrap();
    let opened = extra_data(&over, "1").await;
    assert_eq!(opened["access_token"]["oauth_token_secret"], "canary-2");
    assert_eq!(opened["refresh_token"], "canary-3");
    assert_eq!(opened["pin"], "canary-4");
    assert_eq!(opened["id_token"], Value::Null);
    assert_eq!(opened["odd"], json!({"$sealed": "of the provider"}));
    let stored = extra_data(&storage, "1").await;
    assert!(!stored.to_string().contains("canary"), "{stored}");
    assert_eq!(stored["login"], "octocat");

    let (social, _) = over.get_social_auth("github", "1").await.unwrap().unwrap();
    let later = AssociationChanges::of(&social, map(json!({"access_token": "canary-5"})), after(1));
    let changes = Changes {
        association: Some(later),
        ..Changes::default()
    };
    over.commit(changes).await.unwrap();
    let opened = extra_data(&over, "1").await;
    assert_eq!(opened["access_token"], "canary-5");
    assert_eq!(
        opened["refresh_token"], "canary-3",
        "what is not named stays"
    );
    assert!(
        !extra_data(&storage, "1")
            .await
            .to_string()
            .contains("canary")
    );
}

async fn sec_1_a_token_copied_to_another_row_does_not_open(storage: DieselStorage) {
    let over = sealed(&storage, 1);
    over.commit(with_tokens("octocat", "1")).await.unwrap();
    over.commit(with_tokens("thief", "2")).await.unwrap();
    let (first, _) = storage
        .get_social_auth("github", "1")
        .await
        .unwrap()
        .unwrap();
    let (second, _) = storage
        .get_social_auth("github", "2")
        .await
        .unwrap()
        .unwrap();
    let stolen = map(json!({"refresh_token": first.extra_data["refresh_token"]}));
    let changes = Changes {
        association: Some(AssociationChanges::of(&second, stolen, after(1))),
        ..Changes::default()
    };
    storage.commit(changes).await.unwrap();
    assert_eq!(extra_data(&over, "2").await["refresh_token"], Value::Null);
    assert_eq!(extra_data(&over, "1").await["refresh_token"], "canary-3");
}

async fn sec_2_a_token_whose_key_is_gone_is_lost_and_the_rest_is_not(storage: DieselStorage) {
    sealed(&storage, 1)
        .commit(with_tokens("octocat", "1"))
        .await
        .unwrap();
    let later = extra_data(&sealed(&storage, 2), "1").await;
    assert_eq!(later["access_token"], Value::Null);
    assert_eq!(later["login"], "octocat");
}
