//! `verify_credentials`, asked by clients that sign with another's code.

use std::num::NonZeroU64;

use oauth1_request::signature_method::HmacSha1;
use oauth1_request::{Builder, Credentials, ParameterList};
use serde_json::{Value, json};

use super::client::{Answer, get, send};
use super::sandbox;
use crate::sandbox::{CLIENT_ID, CLIENT_SECRET, Sandbox, now};

const PATH: &str = "/oauth1/verify_credentials";

/// What a test may want to sign otherwise.
struct Signer<'a> {
    consumer: (&'a str, &'a str),
    token: (&'a str, &'a str),
    timestamp: u64,
    nonce: Option<&'a str>,
    version: bool,
}

fn signer<'a>(token: &'a str, secret: &'a str) -> Signer<'a> {
    Signer {
        consumer: (CLIENT_ID, CLIENT_SECRET),
        token: (token, secret),
        timestamp: now(),
        nonce: None,
        version: false,
    }
}

impl Signer<'_> {
    fn builder(&self) -> Builder<'_, HmacSha1, &str, &str> {
        let client = Credentials::new(self.consumer.0, self.consumer.1);
        let mut builder = Builder::new(client, HmacSha1::new());
        builder.token(Credentials::new(self.token.0, self.token.1));
        builder.timestamp(NonZeroU64::new(self.timestamp));
        builder.nonce(self.nonce).version(self.version);
        builder
    }

    fn header(&self, sandbox: &Sandbox) -> String {
        let uri = format!("{}{PATH}", sandbox.url());
        self.builder().get(uri, &())
    }

    async fn call(&self, sandbox: &Sandbox) -> Answer {
        let header = self.header(sandbox);
        get(sandbox, PATH, &[("Authorization", &header)]).await
    }
}

#[track_caller]
fn assert_refused(answer: &Answer, code: u64) {
    let message = match code {
        32 => "Could not authenticate you.",
        _ => "Invalid or expired token.",
    };
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.json(),
        json!({"errors": [{"code": code, "message": message}]})
    );
}

