//! Which steps a pipeline has, and who comes in by it.

use async_trait::async_trait;
use serde_json::{Value, json};
use sociable::app::App;
use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};
use sociable::settings::{Settings, Sources};

use crate::support::server::{Server, Store, on_both};

on_both!(
    the_documented_lists_create_users,
    only_registered_users_come_in_by_the_short_lists,
    a_backends_own_pipeline_wins,
    a_teams_own_step_finds_users_in_its_own_way,
);

const DEFAULT: &str = r#"[
    "social_core.pipeline.social_auth.social_details", "social_core.pipeline.social_auth.social_uid",
    "social_core.pipeline.social_auth.auth_allowed", "social_core.pipeline.social_auth.social_user",
    "social_core.pipeline.user.get_username", "social_core.pipeline.user.create_user",
    "social_core.pipeline.social_auth.associate_user",
    "social_core.pipeline.social_auth.load_extra_data", "social_core.pipeline.user.user_details"]"#;
const REGISTERED_ONLY: &str = r#"[
    "social_core.pipeline.social_auth.social_details", "social_core.pipeline.social_auth.social_uid",
    "social_core.pipeline.social_auth.auth_allowed", "social_core.pipeline.social_auth.social_user",
    "social_core.pipeline.social_auth.associate_user",
    "social_core.pipeline.social_auth.load_extra_data", "social_core.pipeline.user.user_details"]"#;
const OLD_REGISTERED_ONLY: &str = r#"[
    "social.pipeline.social_auth.social_user", "social.pipeline.social_auth.associate_user",
    "social.pipeline.social_auth.load_extra_data", "social.pipeline.user.user_details"]"#;
const OWN_STEP: &str = r#"["social_details", "social_uid", "auth_allowed", "social_user",
    "myapp.pipeline.load_user", "associate_user", "load_extra_data", "user_details"]"#;

fn sandbox(token: &str) -> Value {
    json!({"provider": "sandbox", "access_token": token})
}

fn oauth1(name: &str) -> Value {
    let secret = format!("{name}-secret");
    json!({"provider": "sandbox-oauth1", "access_token": name, "access_token_secret": secret})
}

async fn the_documented_lists_create_users(store: Store) {
    let old = DEFAULT.replace("social_core.", "social.");
    let short = DEFAULT
        .replace("social_core.pipeline.social_auth.", "")
        .replace("social_core.pipeline.user.", "");
    for list in [DEFAULT, &old, &short] {
        let setting = [("SOCIAL_AUTH_PIPELINE", list)];
        let server = Server::start_with(store.another(), &setting, |builder| builder);
        for is_new in [true, false] {
            let reply = server.sign_up(sandbox("li")).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
            let user = reply.json();
            assert_eq!(user["is_new"], is_new);
            assert_eq!(user["new_association"], is_new);
            assert_eq!(user["username"], "li");
            assert_eq!(user["email"], "li@example.com");
            // `social_names` is not in the documents' list.
            assert_eq!(user["fullname"], "李小龍");
            assert_eq!(user["first_name"], Value::Null);
        }
        assert_eq!(server.store.rows()[..3], [1, 1, 2]);
    }
}

