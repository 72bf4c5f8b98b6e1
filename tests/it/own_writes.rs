//! A step's own write: part of the sign-up, seen by who looks on, and repeated
//! with the run.

use async_trait::async_trait;
use serde_json::{Value, json};
use sociable::model::{Conflict, OwnWrite, Parameter};
use sociable::pipeline::{AuthError, Context, Fields, Halt, Outcome, Step, Strategy, Update};
use sociable::storage::OwnTables;

use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_row_is_written_with_the_user_and_refreshed_at_each_sign_in,
    a_name_that_is_taken_is_met_in_the_next_run,
    who_meets_it_in_every_run_is_told_to_come_again,
    a_statement_that_fails_lets_nobody_in_and_is_told_to_nobody,
    placeholders_that_do_not_agree_are_refused_before_anything_is_written,
    a_run_that_waits_writes_nothing_until_it_is_through,
    who_looks_on_sees_the_statement_and_no_value,
    a_disconnection_may_write_as_well,
);

const PIPELINE: (&str, &str) = (
    "SOCIAL_AUTH_PIPELINE",
    r#"["social_details", "social_uid", "social_user", "get_username", "create_user",
        "associate_user", "tests.note", "tests.ask"]"#,
);
const SILENT: &str = "s3cret-value";

/// Notes whoever signs in.
struct Note {
    sql: &'static str,
    /// Whether another name is taken once one is met.
    gives_way: bool,
}

const NOTE: Note = Note {
    sql: "INSERT INTO notes (user_id, name, times) VALUES ($1, $2, 1) \
          ON CONFLICT (user_id) DO UPDATE SET times = notes.times + 1",
    gives_way: true,
};

#[async_trait]
impl Step for Note {
    fn name(&self) -> &'static str {
        "tests.note"
    }

    async fn run(&self, strategy: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        let Some(user) = &ctx.user else {
            return Ok(Outcome::Continue);
        };
        let met = strategy.attempt.met(Conflict::OwnWrite);
        let name = match &ctx.details.fullname {
            _ if met && self.gives_way => user.id.to_string(),
            Some(name) if name.starts_with("Namesake") => "namesake".to_owned(),
            _ => format!("{SILENT}-{}", ctx.uid),
        };
        let values: [Parameter; 2] = [user.id.into(), name.into()];
        Ok(Update {
            own_writes: vec![OwnWrite::new(self.sql, values)?],
            ..Update::default()
        }
        .into())
    }
}

/// Waits for erin's word.
struct Ask;

#[async_trait]
impl Step for Ask {
    fn name(&self) -> &'static str {
        "tests.ask"
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.uid != "1005" || ctx.input.contains_key("sure") {
            return Ok(Outcome::Continue);
        }
        let fields = json!({"type": "object", "properties": {"sure": {"const": true}}});
        Ok(Halt::for_fields(Fields::new(fields)?).into())
    }
}

fn notes() -> OwnTables {
    OwnTables {
        sqlite: "CREATE TABLE IF NOT EXISTS notes (name TEXT UNIQUE, times INTEGER, \
                 user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE)"
            .into(),
        postgres: "CREATE TABLE IF NOT EXISTS notes (name text UNIQUE, times bigint, \
                   user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE)"
            .into(),
    }
}

fn noting(store: Store, note: Note) -> Server {
    let settings = [
        PIPELINE,
        ("SOCIABLE_SERVER__EXPLAIN", "true"),
        (
            "SOCIAL_AUTH_DISCONNECT_PIPELINE",
            r#"["tests.note", "get_entries", "disconnect"]"#,
        ),
    ];
    Server::start_with(store, &settings, |builder| {
        builder.step(note).step(Ask).own_tables(notes())
    })
}

fn person(name: &str) -> Value {
    json!({"provider": "sandbox", "access_token": name})
}

