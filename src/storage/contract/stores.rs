//! The smaller stores: nonces, OpenID secrets, partials, sessions, events,
//! marks, keys.

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, Conflict, Nonce, OpenIdAssociation, UsedMark};
use crate::storage::diesel::DieselStorage;
use crate::storage::{
    CommitError, Marks as _, Nonces as _, OpenIdAssociations as _, Partials as _, RememberedKey,
    Sessions as _, Storage as _,
};

on_both!(
    a_nonce_works_once_and_again_when_it_is_forgotten,
    a_secret_of_the_same_handle_is_replaced,
    secrets_come_by_server_and_handle_and_can_be_removed,
    a_partial_is_stored_loaded_and_destroyed,
    a_session_is_found_and_ends_once,
    all_sessions_of_a_user_end_and_no_others,
    a_mark_is_there_until_it_expires,
    a_mark_is_left_at_once_and_by_one_alone,
    keys_are_remembered_by_their_purpose,
    the_database_answers_and_is_migrated,
);

pub(super) fn nonce(salt: &str) -> Nonce {
    Nonce {
        server_url: "https://steamcommunity.com/openid/login".to_owned(),
        timestamp: now().timestamp(),
        salt: salt.to_owned(),
    }
}

async fn a_nonce_works_once_and_again_when_it_is_forgotten(storage: DieselStorage) {
    let one = nonce("salt");
    assert!(storage.use_nonce(&one).await.unwrap());
    assert!(!storage.use_nonce(&one).await.unwrap());
    assert!(storage.use_nonce(&nonce("SALT")).await.unwrap());
    let later = Nonce {
        timestamp: one.timestamp + 1,
        ..nonce("later")
    };
    assert!(storage.use_nonce(&later).await.unwrap());
    let found = storage.get_nonce(&one.server_url, "salt").await.unwrap();
    assert_eq!(found, Some(one.clone()));
    assert_eq!(storage.get_nonce("other", "salt").await.unwrap(), None);
    storage.delete_nonce(&one).await.unwrap();
    let found = storage.get_nonce(&one.server_url, "salt").await.unwrap();
    assert_eq!(found, None);
    assert!(storage.use_nonce(&one).await.unwrap());
}

fn secret(server_url: &str, handle: &str, issued: i64) -> OpenIdAssociation {
    OpenIdAssociation {
        server_url: server_url.to_owned(),
        handle: handle.to_owned(),
        secret: format!("{handle}{issued}"),
        issued,
        lifetime: 3600,
        assoc_type: "HMAC-SHA256".to_owned(),
    }
}

async fn a_secret_of_the_same_handle_is_replaced(storage: DieselStorage) {
    let (old, new) = (secret("s", "h", 1), secret("s", "h", 2));
    storage.store_openid_association(&old).await.unwrap();
    let before = storage.oids("s", None).await.unwrap();
    storage.store_openid_association(&new).await.unwrap();
    let after = storage.oids("s", None).await.unwrap();
    assert_eq!(after, [(before[0].0, new)]);
}

async fn secrets_come_by_server_and_handle_and_can_be_removed(storage: DieselStorage) {
    let (old, new) = (secret("s", "old", 1), secret("s", "new", 2));
    let other = secret("other", "old", 3);
    for one in [&new, &old, &other] {
        storage.store_openid_association(one).await.unwrap();
    }
    let get = async |handle| storage.get_openid_association("s", handle).await.unwrap();
    assert_eq!(get(None).await, Some(new.clone()));
    assert_eq!(get(Some("old")).await, Some(old.clone()));
    assert_eq!(get(Some("Old")).await, None);
    let all = storage.oids("s", None).await.unwrap();
    let secrets = all.iter().map(|(_, one)| one.clone()).collect::<Vec<_>>();
    assert_eq!(secrets, [old, new.clone()]);
    let one = storage.oids("s", Some("new")).await.unwrap();
    assert_eq!(one, [all[1].clone()]);
    storage
        .remove_openid_associations(&[all[0].0, new_id()])
        .await
        .unwrap();
    storage.remove_openid_associations(&[]).await.unwrap();
    assert_eq!(storage.oids("s", None).await.unwrap(), [all[1].clone()]);
    assert_eq!(storage.oids("other", None).await.unwrap().len(), 1);
}

async fn a_partial_is_stored_loaded_and_destroyed(storage: DieselStorage) {
    let mut partial = new_partial();
    partial.user_id = Some(new_id());
    storage.store_partial(&partial).await.unwrap();
    let hash = &partial.token_hash;
    let load = async |moment| storage.load_partial(hash, moment).await.unwrap();
    assert_eq!(load(after(899)).await, Some(partial.clone()));
    assert_eq!(load(after(900)).await, None, "expired");
    let link = partial.link_hash.clone().unwrap();
    let by_link = async |hash: &[u8], moment| storage.load_partial_by_link(hash, moment).await;
    let found = by_link(&link, after(899)).await.unwrap();
    assert_eq!(found, Some(partial.clone()));
    assert_eq!(by_link(&link, after(900)).await.unwrap(), None);
    assert_eq!(by_link(hash, after(899)).await.unwrap(), None);
    assert_eq!(storage.load_partial(&link, after(899)).await.unwrap(), None);
    assert!(storage.destroy_partial(hash).await.unwrap());
    assert!(!storage.destroy_partial(hash).await.unwrap());
    assert_eq!(load(now()).await, None);
}

