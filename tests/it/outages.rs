//! PostgreSQL that goes away: before a commit, during it, and for a while.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_postgres::NoTls;

use crate::support::link::Link;
use crate::support::pg_proxy::{Cut, PgProxy};
use crate::support::server::{Reply, Server, Store};

/// Stands in the statement of a commit and in no other.
const COMMIT: &[u8] = b"social_auth_verdict";
/// Stands in the statement by which a pipeline looks for an association.
const READ: &[u8] = b"social_auth_usersocialauth\".\"provider\" =";
/// A server that does not answer at all is a defect, however slow the machine.
const ANSWERED: Duration = Duration::from_mins(2);

fn sandbox(token: &str) -> Value {
    json!({"provider": "sandbox", "access_token": token})
}

fn behind(url: &str, store: Store) -> Server {
    let settings = [
        ("SOCIABLE_DATABASE__URL", url),
        ("SOCIABLE_DATABASE__POOL_SIZE", "2"),
    ];
    Server::start_with(store, &settings, |builder| builder)
}

fn assert_unavailable(reply: &Reply) {
    assert_eq!(reply.status_and_code(), (503, "unavailable".to_owned()));
    let seconds = reply.headers["retry-after"].to_str().unwrap();
    assert!(seconds.parse::<u64>().is_ok(), "{seconds}");
}

async fn in_time<T>(answer: impl Future<Output = T>) -> T {
    timeout(ANSWERED, answer).await.expect("an answer")
}

/// DB-1: what is lost after PostgreSQL did it is done once, and never told as done.
#[tokio::test]
async fn a_connection_cut_during_a_commit_is_503_and_the_run_is_not_repeated() {
    for (cut, written) in [(Cut::Unanswered, 1), (Cut::Unsent, 0)] {
        let store = Store::postgres();
        let proxy = PgProxy::before(&store.url());
        let server = behind(&proxy.url(&store.url()), store);
        server.sign_up(sandbox("alice")).await;
        let before = server.store.rows();
        let calls = server.playground.sandbox().calls("/oauth2/userinfo");

        proxy.cut_on(COMMIT, cut);
        let lost = in_time(server.sign_up(sandbox("bob"))).await;
        assert_unavailable(&lost);
        // A second run would have found bob, or made him: with one more session.
        let [users, associations, sessions, events, marks] = before;
        let more = [
            users + written,
            associations + written,
            sessions + written,
            events + 2 * written,
            marks,
        ];
        assert_eq!(server.store.rows(), more, "{cut:?}");
        let asked = server.playground.sandbox().calls("/oauth2/userinfo");
        assert_eq!(asked, calls + 1);

        let later = in_time(server.sign_up(sandbox("bob"))).await;
        assert_eq!(later.status, 201, "{}", later.text);
        assert_eq!(later.json()["is_new"], written == 0);
        assert_eq!(server.store.count("users"), 2);
    }
}

/// DB-1.
#[tokio::test]
async fn a_connection_cut_during_a_read_is_503_and_nothing_is_written() {
    let store = Store::postgres();
    let proxy = PgProxy::before(&store.url());
    let server = behind(&proxy.url(&store.url()), store);
    server.sign_up(sandbox("alice")).await;
    let before = server.store.rows();
    for cut in [Cut::Unsent, Cut::Unanswered] {
        proxy.cut_on(READ, cut);
        assert_unavailable(&in_time(server.sign_up(sandbox("bob"))).await);
        assert_eq!(server.store.rows(), before);
    }
    let later = in_time(server.sign_up(sandbox("bob"))).await;
    assert_eq!(later.json()["is_new"], true, "{}", later.text);
}

/// DB-1, DB-2: connections refused, then a network that carries nothing.
#[tokio::test]
async fn while_the_database_is_away_all_is_503_but_the_process_lives() {
    let store = Store::postgres();
    let link = Link::to(&store.url());
    let server = behind(&link.url(&store.url()), store);
    let bearer = server.sign_up(sandbox("alice")).await.bearer();
    for (number, away) in [Link::cut, Link::fall_silent, Link::cut]
        .into_iter()
        .enumerate()
    {
        away(&link);
        let meanwhile: [BoxFuture<Reply>; 4] = [
            server.sign_up(sandbox("bob")).boxed(),
            server.sign_up(sandbox("alice")).boxed(),
            server.get("/me", Some(&bearer)).boxed(),
            server.get("/readyz", None).boxed(),
        ];
        for reply in in_time(join_all(meanwhile)).await {
            assert_unavailable(&reply);
        }
        let process = in_time(server.get("/healthz", None)).await;
        assert_eq!(process.status, 200, "{}", process.text);

        link.mend();
        in_time(async {
            // What was refused while it was away may be refused once more.
            while server.get("/readyz", None).await.status != 200 {}
        })
        .await;
        for _ in 0..5 {
            let me = in_time(server.get("/me", Some(&bearer))).await;
            assert_eq!(me.status, 200, "{}", me.text);
            let known = in_time(server.sign_up(sandbox("alice"))).await;
            assert_eq!(known.json()["is_new"], false, "{}", known.text);
            let new = in_time(server.sign_up(sandbox(&format!("user-{number}")))).await;
            assert_eq!(new.status, 201, "{}", new.text);
        }
    }
    let orphans = "SELECT id FROM users WHERE id NOT IN \
                   (SELECT user_id FROM social_auth_usersocialauth)";
    assert!(server.store.query(orphans).is_empty());
}

/// DB-1: whoever comes while a silent database holds every connection is told so.
#[tokio::test]
async fn a_silent_database_holds_no_request_for_ever() {
    let store = Store::postgres();
    let link = Link::to(&store.url());
    let server = behind(&link.url(&store.url()), store);
    let bearer = server.sign_up(sandbox("alice")).await.bearer();
    link.fall_silent();
    let asked = (0..20).map(|_| server.get("/me", Some(&bearer)));
    for reply in in_time(join_all(asked)).await {
        assert_unavailable(&reply);
    }
    link.mend();
    in_time(async { while server.get("/readyz", None).await.status != 200 {} }).await;
}

/// DB-1: a commit without an answer is unknown; it is neither repeated nor told as done.
#[tokio::test]
async fn a_commit_that_waits_too_long_is_503_and_holds_nobody_else() {
    let store = Store::postgres();
    let url = store.url();
    let (holder, holding) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(holding);
    let server = behind(&url, store);
    let alice = server.sign_up(sandbox("alice")).await.json();
    holder
        .batch_execute("BEGIN; SELECT 1 FROM users FOR UPDATE")
        .await
        .unwrap();
    let waiting = (0..2).map(|_| server.sign_up(sandbox("alice")));
    for reply in in_time(join_all(waiting)).await {
        assert_unavailable(&reply);
    }
    let other = in_time(server.sign_up(sandbox("bob"))).await;
    assert_eq!(other.json()["is_new"], true, "{}", other.text);
    holder.batch_execute("COMMIT").await.unwrap();
    let again = in_time(server.sign_up(sandbox("alice"))).await.json();
    assert_eq!(again["id"], alice["id"]);
    assert_eq!(again["is_new"], false);
}