async fn profile(sandbox: &Sandbox, token: &str, secret: &str) -> Value {
    let answer = signer(token, secret).call(sandbox).await;
    assert_eq!(answer.status, 200, "{token}: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_signed_request_opens_the_profile() {
    let sandbox = sandbox().await;
    assert_eq!(
        profile(&sandbox, "alice", "alice-secret").await,
        json!({
            "id": 2001,
            "id_str": "2001",
            "screen_name": "alice",
            "name": "Alice Liddell",
            "email": "alice@example.com",
        })
    );
    let dave = profile(&sandbox, "dave", "dave-secret").await;
    assert_eq!((dave.get("email"), &dave["id_str"]), (None, &json!("2004")));
    let mut with_version = signer("bob", "bob-secret");
    with_version.version = true;
    assert_eq!(
        with_version.call(&sandbox).await.json()["screen_name"],
        "bob"
    );
}

#[tokio::test]
async fn the_query_is_part_of_what_is_signed() {
    let sandbox = sandbox().await;
    let parameters = ParameterList::new([("include_email", "true"), ("text", "a b+c&d=é☃")]);
    let uri = format!("{}{PATH}", sandbox.url());
    let header = signer("alice", "alice-secret")
        .builder()
        .get(uri, &parameters);
    let headers = [("Authorization", header.as_str())];
    let tampered = format!("{PATH}?include_email=false&text=a%20b%2Bc%26d%3D%C3%A9%E2%98%83");
    assert_refused(&get(&sandbox, &tampered, &headers).await, 32);
    assert_refused(&get(&sandbox, PATH, &headers).await, 32);
    let signed = format!("{PATH}?text=a+b%2bc%26d%3D%C3%A9%E2%98%83&include_email=true");
    assert_eq!(get(&sandbox, &signed, &headers).await.status, 200);
}

#[tokio::test]
async fn the_parameters_may_stand_in_the_query() {
    let sandbox = sandbox().await;
    let uri = format!("{}{PATH}", sandbox.url());
    let signed = signer("alice", "alice-secret");
    let target = signed.builder().to_query("GET", uri, &());
    let target = target.strip_prefix(&sandbox.url()).unwrap().to_owned();
    assert!(target.contains("oauth_signature="));
    assert_eq!(get(&sandbox, &target, &[]).await.json()["id"], 2001);

    let another = signer("alice", "alice-secret").header(&sandbox);
    let both = get(&sandbox, &target, &[("Authorization", &another)]).await;
    assert_refused(&both, 32);
}

#[tokio::test]
async fn a_host_is_signed_in_lower_case() {
    let sandbox = sandbox().await;
    let port = sandbox.address.port();
    let uri = format!("http://localhost:{port}{PATH}");
    let header = signer("alice", "alice-secret").builder().get(uri, &());
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: LocalHost:{port}\r\nAuthorization: {header}\r\nConnection: close\r\n\r\n"
    );
    let mut stream = super::client::open(&sandbox).await;
    super::client::write_raw(&mut stream, request.as_bytes()).await;
    let answer = super::client::read(&mut stream).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn wrong_keys_tokens_and_secrets_are_refused() {
    let sandbox = sandbox().await;
    let cases = [
        ((CLIENT_ID, "wrong"), ("alice", "alice-secret")),
        (("wrong", CLIENT_SECRET), ("alice", "alice-secret")),
        ((CLIENT_ID, CLIENT_SECRET), ("alice", "wrong")),
        ((CLIENT_ID, CLIENT_SECRET), ("alice", "")),
        ((CLIENT_ID, CLIENT_SECRET), ("alice", "bob-secret")),
        ((CLIENT_ID, CLIENT_SECRET), ("mallory", "mallory-secret")),
        ((CLIENT_ID, CLIENT_SECRET), ("", "")),
    ];
    for (consumer, token) in cases {
        let mut signer = signer(token.0, token.1);
        signer.consumer = consumer;
        assert_refused(&signer.call(&sandbox).await, 32);
    }
    for authorization in ["Bearer alice", "OAuth", "OAuth oauth_token=alice", ""] {
        let headers = [("Authorization", authorization)];
        assert_refused(&get(&sandbox, PATH, &headers).await, 32);
    }
    assert_refused(&get(&sandbox, PATH, &[]).await, 32);
}

#[tokio::test]
async fn a_timestamp_may_be_off_by_five_minutes() {
    let sandbox = sandbox().await;
    // Some room, for the clock goes on between signing and checking.
    for (offset, status) in [(-290, 200), (299, 200), (-301, 401), (310, 401)] {
        let mut signer = signer("alice", "alice-secret");
        signer.timestamp = signer.timestamp.saturating_add_signed(offset);
        assert_eq!(signer.call(&sandbox).await.status, status, "{offset}");
    }
}

#[tokio::test]
async fn a_nonce_works_once_and_only_a_signed_request_uses_it_up() {
    let sandbox = sandbox().await;
    let mut forged = signer("alice", "wrong");
    forged.nonce = Some("once");
    let mut signed = signer("alice", "alice-secret");
    signed.nonce = Some("once");
    signed.timestamp = forged.timestamp;
    assert_refused(&forged.call(&sandbox).await, 32);
    assert_eq!(signed.call(&sandbox).await.status, 200);
    assert_refused(&signed.call(&sandbox).await, 32);

    let mut of_bob = signer("bob", "bob-secret");
    of_bob.nonce = Some("once");
    of_bob.timestamp = signed.timestamp;
    assert_eq!(of_bob.call(&sandbox).await.status, 200);
    signed.timestamp -= 1;
    assert_eq!(signed.call(&sandbox).await.status, 200);
}

#[tokio::test]
async fn a_token_of_another_app_has_a_code_of_its_own() {
    let sandbox = sandbox().await;
    let answer = signer("wrong-app:alice", "alice-secret")
        .call(&sandbox)
        .await;
    assert_refused(&answer, 89);
    let unsigned = signer("wrong-app:alice", "wrong").call(&sandbox).await;
    assert_refused(&unsigned, 32);
}

#[tokio::test]
async fn a_revoked_token_is_refused_here_too() {
    let sandbox = sandbox().await;
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let body = "client_id=sandbox-app&client_secret=sandbox-secret&token=erin";
    send(&sandbox, "POST", "/oauth2/revoke", &[form], body).await;
    assert_refused(&signer("erin", "erin-secret").call(&sandbox).await, 89);
}

#[tokio::test]
async fn the_token_language_holds_here_too() {
    let sandbox = sandbox().await;
    let text = profile(&sandbox, "uid:a%20b", "uid:a%20b-secret").await;
    assert_eq!(
        text,
        json!({"id": "a b", "id_str": "a b", "screen_name": "someone"})
    );
    let odd = profile(&sandbox, "sub:null", "sub:null-secret").await;
    assert_eq!(odd, json!({"id": null, "screen_name": "someone"}));
    let large = "sub:123456789012345678901234567890";
    let answer = signer(large, &format!("{large}-secret"))
        .call(&sandbox)
        .await;
    assert!(
        answer
            .text()
            .contains("\"id\":123456789012345678901234567890,")
    );
    let without = profile(&sandbox, "fail:no-uid", "fail:no-uid-secret").await;
    assert_eq!((without.get("id"), without.get("id_str")), (None, None));
    let echo = profile(&sandbox, "echo:other:alice", "alice-secret").await;
    assert_eq!(
        (&echo["access_token"], &echo["id"]),
        (&json!("echoed-alice"), &json!(2001))
    );
    let namesakes = [
        profile(&sandbox, "namesake-1", "namesake-1-secret").await,
        profile(&sandbox, "slow:1:namesake-2", "namesake-2-secret").await,
    ];
    assert_eq!(namesakes[0]["screen_name"], namesakes[1]["screen_name"]);
    assert_ne!(namesakes[0]["id"], namesakes[1]["id"]);
}

#[tokio::test]
async fn faults_show_once_the_request_is_signed() {
    let sandbox = sandbox().await;
    for (fault, status) in [("429", 429), ("500", 500), ("html", 200)] {
        let token = format!("fail:{fault}");
        let answer = signer(&token, &format!("{token}-secret"))
            .call(&sandbox)
            .await;
        assert_eq!(answer.status, status, "{fault}");
    }
    assert_refused(&signer("fail:500", "wrong").call(&sandbox).await, 32);
}