async fn a_session_is_found_and_ends_once(storage: DieselStorage) {
    let changes = sign_up("octocat", "github", "1");
    let new = changes.session.clone().unwrap();
    storage.commit(changes).await.unwrap();
    let by_hash = storage.get_session_by_hash(&new.refresh_hash).await;
    let (session, user) = by_hash.unwrap().unwrap();
    assert_eq!((session.id, session.revoked), (new.id, None));
    assert_eq!((session.user_id, user.is_active), (user.id, true));
    assert!(storage.revoke_session(new.id, after(5)).await.unwrap());
    assert!(!storage.revoke_session(new.id, after(9)).await.unwrap());
    assert!(!storage.revoke_session(new_id(), now()).await.unwrap());
    let (ended, _) = storage.get_session(new.id).await.unwrap().unwrap();
    assert_eq!(ended.revoked, Some(after(5)));
    assert_eq!(storage.get_session(new_id()).await.unwrap(), None);
    let unknown = storage.get_session_by_hash(b"x").await;
    assert_eq!(unknown.unwrap(), None);
}

async fn all_sessions_of_a_user_end_and_no_others(storage: DieselStorage) {
    let (user, _) = signed_up(&storage, "octocat", "github", "1").await;
    let (other, _) = signed_up(&storage, "other", "github", "2").await;
    let more = Changes {
        session: Some(new_session(user)),
        ..Changes::default()
    };
    storage.commit(more).await.unwrap();
    let end = async |user| storage.revoke_sessions_of(user, now()).await.unwrap();
    assert_eq!(end(user).await, 2);
    assert_eq!(end(user).await, 0);
    assert_eq!(end(other).await, 1);
}

async fn a_mark_is_there_until_it_expires(storage: DieselStorage) {
    let mark = Changes {
        used_marks: vec![new_mark(b"x")],
        ..Changes::default()
    };
    storage.commit(mark).await.unwrap();
    let marked = async |kind, digest: &[u8], moment| {
        let marked = storage.is_marked(kind, digest, moment).await;
        marked.unwrap()
    };
    assert!(marked("id_token", b"x", after(599)).await);
    assert!(!marked("id_token", b"x", after(600)).await);
    assert!(!marked("nonce", b"x", now()).await);
    assert!(!marked("id_token", b"y", now()).await);
}

async fn a_mark_is_left_at_once_and_by_one_alone(storage: DieselStorage) {
    let mark = new_mark(b"code");
    assert!(storage.use_mark(&mark).await.unwrap());
    assert!(storage.is_marked(&mark.kind, b"code", now()).await.unwrap());
    assert!(!storage.use_mark(&mark).await.unwrap());
    let other_kind = UsedMark {
        kind: "other".to_owned(),
        ..mark.clone()
    };
    assert!(storage.use_mark(&other_kind).await.unwrap());
    assert!(storage.use_mark(&new_mark(b"another")).await.unwrap());
    // What a commit brings meets it as well.
    let commit = Changes {
        used_marks: vec![mark],
        ..Changes::default()
    };
    let met = storage.commit(commit).await.unwrap_err();
    assert!(
        matches!(met, CommitError::Conflict(Conflict::UsedMark)),
        "{met:?}"
    );
}

async fn keys_are_remembered_by_their_purpose(storage: DieselStorage) {
    let remember = async |purpose, fingerprint, seconds| {
        let key = storage.remember_key(purpose, fingerprint, after(seconds));
        let RememberedKey { since, before } = key.await.unwrap();
        (before, since)
    };
    let known = |names: &[&str], seconds| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        (names, after(seconds))
    };
    assert_eq!(remember("signing", "a", 0).await, known(&[], 0));
    assert_eq!(remember("sealing", "z", 0).await, known(&[], 0));
    assert_eq!(remember("signing", "b", 1).await, known(&["a"], 1));
    assert_eq!(remember("signing", "b", 2).await, known(&["a", "b"], 1));
    assert_eq!(remember("signing", "a", 3).await, known(&["a", "b"], 0));
    storage.forget_key("signing", "b").await.unwrap();
    storage.forget_key("sealing", "a").await.unwrap();
    assert_eq!(remember("signing", "a", 4).await, known(&["a"], 0));
    assert_eq!(remember("sealing", "z", 4).await, known(&["z"], 0));
}

async fn the_database_answers_and_is_migrated(storage: DieselStorage) {
    storage.ping().await.unwrap();
    assert!(storage.is_migrated().await.unwrap());
    storage.migrate().await.unwrap();
    let forget = "DELETE FROM __diesel_schema_migrations";
    storage.execute(forget).await.unwrap();
    assert!(!storage.is_migrated().await.unwrap());
    let drop = "DROP TABLE __diesel_schema_migrations";
    storage.execute(drop).await.unwrap();
    assert!(!storage.is_migrated().await.unwrap());
    let error = storage.migrate().await.unwrap_err();
    assert!(error.to_string().starts_with("the migration failed"));
}
