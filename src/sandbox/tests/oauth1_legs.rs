//! OAuth 1's legs, gone by a client that signs with another's code.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use oauth1_request::signature_method::HmacSha1;
use oauth1_request::{Builder, Credentials};
use url::{Url, form_urlencoded};

use super::client::{Answer, get, send};
use super::sandbox;
use crate::sandbox::{CLIENT_ID, CLIENT_SECRET, Sandbox, now};

const CALLBACK: &str = "https://app.example/done?a=1";
const REQUEST_TOKEN: &str = "/oauth1/request_token";
const ACCESS_TOKEN: &str = "/oauth1/access_token";

type Fields = BTreeMap<String, String>;

/// What is signed with, and what is signed along.
#[derive(Clone, Copy)]
struct Signed<'a> {
    secret: &'a str,
    token: Option<(&'a str, &'a str)>,
    callback: Option<&'a str>,
    verifier: Option<&'a str>,
}

const BARE: Signed<'_> = Signed {
    secret: CLIENT_SECRET,
    token: None,
    callback: None,
    verifier: None,
};

async fn post(sandbox: &Sandbox, path: &str, signed: Signed<'_>) -> Answer {
    let client = Credentials::new(CLIENT_ID, signed.secret);
    let mut builder: Builder<'_, HmacSha1, &str, &str> = Builder::new(client, HmacSha1::new());
    let token = signed
        .token
        .map(|(token, secret)| Credentials::new(token, secret));
    builder.token(token).timestamp(NonZeroU64::new(now()));
    builder.callback(signed.callback).verifier(signed.verifier);
    let header = builder.post(format!("{}{path}", sandbox.url()), &());
    send(sandbox, "POST", path, &[("Authorization", &header)], "").await
}

fn form(answer: &Answer) -> Fields {
    assert_eq!(answer.status, 200, "{}", answer.text());
    form_urlencoded::parse(&answer.body).into_owned().collect()
}

async fn begin(sandbox: &Sandbox, callback: &str) -> Answer {
    let callback = Some(callback);
    post(sandbox, REQUEST_TOKEN, Signed { callback, ..BARE }).await
}

async fn authorize(sandbox: &Sandbox, token: &str, person: &str) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("oauth_token", token)
        .append_pair("person", person)
        .finish();
    get(sandbox, &format!("/oauth1/authorize?{query}"), &[]).await
}

/// The verifier that the person's callback brings.
async fn verifier(sandbox: &Sandbox, token: &str, person: &str) -> String {
    let answer = authorize(sandbox, token, person).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let url = Url::parse(&answer.headers["location"]).unwrap();
    assert!(
        url.as_str().starts_with("https://app.example/done?"),
        "{url}"
    );
    let mut pairs: Fields = url.query_pairs().into_owned().collect();
    assert_eq!(pairs["oauth_token"], token);
    pairs.remove("oauth_verifier").unwrap()
}

async fn exchange(sandbox: &Sandbox, token: (&str, &str), verifier: Option<&str>) -> Answer {
    let token = Some(token);
    let signed = Signed {
        token,
        verifier,
        ..BARE
    };
    post(sandbox, ACCESS_TOKEN, signed).await
}

#[tokio::test]
async fn a_person_goes_off_and_their_token_opens_their_profile() {
    let sandbox = sandbox().await;
    let begun = form(&begin(&sandbox, CALLBACK).await);
    assert_eq!(begun["oauth_callback_confirmed"], "true");
    let pair = (&*begun["oauth_token"], &*begun["oauth_token_secret"]);
    let verifier = verifier(&sandbox, pair.0, "alice").await;
    let given = form(&exchange(&sandbox, pair, Some(&verifier)).await);
    assert_eq!(given["oauth_token"], "alice");
    assert_eq!(given["oauth_token_secret"], "alice-secret");
    let again = exchange(&sandbox, pair, Some(&verifier)).await;
    assert_eq!(again.status, 401, "it is used up");
    assert_eq!(authorize(&sandbox, pair.0, "alice").await.status, 400);
}

