//! What has expired goes, a few rows at a time; what has not stays.

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, EmailCode, IdempotentAnswer, Nonce, OpenIdAssociation};
use crate::storage::diesel::DieselStorage;
use crate::storage::{Codes as _, Events as _, Nonces as _, OpenIdAssociations as _, Storage as _};

on_both!(
    a_sweep_takes_what_has_expired_and_leaves_the_rest,
    a_sweep_takes_no_more_than_it_is_told_to,
    a_mark_that_was_swept_may_be_used_again,
);

const DAY: i64 = 86_400;

/// One row of each kind that falls due at `seconds` and then is swept.
async fn one_of_each(storage: &DieselStorage, name: &str, seconds: i64) {
    let mut changes = sign_up(name, "github", name);
    changes.session.as_mut().unwrap().expires = after(seconds - DAY);
    changes.events[0].created = after(seconds - 7 * DAY);
    let mut partial = new_partial();
    partial.expires = after(seconds);
    let mut mark = new_mark(name.as_bytes());
    mark.expires = after(seconds);
    changes.idempotent_answer = Some(IdempotentAnswer {
        expires: after(seconds),
        ..new_answer(name.as_bytes())
    });
    changes.new_partial = Some(partial);
    changes.used_marks = vec![mark];
    storage.commit(changes).await.unwrap();
    let code = EmailCode {
        verified: seconds % 2 == 0,
        expires: after(seconds),
        ..new_code(new_id(), "o@example.com", name.as_bytes())
    };
    storage.make_code(&code).await.unwrap();
    let nonce = Nonce {
        server_url: "s".to_owned(),
        timestamp: after(seconds - DAY).timestamp(),
        salt: name.to_owned(),
    };
    assert!(storage.use_nonce(&nonce).await.unwrap());
    let secret = OpenIdAssociation {
        server_url: "s".to_owned(),
        handle: name.to_owned(),
        secret: "x".to_owned(),
        issued: after(seconds - DAY - 60).timestamp(),
        lifetime: 60,
        assoc_type: "HMAC-SHA256".to_owned(),
    };
    storage.store_openid_association(&secret).await.unwrap();
}

async fn a_sweep_takes_what_has_expired_and_leaves_the_rest(storage: DieselStorage) {
    one_of_each(&storage, "due", 0).await;
    one_of_each(&storage, "later", 1).await;
    let pending = storage.open_events().await;
    storage.event_done(pending[1].id, now()).await.unwrap();
    assert_eq!(storage.sweep(after(-1), 100).await.unwrap(), 0);
    assert_eq!(storage.sweep(now(), 100).await.unwrap(), 8);
    let counts = storage.row_counts().await;
    for (table, count) in counts {
        let expected = match table {
            "users" | "social_auth_usersocialauth" => 2,
            "signing_keys" => 0,
            _ => 1,
        };
        assert_eq!(count, expected, "{table}");
    }
    assert_eq!(storage.sweep(after(1), 100).await.unwrap(), 8);
}

async fn a_sweep_takes_no_more_than_it_is_told_to(storage: DieselStorage) {
    for number in 0..5 {
        one_of_each(&storage, &format!("user{number}"), -number).await;
    }
    assert_eq!(storage.sweep(now(), 2).await.unwrap(), 16);
    assert_eq!(storage.sweep(now(), 2).await.unwrap(), 16);
    assert_eq!(storage.sweep(now(), 2).await.unwrap(), 8);
    assert_eq!(storage.sweep(now(), 2).await.unwrap(), 0);
}

async fn a_mark_that_was_swept_may_be_used_again(storage: DieselStorage) {
    let mark = || Changes {
        used_marks: vec![new_mark(b"x")],
        ..Changes::default()
    };
    storage.commit(mark()).await.unwrap();
    assert_eq!(storage.sweep(after(600), 9).await.unwrap(), 1);
    storage.commit(mark()).await.unwrap();
}
