//! Microsoft's people: whose tenants count, and what they are known by.

use serde_json::{Value, json};

use super::Town;
use crate::email_conflicts::{LINKING, TRUST};
use crate::support::id_tokens::{Key, chrono_now, claims, serve_keys};
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(
    one_tenants_people_are_those_of_its_issuer_whatever_a_token_says_of_itself,
    by_token_and_by_code_a_person_is_one_and_with_the_object_id_for_all_apps,
    a_row_under_the_subject_moves_to_tenant_and_person,
    pre_6_an_address_that_a_tenant_sets_itself_leads_to_nobodys_account,
);

const OURS: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const OTHER: &str = "11111111-604b-40ac-a9d7-9fd97c0b779f";
const PERSON: &str = "46aa7529-893e-4c64-af22-9f6ef6aed057";
const CALLBACK: &str = "https://app.example/cb";

fn issuer(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// A token's claims for an app: `sub` is of person and app.
fn of_person(tenant: &str, app: &str) -> Value {
    let mut claims = claims(&issuer(tenant), app, &format!("ada-at-{app}"));
    claims["tid"] = tenant.into();
    claims["oid"] = PERSON.into();
    claims["email"] = "boss@victim.example".into();
    claims
}

async fn one_tenants_people_are_those_of_its_issuer_whatever_a_token_says_of_itself(store: Store) {
    let settings = [
        ("SOCIAL_AUTH_AZUREAD_V2_TENANT_OAUTH2_KEY", "an-app"),
        ("SOCIAL_AUTH_AZUREAD_V2_TENANT_OAUTH2_SECRET", "a-secret"),
        ("SOCIAL_AUTH_AZUREAD_V2_TENANT_OAUTH2_TENANT_ID", OURS),
    ];
    // Its document names its issuer, or stands for all tenants.
    for document in [issuer(OURS), issuer("{tenantid}")] {
        let town = Town::start(store.another(), &settings).await;
        serve_keys(&town.internet, &document);
        let body = |issued_by: &str, tenant: Value| {
            let mut claims = of_person(issued_by, "an-app");
            claims["tid"] = tenant;
            json!({"provider": "azuread-v2-tenant-oauth2", "id_token": Key::Rs256.token(&claims)})
        };
        for (issued_by, tenant) in [(OTHER, OTHER), (OTHER, OURS)] {
            let refused = body(issued_by, tenant.into());
            town.refuses(refused, (401, "invalid_claim")).await;
        }
        let given = town.server.sign_up(body(OURS, OURS.into())).await;
        assert_eq!(given.status, 201, "{document}: {}", given.text);
        assert_eq!(given.json()["email_verified"], false);
    }
}

/// A server of two apps, and where Microsoft exchanges codes.
async fn two_apps(store: Store, more: &[(&str, &str)]) -> Town {
    let addresses = json!([CALLBACK]).to_string();
    let clients = json!([{"name": "ios", "key": "ios-app", "secret": "b"}]).to_string();
    let settings = [
        ("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_KEY", "an-app"),
        ("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_SECRET", "a-secret"),
        ("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_CLIENTS", &clients),
        ("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_REDIRECT_URIS", &addresses),
    ];
    let town = Town::start(store, &[&settings[..], more].concat()).await;
    serve_keys(&town.internet, &issuer("{tenantid}"));
    town
}

async fn pre_6_an_address_that_a_tenant_sets_itself_leads_to_nobodys_account(store: Store) {
    let town = two_apps(store, &[LINKING, TRUST]).await;
    let victim = json!({"provider": "sandbox", "access_token": "alice"});
    let victim = town.server.sign_up(victim).await.json();
    let of_tenant = |person: &str, vouched: Value| {
        let mut claims = of_person(OTHER, "an-app");
        claims["sub"] = person.into();
        claims["oid"] = person.into();
        claims["email"] = "alice@example.com".into();
        claims["email_verified"] = true.into();
        claims["xms_edov"] = vouched;
        let token = Key::Rs256.token(&claims);
        json!({"provider": "azuread-oauth2-v2", "client_id": "an-app", "id_token": token})
    };
    let hostile = town
        .server
        .sign_up(of_tenant("mallory", false.into()))
        .await;
    assert_eq!(hostile.status, 201, "{}", hostile.text);
    let hostile = hostile.json();
    assert_ne!(hostile["id"], victim["id"]);
    assert_eq!(
        (&hostile["is_new"], &hostile["email_verified"]),
        (&json!(true), &json!(false))
    );
    // Two have the address now; one of them is to go, so that it can lead to one.
    let gone = "DELETE FROM users WHERE verified_email_key IS NULL RETURNING id";
    assert_eq!(town.server.store.query(gone).len(), 1);
    let vouched = town.server.sign_up(of_tenant("alice", true.into())).await;
    assert_eq!(vouched.json()["id"], victim["id"], "{}", vouched.text);
}

/// Signs in with a token of that app, or with a code for one.
async fn uid(town: &Town, app: &str, by_code: bool) -> String {
    let mut claims = of_person(OURS, app);
    claims["jti"] = format!("{app}-{by_code}-{}", chrono_now()).into();
    let id_token = Key::Rs256.token(&claims);
    let mut body = json!({"provider": "azuread-oauth2-v2", "client_id": app});
    if by_code {
        let answer =
            json!({"access_token": "of-graph", "token_type": "Bearer", "id_token": id_token});
        let answer = Answer::json(200, &answer);
        let host = "login.microsoftonline.com";
        town.internet.on("POST", host, "/token", answer);
        body["code"] = format!("a-code-of-{app}").into();
        body["redirect_uri"] = CALLBACK.into();
    } else {
        body["id_token"] = id_token.into();
    }
    let given = town.server.sign_up(body).await;
    assert_eq!(given.status, 201, "{app}, {by_code}: {}", given.text);
    let told = given.json();
    assert_eq!(told["email_verified"], false, "{app}, {by_code}");
    told["social_auth"]["uid"].as_str().unwrap().to_owned()
}

async fn by_token_and_by_code_a_person_is_one_and_with_the_object_id_for_all_apps(store: Store) {
    let town = two_apps(store.another(), &[]).await;
    for app in ["an-app", "ios-app"] {
        for by_code in [false, true] {
            let expected = format!("ada-at-{app}");
            assert_eq!(uid(&town, app, by_code).await, expected, "{by_code}");
        }
    }
    assert_eq!(town.server.store.count("users"), 2, "one an app");
    let by_object = [("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_USE_OBJECT_ID", "true")];
    let town = two_apps(store, &by_object).await;
    for app in ["an-app", "ios-app"] {
        for by_code in [false, true] {
            let expected = format!("{OURS}.{PERSON}");
            assert_eq!(uid(&town, app, by_code).await, expected, "{app}, {by_code}");
        }
    }
    assert_eq!(town.server.store.count("users"), 1);
}

async fn a_row_under_the_subject_moves_to_tenant_and_person(store: Store) {
    let town = two_apps(store.clone(), &[]).await;
    assert_eq!(uid(&town, "an-app", false).await, "ada-at-an-app");
    drop(town);
    let by_object = [
        ("SOCIAL_AUTH_AZUREAD_OAUTH2_V2_USE_OBJECT_ID", "true"),
        (
            "SOCIAL_AUTH_AZUREAD_OAUTH2_V2_ALLOW_UNVERIFIED_LEGACY_UID_MIGRATION",
            "true",
        ),
    ];
    let town = two_apps(store, &by_object).await;
    let expected = format!("{OURS}.{PERSON}");
    assert_eq!(uid(&town, "an-app", true).await, expected);
    assert_eq!(uid(&town, "ios-app", false).await, expected);
    assert_eq!(town.server.store.count("users"), 1);
}