/// LNK-6, RACE-3.
async fn only_registered_users_come_in_by_the_short_lists(store: Store) {
    for list in [REGISTERED_ONLY, OLD_REGISTERED_ONLY] {
        let setting = [("SOCIAL_AUTH_SANDBOX_PIPELINE", list)];
        let server = Server::start_with(store.another(), &setting, |builder| builder);
        for name in ["alice", "bob"] {
            assert_eq!(server.sign_up(oauth1(name)).await.status, 201);
        }
        for (uid, sub) in [("2001", "1001"), ("2002", "1002")] {
            server.store.query(&format!(
                "UPDATE social_auth_usersocialauth SET provider = 'sandbox', uid = '{sub}' WHERE uid = '{uid}'"
            ));
        }
        server
            .store
            .query("UPDATE users SET is_active = false WHERE username = 'bob'");
        let before = server.store.rows();
        for (token, code) in [
            ("carol", "authentication_disallowed"),
            ("bob", "user_inactive"),
        ] {
            let refused = server.sign_up(sandbox(token)).await;
            assert_eq!(refused.status_and_code(), (400, code.to_owned()));
            assert_eq!(refused.json()["errors"], "Error with social authentication");
        }
        assert_eq!(server.store.rows(), before);
        let known = server.sign_up(sandbox("alice")).await;
        assert_eq!(known.status, 201, "{}", known.text);
        assert_eq!(known.json()["is_new"], false);
        assert_eq!(known.json()["new_association"], false);
        let after = server.store.rows();
        assert_eq!(
            (after[0], after[1], after[2]),
            (before[0], before[1], before[2] + 1)
        );
        // Somebody signed in may add what nobody has.
        let added = server.associate(&known.bearer(), sandbox("carol")).await;
        assert_eq!(added.status, 201, "{}", added.text);
        assert_eq!(added.json()["new_association"], true);
        assert_eq!(
            server.sign_up(sandbox("carol")).await.json()["id"],
            known.json()["id"]
        );
    }
}

async fn a_backends_own_pipeline_wins(store: Store) {
    let settings = [
        ("SOCIAL_AUTH_PIPELINE", REGISTERED_ONLY),
        ("SOCIAL_AUTH_SANDBOX_OAUTH1_PIPELINE", DEFAULT),
    ];
    let server = Server::start_with(store, &settings, |builder| builder);
    let refused = server.sign_up(sandbox("alice")).await;
    let expected = (400, "authentication_disallowed".to_owned());
    assert_eq!(refused.status_and_code(), expected);
    assert_eq!(server.store.rows(), [0; 5]);
    assert_eq!(server.sign_up(oauth1("alice")).await.json()["is_new"], true);
}

/// Finds the user of the same address, as a team may choose to.
struct LoadUser;

#[async_trait]
impl Step for LoadUser {
    fn name(&self) -> &'static str {
        "myapp.pipeline.load_user"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(email) = ctx.details.email.as_deref().filter(|_| ctx.user.is_none()) else {
            return Ok(Outcome::Continue);
        };
        let mut users = strategy.storage.get_users_by_email(email).await?;
        let update = Update {
            user: users.pop(),
            ..Update::default()
        };
        Ok(update.into())
    }
}

async fn a_teams_own_step_finds_users_in_its_own_way(store: Store) {
    let setting = [("SOCIAL_AUTH_SANDBOX_PIPELINE", OWN_STEP)];
    let server = Server::start_with(store, &setting, |builder| builder.step(LoadUser));
    let alice = server.sign_up(oauth1("alice")).await;
    let found = server.sign_up(sandbox("alice")).await;
    assert_eq!(found.status, 201, "{}", found.text);
    assert_eq!(found.json()["id"], alice.json()["id"]);
    assert_eq!(found.json()["is_new"], false);
    assert_eq!(found.json()["new_association"], true);
    let before = server.store.rows();
    let unknown = server.sign_up(sandbox("bob")).await;
    let expected = (400, "authentication_disallowed".to_owned());
    assert_eq!(unknown.status_and_code(), expected);
    assert_eq!(server.store.rows(), before);
}

#[test]
fn a_step_that_nobody_registered_does_not_start() {
    let environment = [
        ("SOCIAL_AUTH_GITHUB_KEY", "key"),
        ("SOCIAL_AUTH_GITHUB_SECRET", "secret"),
        ("SOCIAL_AUTH_PIPELINE", OWN_STEP),
    ];
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let settings = || {
        let sources = Sources {
            environment: environment.map(own).to_vec(),
            working_dir: "/nonexistent".into(),
            ..Sources::default()
        };
        Settings::load(&sources).unwrap()
    };
    let refused = App::builder(settings()).check().err().unwrap().to_string();
    assert!(
        refused.contains("no step is called `myapp.pipeline.load_user`"),
        "{refused}"
    );
    assert_eq!(refused.lines().count(), 1, "{refused}");
    assert!(App::builder(settings()).step(LoadUser).check().is_ok());
}
