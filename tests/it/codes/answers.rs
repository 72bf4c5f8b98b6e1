//! What is made of a token endpoint's answer: tokens of every dialect, or a
//! refusal, and the code is sent once.

use serde_json::{Value, json};

use super::world::{
    CALLBACK, VERIFIER, answer_codes, exchanged, github, github_with, grant, sign_up,
};
use crate::providers::fixture::Fixture;
use crate::providers::world::World;
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(
    a_code_signs_its_person_up_and_again_with_another,
    code_6_a_client_chooses_nothing_of_the_request,
    code_7_no_bad_answer_is_half_a_sign_in,
    answers_of_every_dialect_are_read,
    code_4_of_fifty_with_one_code_one_alone_sends_it,
    code_9_a_code_whose_answer_was_lost_is_not_sent_again,
    mix_4_a_code_of_another_provider_reaches_this_one_alone,
);

fn listed() -> String {
    json!([CALLBACK]).to_string()
}

async fn a_code_signs_its_person_up_and_again_with_another(store: Store) {
    let world = github(store, &listed()).await;
    let first = world.server.sign_up(sign_up("one")).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!(first.json()["is_new"], true);
    assert_eq!(first.json()["social_auth"]["client_id"], "a-key");
    let again = world.server.sign_up(sign_up("two")).await;
    assert_eq!(again.json()["id"], first.json()["id"]);
    assert_eq!(again.json()["is_new"], false);
    let full = Fixture::read("github");
    let account = world
        .server
        .get("/me/social_auth", Some(&first.bearer()))
        .await
        .json();
    assert_eq!(
        account[0]["uid"].as_str(),
        full.full().expect.uid.as_deref()
    );
    assert_eq!(
        account[0]["extra_data"]["access_token"],
        full.full().post["access_token"]
    );
    // The token came to us: nobody is asked whose it is.
    let asked = world.internet.received();
    assert!(
        asked.iter().all(|one| !one.path.contains("/applications/")),
        "{asked:?}"
    );
}