async fn signed_up(server: &Server, name: &str) -> Reply {
    let reply = server.sign_up(person(name)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply
}

/// How often whom: nobody twice.
fn times(server: &Server) -> Vec<Vec<String>> {
    let sql = "SELECT times FROM notes JOIN users ON users.id = notes.user_id ORDER BY times";
    let found = server.store.query(sql);
    let all = u64::try_from(found.len()).unwrap();
    assert_eq!(server.store.count("notes"), all);
    assert_eq!(server.store.count("users"), all);
    found
}

async fn a_row_is_written_with_the_user_and_refreshed_at_each_sign_in(store: Store) {
    let server = noting(store, NOTE);
    let alice = signed_up(&server, "alice").await;
    assert_eq!(alice.json()["is_new"], true);
    assert_eq!(times(&server), [["1"]]);
    assert_eq!(signed_up(&server, "alice").await.json()["is_new"], false);
    signed_up(&server, "bob").await;
    assert_eq!(times(&server), [["1"], ["2"]]);
    // On the tables as they are.
    let store = server.store.clone();
    drop(server);
    let server = noting(store, NOTE);
    signed_up(&server, "alice").await;
    assert_eq!(times(&server), [["1"], ["3"]]);
}

async fn a_name_that_is_taken_is_met_in_the_next_run(store: Store) {
    let server = noting(store, NOTE);
    signed_up(&server, "namesake-1").await;
    let calls = server.playground.sandbox().calls("/oauth2/userinfo");
    let second = signed_up(&server, "namesake-2").await.json();
    assert_eq!(second["is_new"], true);
    let sql = "SELECT name FROM notes WHERE name <> 'namesake'";
    assert_eq!(server.store.query(sql), [[second["id"].as_str().unwrap()]]);
    assert_eq!(times(&server), [["1"], ["1"]]);
    let asked = server.playground.sandbox().calls("/oauth2/userinfo") - calls;
    assert_eq!(asked, 1, "the provider is asked once");
}

async fn who_meets_it_in_every_run_is_told_to_come_again(store: Store) {
    let stubborn = Note {
        gives_way: false,
        ..NOTE
    };
    let server = noting(store, stubborn);
    signed_up(&server, "namesake-1").await;
    let before = server.store.contents();
    let refused = server.sign_up(person("namesake-2")).await;
    assert_eq!(refused.status_and_code(), (503, "unavailable".to_owned()));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(server.store.contents(), before);
    assert_eq!(times(&server), [["1"]]);
}

async fn a_statement_that_fails_lets_nobody_in_and_is_told_to_nobody(store: Store) {
    for sql in [
        "INSERT INTO nowhere (user_id, name) VALUES ($1, $2)",
        "INSERT INTO notes (user_id, name, times) SELECT $1, $2, count(*) FROM nowhere",
    ] {
        let server = noting(store.another(), Note { sql, ..NOTE });
        let refused = server.sign_up(person("alice")).await;
        let expected = (500, "unknown_error".to_owned());
        assert_eq!(refused.status_and_code(), expected);
        assert!(!refused.text.contains("nowhere") && !refused.text.contains(SILENT));
        assert_eq!(server.store.rows(), [0; 5]);
        assert_eq!(server.store.count("notes"), 0);
    }
}

async fn placeholders_that_do_not_agree_are_refused_before_anything_is_written(store: Store) {
    for sql in [
        "INSERT INTO notes (user_id, name) VALUES ($1, 'x')",
        "INSERT INTO notes (user_id, name, times) VALUES ($1, $2, $3)",
        "INSERT INTO notes (user_id, name) VALUES (?, ?)",
        "INSERT INTO notes (user_id, name) VALUES ($1, $2); COMMIT",
        "COMMIT",
    ] {
        let server = noting(store.another(), Note { sql, ..NOTE });
        let refused = server.sign_up(person("alice")).await;
        let expected = (500, "unknown_error".to_owned());
        assert_eq!(refused.status_and_code(), expected, "{sql}");
        assert_eq!(server.store.rows(), [0; 5], "{sql}");
        assert_eq!(server.store.count("notes"), 0, "{sql}");
    }
}

async fn a_run_that_waits_writes_nothing_until_it_is_through(store: Store) {
    let server = noting(store, NOTE);
    let halted = server.sign_up(person("erin")).await;
    assert_eq!(halted.status, 202, "{}", halted.text);
    assert_eq!(server.store.count("notes"), 0);
    let token = halted.json()["partial_token"].clone();
    let sure = json!({"partial_token": token, "sure": true});
    let url = format!("{}/complete/sandbox", server.url);
    let through = http::post(&url, None, &sure).await;
    assert_eq!(through.status, 201, "{}", through.text);
    assert_eq!(times(&server), [["1"]]);
}

async fn who_looks_on_sees_the_statement_and_no_value(store: Store) {
    let server = noting(store, NOTE);
    let url = format!("{}/social_sign_up?explain=1", server.url);
    let told = http::post(&url, None, &person("alice")).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.json()["changes"]["own_writes"], json!([NOTE.sql]));
    let step = told.json()["steps"][6].clone();
    assert_eq!(step["merged"], json!({"own_writes": [NOTE.sql]}));
    assert!(!told.text.contains(SILENT), "{}", told.text);
    assert_eq!(server.store.count("notes"), 0);
}

async fn a_disconnection_may_write_as_well(store: Store) {
    let server = noting(store, NOTE);
    let bearer = signed_up(&server, "alice").await.bearer();
    let url = format!("{}/disconnect/sandbox", server.url);
    let gone = http::post(&url, Some(&bearer), &json!({})).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(times(&server), [["2"]]);
    let nobody = http::post(&url, Some(&bearer), &json!({})).await;
    assert_eq!(nobody.status, 404, "{}", nobody.text);
    assert_eq!(times(&server), [["2"]], "what refuses writes nothing");
}
