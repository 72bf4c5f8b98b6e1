//! Every pipeline that python-social-auth documents, as a list of dotted names:
//! who comes in by it, and what is written.

use async_trait::async_trait;
use serde_json::json;
use sociable::pipeline::{AuthError, Context, Outcome, Step, Strategy, Update};

use crate::support::server::{Server, Store, on_both};

on_both!(each_documented_pipeline_lets_in_whom_it_is_written_for);

const SETTING: &str = "SOCIAL_AUTH_PIPELINE";

/// The steps of the default pipeline, those that it has commented out, and those
/// that the documents write themselves, without their dotted beginnings.
const DEFAULT: [&str; 9] = [
    "social_auth.social_details",
    "social_auth.social_uid",
    "social_auth.auth_allowed",
    "social_auth.social_user",
    "user.get_username",
    "user.create_user",
    "social_auth.associate_user",
    "social_auth.load_extra_data",
    "user.user_details",
];
const CREATES: [&str; 2] = ["user.get_username", "user.create_user"];
const OPTIONAL: [&str; 2] = ["mail.mail_validation", "social_auth.associate_by_email"];

/// Finds people where the team keeps them: here by their association.
struct LoadUser;

#[async_trait]
impl Step for LoadUser {
    fn name(&self) -> &'static str {
        "myapp.pipeline.load_user"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let found = strategy.storage.get_social_auth(&ctx.provider, &ctx.uid);
        let user = found.await?.map(|(_, user)| user);
        Ok(Update {
            user,
            ..Update::default()
        }
        .into())
    }
}

/// Adds a value for steps that follow.
struct SaveProfile;

#[async_trait]
impl Step for SaveProfile {
    fn name(&self) -> &'static str {
        "path.to.save_profile"
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        assert!(ctx.user.is_some(), "it stands behind create_user");
        Ok(Outcome::Continue)
    }
}

fn dotted(package: &str, steps: &[&str]) -> Vec<String> {
    let names = steps.iter();
    names
        .map(|step| format!("{package}.pipeline.{step}"))
        .collect()
}

/// The documents' lists, and whether each makes users.
fn documented() -> Vec<(Vec<String>, bool)> {
    let registered: Vec<&str> = DEFAULT
        .into_iter()
        .filter(|step| !CREATES.contains(step))
        .collect();
    let mut optional = DEFAULT.to_vec();
    optional.splice(5..5, OPTIONAL);
    let mut loading = dotted("social_core", &registered);
    loading.insert(3, LoadUser.name().to_owned());
    let mut saving = dotted("social_core", &DEFAULT);
    saving.insert(6, SaveProfile.name().to_owned());
    let short = [
        "social_auth.social_user",
        "social_auth.associate_user",
        "social_auth.load_extra_data",
        "user.user_details",
    ];
    vec![
        (dotted("social_core", &DEFAULT), true),
        (dotted("social_core", &optional), true),
        (dotted("social_core", &registered), false),
        (loading, false),
        (saving, true),
        (dotted("social", &DEFAULT), true),
        (dotted("social", &short), false),
    ]
}

async fn each_documented_pipeline_lets_in_whom_it_is_written_for(store: Store) {
    for (list, makes_users) in documented() {
        let server = Server::start(store.another());
        let sign_up = async |server: &Server, person: &str| {
            let body = json!({"provider": "sandbox", "access_token": person});
            server.sign_up(body).await
        };
        for person in ["alice", "bob"] {
            assert_eq!(sign_up(&server, person).await.status, 201);
        }
        let inactive = "UPDATE users SET is_active = false WHERE username = 'bob' RETURNING id";
        server.store.query(inactive);
        let store = server.store.clone();
        drop(server);
        let setting = serde_json::to_string(&list).unwrap();
        let server = Server::start_with(store, &[(SETTING, &setting)], |builder| {
            builder.step(LoadUser).step(SaveProfile)
        });
        let rows = || server.store.rows()[..3].to_vec();
        assert_eq!(rows(), [2, 2, 2], "users, associations, sessions");
        let known = sign_up(&server, "alice").await;
        assert_eq!(known.status, 201, "{list:?}: {}", known.text);
        assert_eq!(known.json()["is_new"], false);
        assert_eq!(rows(), [2, 2, 3], "{list:?}");
        let inactive = sign_up(&server, "bob").await;
        let expected = (400, "user_inactive".to_owned());
        assert_eq!(inactive.status_and_code(), expected, "{list:?}");
        assert_eq!(rows(), [2, 2, 3], "{list:?}");
        let new = sign_up(&server, "carol").await;
        if makes_users {
            assert_eq!(new.status, 201, "{list:?}: {}", new.text);
            assert_eq!(new.json()["is_new"], true);
            assert_eq!(rows(), [3, 3, 4], "{list:?}");
        } else {
            let expected = (400, "authentication_disallowed".to_owned());
            assert_eq!(new.status_and_code(), expected, "{list:?}");
            assert_eq!(rows(), [2, 2, 3], "{list:?}");
        }
    }
}