#[tokio::test]
async fn a_request_token_needs_our_signature_and_a_callback() {
    let sandbox = sandbox().await;
    let callback = Some(CALLBACK);
    for signed in [
        Signed {
            secret: "another",
            callback,
            ..BARE
        },
        Signed {
            callback: Some("no URL"),
            ..BARE
        },
        Signed {
            token: Some(("alice", "alice-secret")),
            callback,
            ..BARE
        },
        BARE,
    ] {
        let answer = post(&sandbox, REQUEST_TOKEN, signed).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
    }
    let unsigned = send(&sandbox, "POST", REQUEST_TOKEN, &[], "").await;
    assert_eq!(unsigned.status, 401);
}

#[tokio::test]
async fn nobody_is_sent_back_who_is_nobody_or_has_no_request_token() {
    let sandbox = sandbox().await;
    let begun = form(&begin(&sandbox, CALLBACK).await);
    let token = &begun["oauth_token"];
    for (token, person) in [
        ("unknown", "alice"),
        ("", "alice"),
        (token, "mallory"),
        (token, ""),
    ] {
        let answer = authorize(&sandbox, token, person).await;
        assert_eq!(answer.status, 400, "{token} {person}");
    }
    // None of that used it up.
    verifier(&sandbox, token, "bob").await;
}

#[tokio::test]
async fn a_request_token_is_used_up_by_the_first_try_good_or_not() {
    let sandbox = sandbox().await;
    let other = form(&begin(&sandbox, CALLBACK).await);
    let others = verifier(&sandbox, &other["oauth_token"], "bob").await;
    for (wrong_secret, wrong_verifier) in [
        (None, Some("another")),
        (None, Some(&*others)),
        (None, None),
        (Some("another"), None),
    ] {
        let begun = form(&begin(&sandbox, CALLBACK).await);
        let (token, secret) = (&*begun["oauth_token"], &*begun["oauth_token_secret"]);
        let right = verifier(&sandbox, token, "alice").await;
        let pair = (token, wrong_secret.unwrap_or(secret));
        let given = if wrong_secret.is_some() {
            Some(&*right)
        } else {
            wrong_verifier
        };
        let refused = exchange(&sandbox, pair, given).await;
        assert_eq!(refused.status, 401, "{}", refused.text());
        let late = exchange(&sandbox, (token, secret), Some(&right)).await;
        assert_eq!(late.status, 401, "{}", late.text());
    }
    let unsent = form(&begin(&sandbox, CALLBACK).await);
    let pair = (&*unsent["oauth_token"], &*unsent["oauth_token_secret"]);
    let early = exchange(&sandbox, pair, Some("any")).await;
    assert_eq!(early.status, 401, "nobody signed in for it yet");
}

#[tokio::test]
async fn what_the_callback_asks_for_goes_wrong() {
    let sandbox = sandbox().await;
    let with = |fault: &str| format!("{CALLBACK}&sandbox={fault}");
    let unconfirmed = form(&begin(&sandbox, &with("unconfirmed")).await);
    assert!(!unconfirmed.contains_key("oauth_callback_confirmed"));
    let html = begin(&sandbox, &with("html")).await;
    assert_eq!((html.status, &*html.text()), (200, "<html>later</html>"));
    let json = begin(&sandbox, &with("json")).await.json();
    assert_eq!(json["oauth_callback_confirmed"], "true");
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let (token, secret) = (text("oauth_token"), text("oauth_token_secret"));
    let verifier = verifier(&sandbox, &token, "carol").await;
    let given = exchange(&sandbox, (&token, &secret), Some(&verifier))
        .await
        .json();
    assert_eq!(given["oauth_token"], "carol");
    assert_eq!(given["oauth_token_secret"], "carol-secret");
    // A fault that nobody knows is none.
    let known = form(&begin(&sandbox, &with("unknown")).await);
    assert_eq!(known["oauth_callback_confirmed"], "true");
}
