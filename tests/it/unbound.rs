//! Tokens that nothing binds to this app: off, or on at the operator's risk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::json;
use sociable::app::{App, AppBuilder};
use sociable::settings::{Settings, Sources};

use crate::providers::fixture::{Fixture, Purpose};
use crate::providers::world::World;
use crate::support::internet::Answer;
use crate::support::server::{KEYS, Store, on_both};

on_both!(
    a_token_that_nothing_can_bind_is_refused_and_nobody_is_asked,
    the_address_of_an_unbound_sign_in_is_nobodys_proof,
    an_unbound_account_proves_no_address_of_its_user_later,
    the_operator_may_skip_bindings_on_this_machine,
);

use crate::providers::fixture::ACCEPT_UNBOUND as SETTING;

fn of_kind(kind: &str) -> Vec<Fixture> {
    let mut fixtures = Fixture::all_posted();
    fixtures.retain(|fixture| fixture.binding.kind == kind);
    assert!(!fixtures.is_empty(), "a provider of kind {kind}");
    fixtures
}

/// SUB-9.
async fn a_token_that_nothing_can_bind_is_refused_and_nobody_is_asked(store: Store) {
    let fixtures = of_kind("none");
    for policy in [None, Some("false")] {
        let enabled: Vec<_> = fixtures
            .iter()
            .map(|fixture| {
                let mut settings = fixture.settings_of(fixture.full());
                settings.remove(SETTING);
                settings.extend(policy.map(|policy| (SETTING.to_owned(), policy.to_owned())));
                (fixture.name.as_str(), settings)
            })
            .collect();
        let world = World::start(store.another(), &enabled).await;
        for fixture in &fixtures {
            let body = fixture.full().body(&fixture.name);
            let refused = world.server.sign_up(body).await;
            let expected = (400, "unbound_credential".to_owned());
            assert_eq!(refused.status_and_code(), expected, "{}", fixture.name);
        }
        assert!(world.internet.received().is_empty());
        assert_eq!(world.internet.tunnels(), 0);
        assert_eq!(world.server.store.rows(), [0; 5]);
    }
}

/// The settings of these providers, each as its first case has them.
fn enabled<'f>(fixtures: &[&'f Fixture]) -> Vec<(&'f str, BTreeMap<String, String>)> {
    fixtures
        .iter()
        .map(|fixture| (fixture.name.as_str(), fixture.settings_of(fixture.full())))
        .collect()
}

/// Lets a provider give this address, where it gave another one.
fn with_address(fixture: &Fixture, address: &str) -> Fixture {
    let mut fixture = fixture.clone();
    let own = fixture.full().expect.user.as_ref().unwrap()["email"].clone();
    let own = own.as_str().unwrap();
    for exchange in &mut fixture.cases[0].exchanges {
        let text = exchange.answer.json.to_string().replace(own, address);
        exchange.answer.json = serde_json::from_str(&text).unwrap();
    }
    fixture
}

/// SUB-10, whoever comes first: the owner of the address, or who claims it.
async fn the_address_of_an_unbound_sign_in_is_nobodys_proof(store: Store) {
    for unbound in ["instagram", "bitbucket-oauth2"].map(Fixture::read) {
        for owner_is_first in [true, false] {
            let github = Fixture::read("github");
            let unbound = with_address(&unbound, "Octocat@GitHub.com");
            let world = World::start(store.another(), &enabled(&[&github, &unbound])).await;
            world.play(github.full());
            world.play(unbound.full());
            let mut order = [&github, &unbound];
            if !owner_is_first {
                order.reverse();
            }
            let mut ids = BTreeSet::new();
            for fixture in order {
                let at = format!("{}, {owner_is_first}", fixture.name);
                let body = fixture.full().body(&fixture.name);
                let user = world.server.sign_up(body).await.json();
                assert_eq!(user["is_new"], true, "{at}");
                assert_eq!(user["email"], "Octocat@GitHub.com", "{at}");
                assert_eq!(user["email_verified"], fixture.name == "github", "{at}");
                assert!(ids.insert(user["id"].to_string()), "{at}: linked");
            }
        }
    }
}

