//! A disconnection that halts: documented as "fill in a password first".

use async_trait::async_trait;
use serde_json::{Value, json};
use sociable::pipeline::{AuthError, Context, Fields, Halt, Outcome, Step, Strategy};

use super::{disconnect, with_two_accounts};
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    a_disconnection_halts_and_goes_on_where_it_began,
    par_5_only_its_caller_goes_on_and_only_there,
    par_4_of_twenty_that_go_on_at_once_one_disconnects,
);

/// Asks whether it is meant.
struct AskFirst;

#[async_trait]
impl Step for AskFirst {
    fn name(&self) -> &'static str {
        "tests.ask_first"
    }

    async fn run(&self, _: &Strategy<'_>, ctx: &Context) -> Result<Outcome, AuthError> {
        if ctx.input.contains_key("sure") {
            return Ok(Outcome::Continue);
        }
        let fields = Fields::new(json!({
            "type": "object", "properties": {"sure": {"const": true}}, "required": ["sure"],
        }))?;
        Ok(Halt::for_fields(fields).into())
    }
}

fn asking(store: Store) -> Server {
    let pipeline = (
        "SOCIAL_AUTH_DISCONNECT_PIPELINE",
        r#"["tests.ask_first", "allowed_to_disconnect", "get_entries", "disconnect"]"#,
    );
    Server::start_with(store, &[pipeline], |builder| builder.step(AskFirst))
}

async fn go_on(server: &Server, path: &str, bearer: Option<&str>, body: Value) -> Reply {
    http::post(&format!("{}{path}", server.url), bearer, &body).await
}

fn is_invalid(reply: &Reply) {
    assert_eq!(reply.status_and_code(), (400, "partial_invalid".to_owned()));
}

async fn a_disconnection_halts_and_goes_on_where_it_began(store: Store) {
    let server = asking(store);
    let bearer = with_two_accounts(&server, "alice").await;
    let halted = disconnect(&server.url, "sandbox", &bearer).await;
    assert_eq!(halted.status, 202, "{}", halted.text);
    let answer = halted.json();
    assert_eq!(answer["step"], "tests.ask_first");
    let resume = json!({"method": "POST", "url": "/disconnect/sandbox"});
    assert_eq!(answer["resume"], resume);
    assert_eq!(server.store.count("social_auth_usersocialauth"), 2);
    let token = &answer["partial_token"];
    let path = "/disconnect/sandbox";
    let unsure = json!({"partial_token": token, "sure": false});
    let unsure = go_on(&server, path, Some(&bearer), unsure).await;
    assert_eq!(unsure.status, 400, "{}", unsure.text);
    let sure = json!({"partial_token": token, "sure": true});
    let gone = go_on(&server, path, Some(&bearer), sure.clone()).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(server.store.count("social_auth_usersocialauth"), 1);
    is_invalid(&go_on(&server, path, Some(&bearer), sure).await);
    let last = disconnect(&server.url, "sandbox-oauth1", &bearer).await;
    let sure = json!({"partial_token": last.json()["partial_token"], "sure": true});
    let last = go_on(&server, "/disconnect/sandbox-oauth1", Some(&bearer), sure).await;
    assert_eq!(
        last.status_and_code(),
        (409, "disconnect_disallowed".to_owned())
    );
}

async fn par_5_only_its_caller_goes_on_and_only_there(store: Store) {
    let server = asking(store);
    let alice = with_two_accounts(&server, "alice").await;
    let bob = with_two_accounts(&server, "bob").await;
    let halted = disconnect(&server.url, "sandbox", &alice).await.json();
    let sure = json!({"partial_token": halted["partial_token"], "sure": true});
    let before = server.store.contents();
    for (path, bearer) in [
        ("/disconnect/sandbox", &bob),
        ("/disconnect/sandbox-oauth1", &alice),
        (
            "/disconnect/sandbox/01a1fdaf-92c0-7062-8925-65ff0fc760ed",
            &alice,
        ),
        ("/complete/sandbox", &alice),
    ] {
        is_invalid(&go_on(&server, path, Some(bearer), sure.clone()).await);
    }
    is_invalid(&go_on(&server, "/complete/sandbox", None, sure.clone()).await);
    let token = halted["partial_token"].as_str().unwrap();
    let look = format!("/complete/sandbox?partial_token={token}");
    is_invalid(&server.get(&look, None).await);
    let nobody = go_on(&server, "/disconnect/sandbox", None, sure.clone()).await;
    assert_eq!(nobody.status_and_code(), (401, "invalid_token".to_owned()));
    assert_eq!(server.store.contents(), before);
    let gone = go_on(&server, "/disconnect/sandbox", Some(&alice), sure).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
}

async fn par_4_of_twenty_that_go_on_at_once_one_disconnects(store: Store) {
    let server = asking(store);
    let bearer = with_two_accounts(&server, "alice").await;
    let halted = disconnect(&server.url, "sandbox", &bearer).await.json();
    let sure = json!({"partial_token": halted["partial_token"], "sure": true});
    let tries = (0..20).map(|_| go_on(&server, "/disconnect/sandbox", Some(&bearer), sure.clone()));
    let mut statuses: Vec<u16> = futures_util::future::join_all(tries)
        .await
        .iter()
        .map(|reply| reply.status)
        .collect();
    statuses.sort_unstable();
    // Who came later finds the account gone, or the token used.
    assert_eq!(statuses[0], 204, "{statuses:?}");
    assert!(
        statuses[1..]
            .iter()
            .all(|status| [400, 404].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(server.store.count("social_auth_usersocialauth"), 1);
}
