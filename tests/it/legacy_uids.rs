//! Associations that stand under an older uid: found, checked, and moved.

mod town;

use serde_json::json;
use tokio::task::JoinSet;

use crate::races::{all_created, count, texts};
use crate::support::http;
use crate::support::server::{Store, on_both};
use town::{BY_ADDRESS, BY_ADDRESS_ALONE, BY_NAME, BY_NAME_ALONE, NEW, Old, Town, UNBOUND, token};

on_both!(
    a_row_under_an_older_uid_moves_with_all_that_it_keeps,
    a_row_of_which_nothing_tells_whose_it_is_stays,
    a_name_that_somebody_else_took_over_opens_nothing,
    a_verified_address_moves_its_row_unless_the_operator_says_no,
    the_operator_may_move_rows_that_nothing_vouches_for,
    the_owner_who_is_signed_in_vouches_for_the_row,
    an_older_row_of_another_user_cannot_be_added,
    of_two_older_rows_none_moves,
    the_row_under_the_uid_wins_unless_another_user_has_an_older_one,
    fifty_first_sign_ins_after_the_switch_make_one_move,
    a_token_that_nothing_binds_reaches_no_older_row,
);

const SETTING: &str = "SOCIAL_AUTH_SANDBOX_ALLOW_UNVERIFIED_LEGACY_UID_MIGRATION";

async fn a_row_under_an_older_uid_moves_with_all_that_it_keeps(store: Store) {
    for old in [BY_NAME, BY_ADDRESS] {
        let town = Town::before(store.another(), old);
        let mut body = token("alice");
        body["token_response"] = json!({"refresh_token": "canary-refresh"});
        let first = town.server.sign_up(body).await.json();
        assert_ne!(first["social_auth"]["uid"], "1001");
        let town = town.switch();
        let moved = town.comes_in("alice").await;
        let user = moved.json();
        assert_eq!(user["id"], first["id"]);
        assert_eq!(user["is_new"], false);
        assert_eq!(user["new_association"], false);
        assert_eq!(user["social_auth"]["uid"], "1001");
        assert_eq!(town.uids(), ["1001"]);
        let bearer = moved.bearer();
        let accounts = town.server.get("/me/social_auth", Some(&bearer)).await;
        assert!(
            accounts.text.contains("canary-refresh"),
            "{}",
            accounts.text
        );
        let stored = "SELECT extra_data FROM social_auth_usersocialauth";
        let stored = town.server.store.query(stored)[0][0].clone();
        assert!(!stored.contains("canary"), "{stored}");

        let again = town.comes_in("alice").await.json();
        assert_eq!(again["id"], first["id"]);
        assert_eq!(town.moves(), 1, "the second time nothing moves");
        let told = "SELECT user_id FROM events WHERE kind = 'association.moved'";
        let told = town.server.store.query(told);
        assert_eq!(told, [[first["id"].as_str().unwrap()]]);
    }
}

async fn a_row_of_which_nothing_tells_whose_it_is_stays(store: Store) {
    let names_another = Old {
        extra: "sub = \"email\"",
        ..BY_NAME
    };
    let names_another_as_id = Old {
        extra: "sub = \"sub\"\nid = \"email\"",
        ..BY_ADDRESS
    };
    let names_nobody = Old {
        extra: "sub = \"nothing.there\"",
        ..BY_ADDRESS
    };
    for (old, person) in [
        (BY_NAME_ALONE, "alice"),
        (names_another, "alice"),
        // Another person's for certain: the address does not help.
        (names_another_as_id, "alice"),
        (names_nobody, "alice"),
        // Not verified.
        (BY_ADDRESS_ALONE, "erin"),
    ] {
        let town = Town::before(store.another(), old);
        town.comes_in(person).await;
        let town = town.switch();
        town.is_in_the_way_of(person, None).await;
        assert_eq!(town.uids().len(), 1);
    }
}

async fn a_name_that_somebody_else_took_over_opens_nothing(store: Store) {
    let town = Town::before(store, BY_NAME);
    let first = town.comes_in("namesake-1").await.json();
    let town = town.switch();
    town.is_in_the_way_of("namesake-2", None).await;
    assert_eq!(town.uids(), ["namesake"]);
    let moved = town.comes_in("namesake-1").await.json();
    assert_eq!(moved["id"], first["id"]);
    let second = town.comes_in("namesake-2").await.json();
    assert_eq!(second["is_new"], true);
    assert_ne!(second["id"], first["id"]);
    assert_eq!(town.uids(), ["n1", "n2"]);
}

async fn a_verified_address_moves_its_row_unless_the_operator_says_no(store: Store) {
    let town = Town::before(store, BY_ADDRESS_ALONE);
    let first = town.comes_in("alice").await.json();
    let town = town.restart(NEW, &[(SETTING, "false")]);
    town.is_in_the_way_of("alice", None).await;
    let town = town.switch();
    let moved = town.comes_in("alice").await.json();
    assert_eq!(moved["id"], first["id"]);
    assert_eq!(town.uids(), ["1001"]);
}

