//! Tokens that are guessed: nobody finds one, and nobody else is kept out.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ASKING, halted};
use crate::support::clock::Ahead;
use crate::support::http;
use crate::support::server::{Reply, Server, Store, on_both};

on_both!(
    par_1_of_two_thousand_guesses_twenty_are_told_and_none_is_right,
    par_1_a_right_token_works_from_an_address_that_guesses,
    par_1_every_place_that_takes_a_token_counts_the_wrong_ones,
);

const BEHIND_PROXY: (&str, &str) = ("SOCIABLE_SERVER__BEHIND_PROXY", "true");
const GUESSER: &str = "2001:db8:7:7::1";
/// The same customer's.
const NEIGHBOUR: &str = "2001:db8:7:7:ffff::2";
const STRANGER: &str = "192.0.2.9";

fn start(store: Store) -> (Server, Arc<Ahead>) {
    let clock = Ahead::new();
    let of_server = Arc::clone(&clock);
    let server = Server::start_with(store, &[ASKING, BEHIND_PROXY], |builder| {
        builder.clock(of_server)
    });
    (server, clock)
}

async fn complete(server: &Server, sender: &str, body: &Value) -> Reply {
    let url = format!("{}/complete/sandbox", server.url);
    let request = http::request(Method::POST, &url).header("X-Forwarded-For", sender);
    http::send(request.json(body)).await
}

async fn guess(server: &Server, sender: &str, token: &str) -> Reply {
    let body = json!({"partial_token": token, "email": "mallory@example.com"});
    complete(server, sender, &body).await
}

/// A token that differs from a right one, which looks like one.
fn near(token: &str, number: usize) -> String {
    let mut letters: Vec<char> = token.chars().collect();
    let at = number % (letters.len() - 1);
    letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
    let by = number / letters.len() % letters.len();
    letters.rotate_left(by);
    letters.into_iter().collect()
}

fn is_limited(reply: &Reply) {
    let expected = (429, "too_many_requests".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
    let wait: u64 = reply.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
}

fn is_invalid(reply: &Reply) {
    let expected = (400, "partial_invalid".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{}", reply.text);
}

async fn par_1_of_two_thousand_guesses_twenty_are_told_and_none_is_right(store: Store) {
    let (server, clock) = start(store);
    let token = halted(&server).await;
    let (to, right) = (&server, &token);
    let mut told = BTreeMap::new();
    for batch in 0..40 {
        let guesses = (0..50)
            .map(|one| async move { guess(to, GUESSER, &near(right, 50 * batch + one)).await });
        let replies: Vec<Reply> = futures_util::future::join_all(guesses).await;
        for reply in replies {
            if reply.status == 429 {
                is_limited(&reply);
            } else {
                is_invalid(&reply);
            }
            *told.entry(reply.status).or_insert(0) += 1;
        }
    }
    assert_eq!(told, BTreeMap::from([(400, 20), (429, 1980)]));
    is_limited(&guess(&server, NEIGHBOUR, &near(&token, 1)).await);
    is_invalid(&guess(&server, STRANGER, &near(&token, 1)).await);
    clock.turn_on(61);
    is_invalid(&guess(&server, GUESSER, &near(&token, 1)).await);
    assert_eq!(server.store.count("users"), 0);
    assert_eq!(server.store.count("social_auth_partial"), 1);
}

async fn par_1_a_right_token_works_from_an_address_that_guesses(store: Store) {
    let (server, _) = start(store);
    let token = halted(&server).await;
    for number in 0..25 {
        guess(&server, GUESSER, &near(&token, number)).await;
    }
    is_limited(&guess(&server, GUESSER, &near(&token, 0)).await);
    let done = guess(&server, GUESSER, &token).await;
    assert_eq!(done.status, 201, "{}", done.text);
    is_limited(&guess(&server, GUESSER, &token).await);
}

async fn par_1_every_place_that_takes_a_token_counts_the_wrong_ones(store: Store) {
    let (server, _) = start(store);
    let alice = json!({"provider": "sandbox", "access_token": "alice"});
    let bearer = server.sign_up(alice).await.bearer();
    let token = near(&halted(&server).await, 3);
    let code = Uuid::from_u128(7).to_string();
    let body = json!({"partial_token": token});
    let of_link = json!({"partial_token": token, "verification_code": code});
    for (number, (method, path, body)) in [
        (Method::POST, "complete/sandbox".to_owned(), Some(&body)),
        (Method::POST, "complete/sandbox".to_owned(), Some(&of_link)),
        (Method::POST, "disconnect/sandbox".to_owned(), Some(&body)),
        (
            Method::GET,
            format!("complete/sandbox?partial_token={token}"),
            None,
        ),
        (
            Method::GET,
            format!("complete/sandbox?partial_token={token}&verification_code={code}"),
            None,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let sender = format!("192.0.2.{number}");
        let asked = || {
            let request = http::request(method.clone(), &format!("{}/{path}", server.url));
            let request = request.header("X-Forwarded-For", &sender);
            let request = request.bearer_auth(&bearer);
            http::send(match body {
                Some(body) => request.json(body),
                None => request,
            })
        };
        for _ in 0..20 {
            assert_eq!(asked().await.status, 400, "{path}");
        }
        is_limited(&asked().await);
    }
}
