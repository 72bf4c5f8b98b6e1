//! OID2-8: secrets shared with a provider, when the operator wants them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::assertion::{Assertion, NS};
use super::{World, valid};
use crate::support::internet::{Answer, Received};
use crate::support::server::{Store, on_both};

on_both!(
    oid2_8_nothing_is_shared_unless_the_operator_says_so,
    oid2_8_an_assertion_of_a_shared_secret_needs_no_question,
    oid2_8_a_secret_that_has_run_out_is_asked_about,
    oid2_8_a_secret_of_sha_1_is_not_taken,
    oid2_8_a_secret_that_the_provider_forgot_is_forgotten,
);

const SECRET: [u8; 32] = [7; 32];
const ON: [(&str, &str); 1] = [("SOCIAL_AUTH_OP_ASSOCIATIONS", "true")];

/// A provider that shares its secret in the clear alone: TLS carries it.
fn shares(world: &World, host: &str, assoc_type: &'static str, expires_in: u32, valid: &str) {
    let valid = valid.to_owned();
    world.internet.on_fn("POST", host, "/openid", move |asked| {
        let secret = STANDARD.encode(SECRET);
        match (
            field(asked, "mode").as_str(),
            field(asked, "session_type").as_str(),
        ) {
            ("associate", "no-encryption") => Answer::text(
                200,
                &format!(
                    "ns:{NS}\nassoc_type:{assoc_type}\nsession_type:no-encryption\n\
                     assoc_handle:shared\nexpires_in:{expires_in}\nmac_key:{secret}\n"
                ),
            ),
            ("associate", _) => Answer::text(
                400,
                &format!(
                    "ns:{NS}\nerror:no\nerror_code:unsupported-type\n\
                     session_type:no-encryption\nassoc_type:{assoc_type}\n"
                ),
            ),
            _ => Answer::text(200, &valid),
        }
    });
}

fn field(asked: &Received, name: &str) -> String {
    let name = format!("openid.{name}");
    let found = asked.form().into_iter().find(|(field, _)| *field == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// The handle that `GET /providers` sends people off to `op.example` with.
async fn handle(world: &World) -> Option<String> {
    let listed = world.server.get("/providers", None).await.json();
    let mut all = listed.as_array().unwrap().iter();
    let openid = all.find(|one| one["name"] == "openid").unwrap();
    let url = Url::parse(openid["openid_urls"][0]["url"].as_str().unwrap()).unwrap();
    assert_eq!(url.host_str(), Some("op.example"));
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(name, _)| name == "openid.assoc_handle");
    found.map(|(_, value)| value.into_owned())
}

fn modes(world: &World) -> Vec<String> {
    let received = world.internet.received();
    let asked = received.iter().filter(|asked| asked.host == "op.example");
    asked.map(|asked| field(asked, "mode")).collect()
}

fn ada() -> Assertion {
    Assertion::of("https://op.example", "ada")
}

fn no() -> String {
    format!("ns:{NS}\nis_valid:false\n")
}

async fn oid2_8_nothing_is_shared_unless_the_operator_says_so(store: Store) {
    let world = World::start(store, &[]).await;
    shares(&world, "op.example", "HMAC-SHA256", 3600, &valid());
    assert_eq!(handle(&world).await, None);
    assert_eq!(modes(&world), Vec::<String>::new());
    assert_eq!(world.server.sign_up(ada().body("openid")).await.status, 201);
    assert_eq!(modes(&world), ["check_authentication"]);
    assert_eq!(world.server.store.count("social_auth_association"), 0);
}

async fn oid2_8_an_assertion_of_a_shared_secret_needs_no_question(store: Store) {
    let world = World::start(store, &ON).await;
    shares(&world, "op.example", "HMAC-SHA256", 3600, &no());
    shares(&world, "other.example", "HMAC-SHA256", 3600, &no());
    assert_eq!(handle(&world).await.as_deref(), Some("shared"));
    assert_eq!(handle(&world).await.as_deref(), Some("shared"));
    assert_eq!(modes(&world), ["associate", "associate"]);
    let mut good = ada();
    good.sign_with("shared", &SECRET);
    let reply = world.server.sign_up(good.body("openid")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let rows = world.server.store.contents();
    let mut changed = ada();
    changed.sign_with("shared", &SECRET);
    changed.set("claimed_id", "https://op.example/id/eve");
    changed.set("identity", "https://op.example/id/eve");
    let mut other_key = ada();
    other_key.sign_with("shared", &[8; 32]);
    // Secrets and handles of a provider say nothing at another one.
    let mut other_handle = ada();
    other_handle.sign_with("of-another-provider", &SECRET);
    for bad in [&changed, &other_key, &other_handle] {
        let reply = world.server.sign_up(bad.body("openid")).await;
        let expected = (401, "invalid_signature".to_owned());
        assert_eq!(reply.status_and_code(), expected);
    }
    assert_eq!(world.server.store.contents(), rows);
    assert_eq!(
        modes(&world),
        ["associate", "associate", "check_authentication"]
    );
    // At rest the secret is sealed.
    let kept = world
        .server
        .store
        .query("SELECT secret FROM social_auth_association");
    assert!(
        kept.iter()
            .flatten()
            .all(|kept| !kept.contains(&STANDARD.encode(SECRET)))
    );
}

async fn oid2_8_a_secret_that_has_run_out_is_asked_about(store: Store) {
    let world = World::start(store, &ON).await;
    shares(&world, "op.example", "HMAC-SHA256", 0, &no());
    assert_eq!(handle(&world).await.as_deref(), Some("shared"));
    let mut late = ada();
    late.sign_with("shared", &SECRET);
    let reply = world.server.sign_up(late.body("openid")).await;
    let expected = (401, "invalid_signature".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    assert_eq!(modes(&world).last().unwrap(), "check_authentication");
}

async fn oid2_8_a_secret_of_sha_1_is_not_taken(store: Store) {
    let world = World::start(store, &ON).await;
    shares(&world, "op.example", "HMAC-SHA1", 3600, &valid());
    assert_eq!(handle(&world).await, None);
    // Nor is the provider asked again at once.
    assert_eq!(handle(&world).await, None);
    assert_eq!(modes(&world), ["associate"]);
    let of_op = "SELECT count(*) FROM social_auth_association WHERE server_url = 'https://op.example/openid'";
    assert_eq!(world.server.store.query(of_op), [["0"]]);
    assert_eq!(world.server.sign_up(ada().body("openid")).await.status, 201);
}

async fn oid2_8_a_secret_that_the_provider_forgot_is_forgotten(store: Store) {
    let world = World::start(store, &ON).await;
    let gone = format!("ns:{NS}\nis_valid:true\ninvalidate_handle:shared\n");
    shares(&world, "op.example", "HMAC-SHA256", 3600, &gone);
    let of_op =
        "SELECT handle FROM social_auth_association WHERE server_url = 'https://op.example/openid'";
    assert_eq!(handle(&world).await.as_deref(), Some("shared"));
    // Said in the assertion alone it means nothing.
    let mut alone = ada();
    alone.sign_with("shared", &SECRET);
    alone.set("invalidate_handle", "shared");
    assert_eq!(world.server.sign_up(alone.body("openid")).await.status, 201);
    assert_eq!(world.server.store.query(of_op), [["shared"]]);
    let mut assertion = ada();
    assertion.set("invalidate_handle", "shared");
    assert_eq!(
        world.server.sign_up(assertion.body("openid")).await.status,
        201
    );
    assert_eq!(world.server.store.query(of_op), Vec::<Vec<String>>::new());
}