async fn code_6_a_client_chooses_nothing_of_the_request(store: Store) {
    let world = github(store, &listed()).await;
    let mut body = sign_up("a-code");
    body["client_secret"] = "theirs".into();
    body["token_url"] = "https://evil.example/token".into();
    body["scope"] = "everything".into();
    body["grant_type"] = "password".into();
    let reply = world.server.sign_up(body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let mut form = exchanged(&world)[0].form();
    form.sort();
    let expected = [
        ("client_id", "a-key"),
        ("client_secret", "a-secret"),
        ("code", "a-code"),
        ("code_verifier", VERIFIER),
        ("grant_type", "authorization_code"),
        ("redirect_uri", CALLBACK),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form, expected);
    let hosts = world.internet.received();
    assert!(
        hosts.iter().all(|one| one.host.ends_with("github.com")),
        "{hosts:?}"
    );
}

/// An answer of the token endpoint, and what it is answered with.
type BadAnswer = (Answer, (u16, &'static str));

fn json(status: u16, body: impl Into<Value>) -> Answer {
    Answer::json(status, &body.into())
}

/// The provider refuses the code, or us, or everybody.
fn refusals() -> Vec<BadAnswer> {
    let rejected = (401, "authorization_code_rejected");
    let ours = (503, "unavailable");
    let token = json!("t");
    vec![
        (
            json(200, json!({"error": "bad_verification_code"})),
            rejected,
        ),
        (
            json(
                200,
                json!({"error": "invalid_grant", "access_token": token}),
            ),
            rejected,
        ),
        (
            Answer::form(200, &[("error", "bad_verification_code")]),
            rejected,
        ),
        (json(400, json!({"error": "invalid_grant"})), rejected),
        (json(400, json!({})), rejected),
        (Answer::text(400, "no"), rejected),
        (json(404, json!({"access_token": token})), rejected),
        (json(401, json!({"error": "invalid_client"})), ours),
        (json(400, json!({"error": "unauthorized_client"})), ours),
        (
            json(200, json!({"error": "incorrect_client_credentials"})),
            ours,
        ),
        (json(500, json!({"access_token": token})), ours),
        (json(400, json!({"error": "temporarily_unavailable"})), ours),
        (json(429, json!({})), (503, "rate_limited")),
    ]
}

/// The provider says that all is well, and gives no token that works.
fn half_answers() -> Vec<BadAnswer> {
    let unread = (502, "malformed_response");
    let token = json!("t");
    vec![
        (json(200, json!({})), unread),
        (json(200, json!([{"access_token": token}])), unread),
        (json(200, json!({"access_token": ""})), unread),
        (json(200, json!({"access_token": 7})), unread),
        (json(200, json!({"access_token": null})), unread),
        (
            json(200, json!({"access_token": token, "token_type": "mac"})),
            unread,
        ),
        (
            json(200, json!({"access_token": token, "token_type": "DPoP"})),
            unread,
        ),
        (Answer::text(200, "<html a=b>"), unread),
        (Answer::text(200, ""), unread),
        (
            json(302, json!({"access_token": token})),
            (502, "http_error"),
        ),
    ]
}

async fn code_7_no_bad_answer_is_half_a_sign_in(store: Store) {
    let world = github(store, &listed()).await;
    let cases = refusals().into_iter().chain(half_answers());
    for (number, (answer, (status, code))) in cases.enumerate() {
        answer_codes(&world, answer);
        world.internet.clear_received();
        let reply = world
            .server
            .sign_up(sign_up(&format!("code-{number}")))
            .await;
        assert_eq!(
            reply.status_and_code(),
            (status, code.to_owned()),
            "{number}"
        );
        assert_eq!(world.internet.received().len(), 1, "{number}");
        let marks = u64::try_from(number + 1).unwrap();
        assert_eq!(world.server.store.rows(), [0, 0, 0, 0, marks], "{number}");
    }
}

async fn answers_of_every_dialect_are_read(store: Store) {
    let world = github(store, &listed()).await;
    let token = Fixture::read("github").full().post["access_token"].clone();
    let text = token.as_str().unwrap();
    let body = json!({"access_token": token, "expires_in": "3600"}).to_string();
    for (number, answer) in [
        Answer::form(200, &[("access_token", text), ("expires_in", "3600")]),
        Answer::new(200, "text/html", body.clone()),
        Answer::new(200, "text/javascript", format!("\u{feff} {body}\n")),
        Answer::json(
            201,
            &json!({"access_token": token, "token_type": "Bearer", "expires_in": null}),
        ),
        Answer::json(
            200,
            &json!({"access_token": token, "token_type": "", "error": ""}),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        answer_codes(&world, answer);
        let reply = world
            .server
            .sign_up(sign_up(&format!("code-{number}")))
            .await;
        assert_eq!(reply.status, 201, "{number}: {}", reply.text);
    }
}

async fn code_4_of_fifty_with_one_code_one_alone_sends_it(store: Store) {
    let world = github(store, &listed()).await;
    let all = (0..50).map(|_| world.server.sign_up(sign_up("one code")));
    let replies = futures_util::future::join_all(all).await;
    let good = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(good, 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.status_and_code(), (401, "token_replayed".to_owned()));
        assert_eq!(reply.json()["recovery"], "get_a_fresh_credential");
    }
    assert_eq!(exchanged(&world).len(), 1);
    assert_eq!(world.server.store.count("users"), 1);
}

async fn code_9_a_code_whose_answer_was_lost_is_not_sent_again(store: Store) {
    let world = github_with(store, &listed(), &[("REQUESTS_TIMEOUT", "1")]).await;
    answer_codes(&world, Answer::hang());
    let lost = world.server.sign_up(sign_up("a-code")).await;
    assert_eq!(lost.status_and_code(), (504, "timeout".to_owned()));
    grant(&world);
    let again = world.server.sign_up(sign_up("a-code")).await;
    assert_eq!(again.status_and_code(), (401, "token_replayed".to_owned()));
    assert_eq!(exchanged(&world).len(), 1);
    let fresh = world.server.sign_up(sign_up("a fresh code")).await;
    assert_eq!(fresh.status, 201, "{}", fresh.text);
}

async fn mix_4_a_code_of_another_provider_reaches_this_one_alone(store: Store) {
    let (github, strava) = (Fixture::read("github"), Fixture::read("strava"));
    let enabled: Vec<_> = [&github, &strava]
        .map(|fixture| {
            let mut settings = fixture.settings_of(fixture.full());
            settings.insert("REDIRECT_URIS".to_owned(), listed());
            (fixture.name.as_str(), settings)
        })
        .into();
    let world = World::start(store, &enabled).await;
    let unknown = Answer::json(400, &json!({"error": "invalid_grant"}));
    world
        .internet
        .on("POST", "www.strava.com", "/oauth/token", unknown);
    grant(&world);
    let mut body = sign_up("a code of github");
    body["provider"] = "strava".into();
    let reply = world.server.sign_up(body).await;
    let expected = (401, "authorization_code_rejected".to_owned());
    assert_eq!(reply.status_and_code(), expected);
    let hosts: Vec<String> = world
        .internet
        .received()
        .into_iter()
        .map(|one| one.host)
        .collect();
    assert_eq!(hosts, ["www.strava.com"]);
}