/// SUB-10 where a later sign-in may change the address.
async fn an_unbound_account_proves_no_address_of_its_user_later(store: Store) {
    let facebook = Fixture::read("facebook");
    let mut bitbucket = Fixture::read("bitbucket-oauth2");
    bitbucket.settings.insert(
        "NO_DEFAULT_PROTECTED_USER_FIELDS".to_owned(),
        "true".to_owned(),
    );
    let world = World::start(store, &enabled(&[&facebook, &bitbucket])).await;
    world.play(facebook.full());
    world.play(bitbucket.full());
    let ada = world.server.sign_up(facebook.full().body("facebook")).await;
    let body = bitbucket.full().body("bitbucket-oauth2");
    let associated = world.server.associate(&ada.bearer(), body.clone()).await;
    assert_eq!(associated.status, 201, "{}", associated.text);
    assert_eq!(associated.json()["email"], "Ada@Example.com");
    assert_eq!(associated.json()["email_verified"], false);
    let again = world.server.sign_up(body).await.json();
    assert_eq!(again["id"], ada.json()["id"]);
    assert_eq!(again["email"], "Tutorials@Example.com");
    assert_eq!(again["email_verified"], false);
}

async fn the_operator_may_skip_bindings_on_this_machine(store: Store) {
    let mut fixtures = of_kind("introspect");
    for fixture in &mut fixtures {
        let settings = &mut fixture.settings;
        settings.insert(SETTING.to_owned(), "true".to_owned());
    }
    let world = World::of_all(store, &fixtures.iter().collect::<Vec<_>>()).await;
    for fixture in &fixtures {
        let case = fixture.full();
        world.internet.clear_received();
        world.play(case);
        let exchange = case.binding().unwrap();
        let place = exchange.request.host_and_path();
        let of_profile = case
            .exchanges
            .iter()
            .any(|one| one.purpose == Purpose::Profile && one.request.host_and_path() == place);
        if of_profile {
            continue;
        }
        let other = json!({"app": "another one"});
        world.answer(exchange, Answer::json(200, &other));
        let signed_up = world.server.sign_up(case.body(&fixture.name)).await;
        let at = &fixture.name;
        assert_eq!(signed_up.status, 201, "{at}: {}", signed_up.text);
        assert_eq!(signed_up.json()["email_verified"], false, "{at}");
        let asked = world.internet.received();
        assert!(!asked.is_empty(), "{at}");
        let (host, path) = place;
        let mut binding = asked.iter().filter(|asked| asked.path == path);
        assert!(binding.all(|asked| asked.host != host), "{at}");
    }
}

/// Builds an app that listens there; the error's text if it cannot be built.
async fn build(
    listen: &str,
    social: &[(&str, &str)],
    more: impl FnOnce(AppBuilder) -> AppBuilder,
) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("sociable.db").display());
    let ours = [
        ("SOCIABLE_DATABASE__URL", database.as_str()),
        ("SOCIABLE_SERVER__LISTEN", listen),
    ];
    let variables = ours.iter().chain(&KEYS).chain(social);
    let settings = Settings::load(&Sources {
        config: None,
        working_dir: PathBuf::from("/nonexistent"),
        environment: variables
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        overrides: Vec::new(),
    })
    .unwrap_or_else(|errors| panic!("{errors}"));
    let built = more(App::builder(settings)).build().await;
    built.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn bindings_are_not_skipped_where_others_can_call() {
    let registered = [
        ("SOCIAL_AUTH_GITHUB_KEY", "a-key"),
        ("SOCIAL_AUTH_GITHUB_SECRET", "a-secret"),
        ("SOCIAL_AUTH_DISCORD_KEY", "a-key"),
    ];
    let one = ("SOCIAL_AUTH_GITHUB_ACCEPT_UNBOUND_ACCESS_TOKENS", "true");
    let all = ("SOCIAL_AUTH_ACCEPT_UNBOUND_ACCESS_TOKENS", "true");
    let not = ("SOCIAL_AUTH_DISCORD_ACCEPT_UNBOUND_ACCESS_TOKENS", "false");
    let some = ("SOCIAL_AUTH_ACCEPT_UNBOUND_ACCESS_TOKENS", "unbindable");
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        for (settings, refused) in [
            (&[one][..], &["github"][..]),
            (&[all][..], &["discord", "github"][..]),
            (&[all, not][..], &["github"][..]),
            (&[some][..], &[][..]),
        ] {
            let social = [&registered, settings].concat();
            let built = build(listen, &social, |builder| builder).await;
            let text = built.clone().err().unwrap_or_default();
            let named: Vec<_> = text
                .lines()
                .map(|line| line.split(':').next().unwrap())
                .collect();
            assert_eq!(named, refused, "{listen} {settings:?}: {text}");
            assert!(refused.is_empty() || text.contains("--insecure-unbound"));
            assert_eq!(built.is_err(), !refused.is_empty(), "{listen}");
            let insecure = build(listen, &social, |builder| builder.insecure_unbound(true)).await;
            assert_eq!(insecure, Ok(()), "{listen} {settings:?}");
        }
    }
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        let social = [&registered[..], &[all]].concat();
        assert_eq!(build(listen, &social, |builder| builder).await, Ok(()));
    }
}
