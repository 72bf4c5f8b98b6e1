//! Codes that prove addresses: each for one halted run, by a link or digits.

use super::fixtures::*;
use super::on_both;
use crate::model::{Changes, EmailCode};
use crate::storage::diesel::DieselStorage;
use crate::storage::{CodeCheck, CodeTry, Codes as _, CodesSent, Partials as _, Storage as _};
use uuid::Uuid;

const RUN: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

on_both!(
    eml_3_the_right_code_works_once_by_link_or_by_digits,
    eml_2_a_code_of_another_run_or_address_is_refused,
    eml_3_a_newer_code_takes_the_place_of_an_older,
    eml_1_a_code_is_refused_after_too_many_wrong_tries,
    eml_1_wrong_tries_at_once_are_all_counted,
    eml_3_an_expired_code_is_refused,
    eml_6_mails_are_counted_by_address_domain_and_sender,
    a_commit_stores_a_code_with_its_run,
    pre_4_a_commit_that_proves_an_address_voids_its_codes,
    pre_4_a_commit_that_ends_sessions_voids_what_the_user_began,
);

async fn made(storage: &DieselStorage, hash: &[u8]) -> EmailCode {
    let code = new_code(RUN, "O@example.com", hash);
    storage.make_code(&code).await.unwrap();
    code
}

async fn verify(storage: &DieselStorage, partial_id: Uuid, email: &str, hash: &[u8]) -> CodeCheck {
    let code = CodeTry {
        partial_id,
        email,
        hash,
    };
    storage.verify_code(code, 3, now()).await.unwrap()
}

async fn eml_3_the_right_code_works_once_by_link_or_by_digits(storage: DieselStorage) {
    for right in [b"right", b"thgir"] {
        let code = made(&storage, b"right").await;
        let found = storage.get_code(RUN).await.unwrap().unwrap();
        assert_eq!((found.id, found.verified), (code.id, false));
        let first = verify(&storage, RUN, "o@EXAMPLE.com", right).await;
        assert_eq!(first, CodeCheck::Verified);
        let again = verify(&storage, RUN, "o@example.com", right).await;
        assert_eq!(again, CodeCheck::Refused);
        let found = storage.get_code(RUN).await.unwrap().unwrap();
        assert!(found.verified);
        assert_eq!(found.tries, 0);
    }
    assert_eq!(storage.get_code(OTHER).await.unwrap(), None);
}

async fn eml_2_a_code_of_another_run_or_address_is_refused(storage: DieselStorage) {
    made(&storage, b"right").await;
    let other = new_code(OTHER, "o@example.com", b"other");
    storage.make_code(&other).await.unwrap();
    for (run, email, hash) in [
        (OTHER, "o@example.com", b"right"),
        (RUN, "o@example.com", b"other"),
        (RUN, "x@example.com", b"right"),
    ] {
        let check = verify(&storage, run, email, hash).await;
        assert_eq!(check, CodeCheck::Refused, "{run} {email}");
    }
    let own = verify(&storage, RUN, "o@example.com", b"right").await;
    assert_eq!(own, CodeCheck::Verified);
}

async fn eml_3_a_newer_code_takes_the_place_of_an_older(storage: DieselStorage) {
    made(&storage, b"old").await;
    verify(&storage, RUN, "o@example.com", b"wrong").await;
    let new = made(&storage, b"new").await;
    let found = storage.get_code(RUN).await.unwrap().unwrap();
    assert_eq!((found.id, found.tries, found.sent), (new.id, 0, 2));
    let old = verify(&storage, RUN, "o@example.com", b"old").await;
    assert_eq!(old, CodeCheck::Refused);
    let right = verify(&storage, RUN, "o@example.com", b"new").await;
    assert_eq!(right, CodeCheck::Verified);
}

async fn eml_1_a_code_is_refused_after_too_many_wrong_tries(storage: DieselStorage) {
    made(&storage, b"right").await;
    for _ in 0..3 {
        let wrong = verify(&storage, RUN, "o@example.com", b"wrong").await;
        assert_eq!(wrong, CodeCheck::Refused);
    }
    for right in [b"right", b"thgir"] {
        let right = verify(&storage, RUN, "o@example.com", right).await;
        assert_eq!(right, CodeCheck::Refused);
    }
}

async fn eml_1_wrong_tries_at_once_are_all_counted(storage: DieselStorage) {
    made(&storage, b"right").await;
    let tries = (0..20).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { verify(&storage, RUN, "o@example.com", b"wrong").await })
    });
    for one in tries.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap(), CodeCheck::Refused);
    }
    assert_eq!(storage.get_code(RUN).await.unwrap().unwrap().tries, 3);
}

