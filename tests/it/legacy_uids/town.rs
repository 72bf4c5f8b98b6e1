//! A provider whose file says first one uid of a person, and then another.

use serde_json::{Value, json};

use crate::support::http;
use crate::support::server::{Reply, Server, Store};

const HEAD: &str = r#"
name = "sandbox"
title = "Sandbox"
protocol = "oauth2"
[settings]
base_url = { type = "url", required = true }
[[call]]
url = "{{ setting.base_url }}/oauth2/userinfo"
[extra]
refresh_token = { from = "refresh_token", skip_empty = true }
"#;

/// The file before the switch, keyed by a name or an address; what it keeps.
#[derive(Clone, Copy)]
pub(super) struct Old {
    pub(super) id: &'static str,
    pub(super) extra: &'static str,
}

/// By the name, and the stable uid is kept beside.
pub(super) const BY_NAME: Old = Old {
    id: "preferred_username",
    extra: "sub = \"sub\"",
};
/// By the name, and nothing tells the stable uid.
pub(super) const BY_NAME_ALONE: Old = Old {
    extra: "",
    ..BY_NAME
};
/// By the address, and the stable uid is kept beside.
pub(super) const BY_ADDRESS: Old = Old {
    id: "email",
    ..BY_NAME
};
/// By the address, and nothing tells the stable uid.
pub(super) const BY_ADDRESS_ALONE: Old = Old {
    id: "email",
    extra: "",
};

/// How the tokens are bound.
const AUDIENCE: &str = r#"
[audience]
url = "{{ setting.base_url }}/oauth2/tokeninfo"
token = "query:access_token"
equals = { aud = "{{ client.key }}" }
subject = "sub"
"#;

/// The file after the switch.
pub(super) const NEW: &str = r#"sub = "sub"
[user]
id = "sub"
legacy_id = ["preferred_username", "email"]
email = "email"
email_verified = "email_verified"
username = "preferred_username"
[audience]
url = "{{ setting.base_url }}/oauth2/tokeninfo"
token = "query:access_token"
equals = { aud = "{{ client.key }}" }
subject = "sub"
"#;
/// The same, and nothing binds its tokens.
pub(super) const UNBOUND: &str = r#"sub = "sub"
[user]
id = "sub"
legacy_id = ["preferred_username", "email"]
email = "email"
email_verified = "email_verified"
username = "preferred_username"
"#;

impl Old {
    fn text(self) -> String {
        let Self { id, extra } = self;
        let mut text = format!("{extra}\n[user]\nid = \"{id}\"\n");
        text.push_str("username = \"preferred_username\"\nemail = \"email\"\n");
        text.push_str("email_verified = \"email_verified\"\n");
        // The binding names the stable uid, which is not the uid here.
        text.push_str(&AUDIENCE.replace("\"sub\"", "false"));
        text
    }
}

/// A server, and the folder of its files.
pub(super) struct Town {
    folder: tempfile::TempDir,
    pub(super) server: Server,
}

impl Town {
    /// A server with the old file.
    pub(super) fn before(store: Store, old: Old) -> Self {
        Self::with_file(store, &old.text())
    }

    /// A server with the new file.
    pub(super) fn after(store: Store) -> Self {
        Self::with_file(store, NEW)
    }

    fn with_file(store: Store, rest: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(&folder, rest);
        let own = folder.path().to_str().unwrap();
        let environment = [("SOCIABLE_PROVIDERS_DIR", own)];
        let server = Server::start_with(store, &environment, |builder| builder);
        Self { folder, server }
    }

    /// Restarts with another old file.
    pub(super) fn back_to(self, old: Old) -> Self {
        self.restart(&old.text(), &[])
    }

    /// Restarts with the new file.
    pub(super) fn switch(self) -> Self {
        self.restart(NEW, &[])
    }

    /// Restarts with another file and further settings.
    pub(super) fn restart(self, rest: &str, settings: &[(&str, &str)]) -> Self {
        let Self { folder, server } = self;
        write(&folder, rest);
        let own = folder.path().to_str().unwrap();
        let environment = [&[("SOCIABLE_PROVIDERS_DIR", own)], settings].concat();
        let server = server.restart(&environment);
        Self { folder, server }
    }

    /// Signs somebody in who must come in.
    pub(super) async fn comes_in(&self, person: &str) -> Reply {
        let reply = self.server.sign_up(token(person)).await;
        assert_eq!(reply.status, 201, "{person}: {}", reply.text);
        reply
    }

    /// Signs somebody in who must be refused, and nothing may change.
    pub(super) async fn is_in_the_way_of(&self, person: &str, bearer: Option<&str>) {
        let expected = (409, "identifier_migration_conflict".to_owned());
        self.refuses(person, bearer, expected).await;
    }

    pub(super) async fn refuses(
        &self,
        person: &str,
        bearer: Option<&str>,
        expected: (u16, String),
    ) {
        let before = self.server.store.contents();
        let url = format!("{}/social_sign_up", self.server.url);
        let reply = http::post(&url, bearer, &token(person)).await;
        assert_eq!(
            reply.status_and_code(),
            expected,
            "{person}: {}",
            reply.text
        );
        assert_eq!(self.server.store.contents(), before, "{person}");
    }

    /// The uids in the order of their rows.
    pub(super) fn uids(&self) -> Vec<String> {
        let rows = self
            .server
            .store
            .query("SELECT uid FROM social_auth_usersocialauth ORDER BY created, id");
        rows.into_iter().flatten().collect()
    }

    /// How many moves were told.
    pub(super) fn moves(&self) -> u64 {
        let count = "SELECT count(*) FROM events WHERE kind = 'association.moved'";
        self.server.store.query(count)[0][0].parse().unwrap()
    }
}

fn write(folder: &tempfile::TempDir, rest: &str) {
    let text = format!("{HEAD}{rest}");
    std::fs::write(folder.path().join("sandbox.toml"), text).unwrap();
}

pub(super) fn token(person: &str) -> Value {
    json!({"provider": "sandbox", "access_token": person})
}
