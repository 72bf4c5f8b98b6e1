//! Every pipeline that python-social-auth documents, as a list of dotted names:
//! who comes in by it, and what is written.

use async_trait::async_trait;
use serde_json::json;
use sociable::mail::{MailError, Mailer, ValidationMail};
use sociable::pipeline::{AuthError, Context, Fields, Halt, Outcome, Step, Strategy, Update};

use crate::disconnect::{disconnect, with_two_accounts};
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    each_documented_pipeline_lets_in_whom_it_is_written_for,
    each_documented_disconnection_takes_one_of_two_accounts_and_never_the_last,
);

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

/// What a list comes to for somebody.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Comes {
    /// 201.
    In,
    /// 202: this step waits.
    Waits(&'static str),
    /// 400, with this code.
    Not(&'static str),
}

/// A list, who comes in by it, and the setting that it needs beside.
struct Documented {
    list: Vec<String>,
    new: Comes,
    /// A new person of whom the provider knows no address.
    without_address: Comes,
    /// A known one.
    known: Comes,
    more: Option<(&'static str, &'static str)>,
}

const NOBODY: Comes = Comes::Not("authentication_disallowed");
const ASKS: &str = "app.pipeline.ask_plan";

/// Waits for something of everybody, as `@partial` is documented.
struct AskPlan;

#[async_trait]
impl Step for AskPlan {
    fn name(&self) -> &'static str {
        ASKS
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.input.contains_key("plan") {
            return Ok(Outcome::Continue);
        }
        let fields = Fields::new(json!({
            "type": "object", "properties": {"plan": {"type": "string"}}, "required": ["plan"],
        }))?;
        Ok(Halt::for_fields(fields).into())
    }
}

fn documented(list: Vec<String>, makes_users: bool) -> Documented {
    let new = if makes_users { Comes::In } else { NOBODY };
    Documented {
        list,
        new,
        without_address: new,
        known: Comes::In,
        more: None,
    }
}

/// The lists that nothing halts.
fn unhalted(package: &str) -> Vec<Documented> {
    let registered: Vec<&str> = DEFAULT
        .into_iter()
        .filter(|step| !CREATES.contains(step))
        .collect();
    let mut optional = DEFAULT.to_vec();
    optional.splice(5..5, OPTIONAL);
    let mut loading = dotted(package, &registered);
    loading.insert(3, LoadUser.name().to_owned());
    let mut saving = dotted(package, &DEFAULT);
    saving.insert(6, SaveProfile.name().to_owned());
    let short = [
        "social_auth.social_user",
        "social_auth.associate_user",
        "social_auth.load_extra_data",
        "user.user_details",
    ];
    vec![
        documented(dotted(package, &DEFAULT), true),
        documented(dotted(package, &optional), true),
        documented(dotted(package, &registered), false),
        documented(loading, false),
        documented(saving, true),
        documented(dotted(package, &short), false),
    ]
}

/// The lists with a step that waits: `require_email` and `mail_validation` in
/// front of `create_user`, and a step of the team's own behind all others.
fn halted(package: &str) -> Vec<Documented> {
    let mut asking = dotted(package, &DEFAULT);
    asking.insert(5, "require_email".to_owned());
    let mut proving = DEFAULT.to_vec();
    proving.splice(5..5, OPTIONAL);
    let mut own = dotted(package, &DEFAULT);
    own.push(ASKS.to_owned());
    vec![
        Documented {
            without_address: Comes::Waits("require_email"),
            ..documented(asking, true)
        },
        Documented {
            new: Comes::Waits("mail_validation"),
            more: Some(("SOCIAL_AUTH_FORCE_EMAIL_VALIDATION", "true")),
            ..documented(dotted(package, &proving), true)
        },
        Documented {
            new: Comes::Waits(ASKS),
            without_address: Comes::Waits(ASKS),
            known: Comes::Waits(ASKS),
            ..documented(own, true)
        },
    ]
}