async fn eml_3_an_expired_code_is_refused(storage: DieselStorage) {
    let expired = EmailCode {
        expires: now(),
        ..new_code(RUN, "o@x.y", b"right")
    };
    storage.make_code(&expired).await.unwrap();
    let right = verify(&storage, RUN, "o@x.y", b"right").await;
    assert_eq!(right, CodeCheck::Refused);
}

async fn eml_6_mails_are_counted_by_address_domain_and_sender(storage: DieselStorage) {
    made(&storage, b"one").await;
    let again = made(&storage, b"two").await;
    let mut other = new_code(OTHER, "p@EXAMPLE.com", b"other");
    other.sender = Some(b"another".to_vec());
    storage.make_code(&other).await.unwrap();
    let mut nobody = new_code(Uuid::from_u128(3), "o@example.com.evil.example", b"x");
    nobody.sender = None;
    storage.make_code(&nobody).await.unwrap();
    let sent = |to_address, to_domain, by_sender| CodesSent {
        to_address,
        to_domain,
        by_sender,
    };
    for (code, expected) in [
        (again, sent(2, 3, 2)),
        (other, sent(1, 3, 1)),
        (nobody, sent(1, 1, 0)),
    ] {
        let found = storage.codes_sent(&code, after(-1)).await.unwrap();
        assert_eq!(found, expected, "{}", code.email);
        let later = storage.codes_sent(&code, now()).await.unwrap();
        assert_eq!(later, CodesSent::default(), "{}", code.email);
    }
}

async fn a_commit_stores_a_code_with_its_run(storage: DieselStorage) {
    let partial = new_partial();
    let code = new_code(partial.id, "o@example.com", b"right");
    let changes = Changes {
        new_partial: Some(partial.clone()),
        new_code: Some(code.clone()),
        ..Changes::default()
    };
    storage.commit(changes).await.unwrap();
    assert_eq!(storage.get_code(partial.id).await.unwrap(), Some(code));
    let partial = storage.load_partial(&partial.token_hash, now()).await;
    assert!(partial.unwrap().is_some());
}

async fn pre_4_a_commit_that_proves_an_address_voids_its_codes(storage: DieselStorage) {
    made(&storage, b"pending").await;
    let shown = new_code(OTHER, "o@example.com", b"used");
    storage.make_code(&shown).await.unwrap();
    let other = Uuid::from_u128(3);
    let kept = new_code(other, "p@example.com", b"kept");
    storage.make_code(&kept).await.unwrap();
    let check = verify(&storage, OTHER, "o@example.com", b"used").await;
    assert_eq!(check, CodeCheck::Verified);
    let mut changes = sign_up("unproven", "github", "1");
    changes.new_user.as_mut().unwrap().email = Some("o@example.com".to_owned());
    storage.commit(changes).await.unwrap();
    assert!(storage.get_code(OTHER).await.unwrap().unwrap().verified);

    let mut changes = sign_up("proven", "github", "2");
    let user = changes.new_user.as_mut().unwrap();
    user.email = Some("O@Example.com".to_owned());
    user.email_verified = true;
    storage.commit(changes).await.unwrap();
    assert!(!storage.get_code(OTHER).await.unwrap().unwrap().verified);
    let pending = verify(&storage, RUN, "o@example.com", b"pending").await;
    assert_eq!(pending, CodeCheck::Refused);
    let kept = verify(&storage, other, "p@example.com", b"kept").await;
    assert_eq!(kept, CodeCheck::Verified);
}

async fn pre_4_a_commit_that_ends_sessions_voids_what_the_user_began(storage: DieselStorage) {
    let (user, _) = signed_up(&storage, "ada", "github", "1").await;
    let (another, _) = signed_up(&storage, "bob", "github", "2").await;
    let mut partials = Vec::new();
    for user_id in [Some(user), Some(user), Some(another), None] {
        let mut partial = new_partial();
        partial.user_id = user_id;
        storage.store_partial(&partial).await.unwrap();
        partials.push(partial.token_hash);
    }
    let changes = Changes {
        ended_sessions: Some(all_of(user, now())),
        consumed_partial: Some(partials[0].clone()),
        ..Changes::default()
    };
    storage.commit(changes).await.unwrap();
    let mut left = Vec::new();
    for hash in &partials {
        left.push(storage.load_partial(hash, now()).await.unwrap().is_some());
    }
    assert_eq!(left, [false, false, true, true]);
}
