//! A round: people of many providers sign up at one server, one a provider.

use std::collections::HashSet;

use serde_json::{Value, json};
use sociable::model::{email_key, username_key};

use super::fixture::{Case, Fixture};
use super::without_times;
use super::world::World;
use crate::support::server::Reply;

/// Stands for a name made up where the provider gave none.
const RANDOM: &str = "<32 hex digits>";

/// A server and those who came before.
pub(crate) struct Round<'w> {
    world: &'w World,
    usernames: HashSet<String>,
    proven: HashSet<String>,
}

impl<'w> Round<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self {
            world,
            usernames: HashSet::new(),
            proven: HashSet::new(),
        }
    }

    /// Plays a case and holds what was asked, answered and kept.
    pub(crate) async fn play(&mut self, fixture: &Fixture, case: &Case) {
        let world = self.world;
        let at = format!("{}, {}", fixture.name, case.name);
        world.internet.clear_received();
        world.play(case);
        if let Some(refused) = &case.expect.refused {
            assert!(case.expect.uid.is_none(), "{at}: refused, or somebody");
            let before = world.server.store.rows();
            let given = world.server.sign_up(case.body(&fixture.name)).await;
            let expected = (refused.status, refused.code.clone());
            assert_eq!(given.status_and_code(), expected, "{at}");
            assert_eq!(world.server.store.rows(), before, "{at}");
        } else {
            let given = world.server.sign_up(case.body(&fixture.name)).await;
            self.assert_known(&fixture.name, case, &given).await;
        }
        world.assert_asked(fixture, case);
    }

    /// The person of the case has signed up, and is told so everywhere.
    pub(crate) async fn assert_known(&mut self, provider: &str, case: &Case, signed_up: &Reply) {
        let at = format!("{provider}, {}", case.name);
        assert_eq!(signed_up.status, 201, "{at}: {}", signed_up.text);
        let answer = signed_up.json();
        assert_eq!(answer["is_new"], true, "{at}");
        assert_eq!(answer["social_auth"]["provider"], provider, "{at}");
        let bearer = signed_up.bearer();
        let server = &self.world.server;
        let me = server.get("/me", Some(&bearer)).await.json();
        self.assert_user(&at, case, [&me, &answer]);
        let accounts = server.get("/me/social_auth", Some(&bearer)).await.json();
        assert_eq!(accounts.as_array().unwrap().len(), 1, "{at}");
        let account = &accounts[0];
        assert_eq!(account["provider"], provider, "{at}");
        assert_eq!(
            account["uid"].as_str(),
            case.expect.uid.as_deref(),
            "{at}: uid"
        );
        assert_eq!(answer["social_auth"]["uid"], account["uid"], "{at}");
        assert_eq!(
            Some(&without_times(&account["extra_data"], &at)),
            case.expect.extra_data.as_ref(),
            "{at}: extra_data"
        );
    }

    /// The seven fields; a name that somebody has, and an address that
    /// somebody proved, are not given twice.
    fn assert_user(&mut self, at: &str, case: &Case, given: [&Value; 2]) {
        let expected = case.expect.user.as_ref().unwrap();
        assert_eq!(expected.len(), 7, "{at}: a user has seven fields");
        let text = |field: &str| expected[field].as_str().unwrap_or_default();
        let taken = !self.usernames.insert(username_key(text("username")));
        let claims = expected["email_verified"] == true;
        let proven = claims && !self.proven.insert(email_key(text("email")));
        for (field, expected) in expected {
            for given in given {
                let given = &given[field];
                match (field.as_str(), expected.as_str()) {
                    ("username", Some(RANDOM)) => {
                        assert!(is_hex(given.as_str(), 32), "{at}: {given}");
                    }
                    ("username", Some(name)) if taken => {
                        let suffix = given.as_str().and_then(|given| given.strip_prefix(name));
                        assert!(is_hex(suffix, 16), "{at}: {given} for {name}");
                    }
                    ("email_verified", _) if proven => assert_eq!(*given, json!(false), "{at}"),
                    _ => assert_eq!(given, expected, "{at}: {field}"),
                }
            }
        }
    }
}

fn is_hex(text: Option<&str>, length: usize) -> bool {
    text.is_some_and(|text| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit()))
}