async fn the_operator_may_move_rows_that_nothing_vouches_for(store: Store) {
    let town = Town::before(store, BY_NAME_ALONE);
    let first = town.comes_in("alice").await.json();
    let town = town.back_to(BY_NAME);
    town.comes_in("namesake-1").await;
    let town = town.restart(NEW, &[(SETTING, "true")]);
    let moved = town.comes_in("alice").await.json();
    assert_eq!(moved["id"], first["id"]);
    // What speaks against it is heard all the same.
    town.is_in_the_way_of("namesake-2", None).await;
    assert_eq!(town.uids(), ["1001", "namesake"]);
}

async fn the_owner_who_is_signed_in_vouches_for_the_row(store: Store) {
    let town = Town::before(store, BY_NAME_ALONE);
    let alice = town.comes_in("alice").await;
    let town = town.back_to(BY_NAME);
    let namesake = town.comes_in("namesake-1").await;
    let town = town.switch();
    town.is_in_the_way_of("alice", None).await;
    let added = town.server.associate(&alice.bearer(), token("alice")).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(added.json()["id"], alice.json()["id"]);
    assert_eq!(added.json()["new_association"], false);
    town.is_in_the_way_of("namesake-2", Some(&namesake.bearer()))
        .await;
    assert_eq!(town.uids(), ["1001", "namesake"]);
    assert_eq!(town.moves(), 1);
}

async fn an_older_row_of_another_user_cannot_be_added(store: Store) {
    for old in [BY_NAME, BY_NAME_ALONE] {
        let town = Town::before(store.another(), old);
        town.comes_in("alice").await;
        let bob = town.comes_in("bob").await;
        let town = town.switch();
        let expected = (400, "identity_in_use".to_owned());
        town.refuses("alice", Some(&bob.bearer()), expected).await;
    }
}

async fn of_two_older_rows_none_moves(store: Store) {
    for same_user in [true, false] {
        let town = Town::before(store.another(), BY_NAME);
        let alice = town.comes_in("alice").await;
        let town = town.back_to(BY_ADDRESS);
        if same_user {
            let bearer = alice.bearer();
            let added = town.server.associate(&bearer, token("alice")).await;
            assert_eq!(added.status, 201);
        } else {
            town.comes_in("alice").await;
        }
        assert_eq!(town.uids().len(), 2);
        let town = town.switch();
        town.is_in_the_way_of("alice", None).await;
    }
}

async fn the_row_under_the_uid_wins_unless_another_user_has_an_older_one(store: Store) {
    // The older row is provably this person's, or nobody's: whose is the account?
    for old in [BY_NAME, BY_NAME_ALONE] {
        let town = Town::after(store.another());
        town.comes_in("alice").await;
        let town = town.back_to(old);
        town.comes_in("alice").await;
        let town = town.switch();
        town.is_in_the_way_of("alice", None).await;
    }
    // It is provably another person's, who had the name before.
    let town = Town::after(store.another());
    let second = town.comes_in("namesake-2").await.json();
    let town = town.back_to(BY_NAME);
    town.comes_in("namesake-1").await;
    let town = town.switch();
    let again = town.comes_in("namesake-2").await.json();
    assert_eq!(again["id"], second["id"]);
    // It is the same user's.
    let town = Town::after(store.another());
    let alice = town.comes_in("alice").await;
    let town = town.back_to(BY_NAME_ALONE);
    let added = town.server.associate(&alice.bearer(), token("alice")).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let town = town.switch();
    let again = town.comes_in("alice").await.json();
    assert_eq!(again["id"], alice.json()["id"]);
    assert_eq!(town.uids(), ["1001", "alice"]);
    assert_eq!(town.moves(), 0);
}

async fn fifty_first_sign_ins_after_the_switch_make_one_move(store: Store) {
    let town = Town::before(store, BY_NAME);
    let first = town.comes_in("alice").await.json();
    let town = town.switch();
    let mut running = JoinSet::new();
    for number in 0..50 {
        let url = format!("{}/social_sign_up", town.server.url);
        running.spawn(async move { (number, http::post(&url, None, &token("alice")).await) });
    }
    let answers = all_created(&running.join_all().await);
    assert_eq!(answers.len(), 50);
    assert_eq!(count(&answers, "is_new"), 0);
    assert_eq!(count(&answers, "new_association"), 0);
    let ids = texts(&answers, "id");
    assert_eq!(
        ids.into_iter().collect::<Vec<_>>(),
        [first["id"].as_str().unwrap()]
    );
    assert_eq!(town.uids(), ["1001"]);
    assert_eq!(town.moves(), 1);
    assert_eq!(town.server.store.count("sessions"), 51);
}

async fn a_token_that_nothing_binds_reaches_no_older_row(store: Store) {
    let unbound = "SOCIAL_AUTH_SANDBOX_ACCEPT_UNBOUND_ACCESS_TOKENS";
    for (file, policy) in [(UNBOUND, "unbindable"), (NEW, "true")] {
        let town = Town::before(store.another(), BY_NAME);
        let first = town.comes_in("alice").await.json();
        let town = town.restart(file, &[(unbound, policy), (SETTING, "true")]);
        let other = town.comes_in("alice").await.json();
        assert_ne!(other["id"], first["id"], "{policy}");
        assert_eq!(town.uids(), ["alice", "1001"], "{policy}");
    }
}
