//! `examples/fill_password.rs`: a password first, then the last account goes.

use argon2::Argon2;
use argon2::password_hash::{PasswordVerifier, phc};
use serde_json::{Value, json};

use super::program::{built, started};
use crate::support::http;
use crate::support::server::{Reply, Store, on_both};

on_both!(the_last_account_goes_once_there_is_a_password);

const PASSWORD: &str = "correct horse battery";

fn count(store: &Store, events: &str) -> String {
    let sql = format!("SELECT count(*) FROM events WHERE kind = '{events}'");
    store.query(&sql)[0][0].clone()
}

async fn the_last_account_goes_once_there_is_a_password(store: Store) {
    let running = started(&built("fill_password"), &store);
    let post = async |path: &str, bearer: Option<&str>, body: Value| -> Reply {
        http::post(&format!("{}{path}", running.url), bearer, &body).await
    };
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let bearer = post("/social_sign_up", None, alice).await.bearer();
    let bearer = Some(bearer.as_str());

    let asked = post("/disconnect/sandbox", bearer, json!({})).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let asked = asked.json();
    assert_eq!(asked["step"], "example.fill_password");
    assert_eq!(asked["required"]["properties"]["password"]["minLength"], 12);
    let with =
        |password: &str| json!({"partial_token": asked["partial_token"], "password": password});
    let short = post("/disconnect/sandbox", bearer, with("short")).await;
    let told = json!({"password": ["Ensure this field has at least 12 characters."]});
    assert_eq!((short.status, short.json()), (400, told));
    assert_eq!(store.query("SELECT password FROM users"), [["NULL"]]);

    let gone = post("/disconnect/sandbox", bearer, with(PASSWORD)).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(store.count("social_auth_usersocialauth"), 0);
    let stored = store.query("SELECT password FROM users")[0][0].clone();
    let hash = phc::PasswordHash::new(&stored).unwrap();
    let verified = Argon2::default().verify_password(PASSWORD.as_bytes(), &hash);
    assert!(verified.is_ok(), "{stored}");
    assert_eq!(count(&store, "user.updated"), "1");
    assert_eq!(count(&store, "association.removed"), "1");

    // Whoever has a password is not asked again.
    let added = json!({"provider": "sandbox", "access_token": "alice"});
    let added = post("/social_sign_up", bearer, added).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let gone = post("/disconnect/sandbox", bearer, json!({})).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
}