async fn sign_up(server: &Server, person: &str) -> Reply {
    let body = json!({"provider": "sandbox", "access_token": person});
    server.sign_up(body).await
}

/// Carries mails nowhere.
struct Nowhere;

#[async_trait]
impl Mailer for Nowhere {
    async fn send(&self, _: &ValidationMail) -> Result<(), MailError> {
        Ok(())
    }
}

/// A server with the list, whose Alice is known and whose Bob is inactive.
async fn with_people(store: &Store, of: &Documented) -> Server {
    let server = Server::start(store.another());
    for person in ["alice", "bob"] {
        assert_eq!(sign_up(&server, person).await.status, 201);
    }
    let inactive = "UPDATE users SET is_active = false WHERE username = 'bob' RETURNING id";
    server.store.query(inactive);
    let store = server.store.clone();
    drop(server);
    let list = serde_json::to_string(&of.list).unwrap();
    let mut settings = vec![(SETTING, list.as_str())];
    settings.extend(of.more);
    Server::start_with(store, &settings, |builder| {
        let builder = builder.step(LoadUser).step(SaveProfile).step(AskPlan);
        builder.mailer(Nowhere)
    })
}

async fn comes(server: &Server, person: &str, expected: Comes, of: &Documented) {
    let list = &of.list;
    let rows = || server.store.rows()[..3].to_vec();
    let before = rows();
    let reply = sign_up(server, person).await;
    match expected {
        Comes::In => {
            assert_eq!(reply.status, 201, "{person}, {list:?}: {}", reply.text);
            let is_new = person != "alice";
            assert_eq!(reply.json()["is_new"], is_new, "{person}, {list:?}");
            let made = u64::from(is_new);
            let after = [before[0] + made, before[1] + made, before[2] + 1];
            assert_eq!(rows(), after, "{person}, {list:?}");
        }
        Comes::Waits(step) => {
            assert_eq!(reply.status, 202, "{person}, {list:?}: {}", reply.text);
            assert_eq!(reply.json()["step"], step, "{person}, {list:?}");
            assert_eq!(rows(), before, "{person}, {list:?}");
        }
        Comes::Not(code) => {
            let expected = (400, code.to_owned());
            assert_eq!(reply.status_and_code(), expected, "{person}, {list:?}");
            assert_eq!(rows(), before, "{person}, {list:?}");
        }
    }
}

async fn each_documented_pipeline_lets_in_whom_it_is_written_for(store: Store) {
    for package in ["social_core", "social"] {
        for of in unhalted(package).iter().chain(&halted(package)) {
            let server = with_people(&store, of).await;
            comes(&server, "alice", of.known, of).await;
            let inactive = match of.known {
                Comes::In => Comes::Not("user_inactive"),
                waits => waits,
            };
            comes(&server, "bob", inactive, of).await;
            comes(&server, "carol", of.new, of).await;
            comes(&server, "dave", of.without_address, of).await;
        }
    }
}

async fn each_documented_disconnection_takes_one_of_two_accounts_and_never_the_last(store: Store) {
    let steps = [
        "allowed_to_disconnect",
        "get_entries",
        "revoke_tokens",
        "disconnect",
    ];
    for package in ["social_core", "social"] {
        let steps = steps.map(|step| format!("disconnect.{step}"));
        let list = dotted(package, &steps.each_ref().map(String::as_str));
        let list = serde_json::to_string(&list).unwrap();
        let setting = ("SOCIAL_AUTH_DISCONNECT_PIPELINE", list.as_str());
        let server = Server::start_with(store.another(), &[setting], |builder| builder);
        let bearer = with_two_accounts(&server, "alice").await;
        let gone = disconnect(&server.url, "sandbox-oauth1", &bearer).await;
        assert_eq!(gone.status, 204, "{list}: {}", gone.text);
        let refused = disconnect(&server.url, "sandbox", &bearer).await;
        let expected = (409, "disconnect_disallowed".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{list}");
    }
}
