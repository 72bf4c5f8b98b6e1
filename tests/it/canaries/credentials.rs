//! ID tokens, codes, OAuth 1's legs, assertions and payloads: good ones, and
//! bad ones of every make, all of them secrets.

use serde_json::{Value, json};
use url::Url;

use super::scanner::Canaries;
use super::traffic::Client;
use crate::openid2::assertion::{Assertion, CALLBACK};
use crate::openid2::{ENDPOINTS, valid};
use crate::payloads::sign::{init_data, person, widget};
use crate::real_parts::browser::{follow, parameter};
use crate::support::http;
use crate::support::id_tokens::{Key, at_hash, claims, secret_token, serve_keys};
use crate::support::internet::{Answer, FakeInternet, Received};
use crate::support::server::Reply;

const ISSUER: &str = "https://id.example";
const HOST: &str = "id.example";
/// Its second half is the secret, and has only what a bot's token may have.
const BOT_TOKEN: &str = "42:cAnAry-of-a-bot_0001x7Qz";
const SANDBOX_CALLBACK: &str = "http://127.0.0.1:4711/callback";

/// The providers that take these credentials.
pub(super) fn settings(canaries: &mut Canaries) -> Vec<(&'static str, String)> {
    canaries.add(BOT_TOKEN);
    let addresses = json!([CALLBACK]).to_string();
    vec![
        ("SOCIAL_AUTH_OIDC_KEY", "our-app".to_owned()),
        ("SOCIAL_AUTH_OIDC_SECRET", canaries.plant("oidc secret")),
        ("SOCIAL_AUTH_OIDC_OIDC_ENDPOINT", ISSUER.to_owned()),
        ("SOCIAL_AUTH_OIDC_REDIRECT_URIS", addresses.clone()),
        ("SOCIAL_AUTH_TELEGRAM_BOT_TOKEN", BOT_TOKEN.to_owned()),
        ("SOCIAL_AUTH_OPENID_ENABLED", "true".to_owned()),
        ("SOCIAL_AUTH_OPENID_OP_ENDPOINTS", ENDPOINTS.to_owned()),
        ("SOCIAL_AUTH_OPENID_REDIRECT_URIS", addresses),
    ]
}

/// What is posted, and by what it is refused; what comes back is kept.
struct Poster<'a> {
    client: &'a Client,
    replies: &'a mut Vec<Reply>,
}

impl Poster<'_> {
    /// It signs somebody in, and does so once.
    async fn signs_in_once(&mut self, body: &Value) {
        self.client.post(body, self.replies).await;
        let given = self.replies.last().unwrap();
        assert_eq!(given.status, 201, "{body}: {}", given.text);
        self.is_refused(body).await;
    }

    async fn is_refused(&mut self, body: &Value) {
        self.client.post(body, self.replies).await;
        let given = self.replies.last().unwrap();
        assert!(given.status >= 400, "{body}: {}", given.text);
    }
}

pub(super) async fn run(
    client: &Client,
    internet: &FakeInternet,
    canaries: &mut Canaries,
    replies: &mut Vec<Reply>,
) {
    serve_keys(internet, ISSUER);
    let ada = json!({"sub": "ada"});
    internet.on("GET", HOST, "/userinfo", Answer::json(200, &ada));
    let mut poster = Poster { client, replies };
    brings_id_tokens(&mut poster, canaries).await;
    brings_codes(&mut poster, internet, canaries).await;
    goes_off_and_comes_back(&mut poster, canaries).await;
    brings_assertions(&mut poster, internet, canaries).await;
    brings_payloads(&mut poster, canaries).await;
}

/// A token is a secret as a whole, and so is what it was signed with.
fn signed(canaries: &mut Canaries, key: Key, claims: &Value) -> String {
    let token = key.token(claims);
    canaries.add(&token);
    canaries.add(token.rsplit('.').next().unwrap());
    token
}

async fn brings_id_tokens(poster: &mut Poster<'_>, canaries: &mut Canaries) {
    let (nonce, beside) = (canaries.plant("nonce"), canaries.plant("beside"));
    let mut good = claims(ISSUER, "our-app", "ada");
    good["nonce"] = nonce.as_str().into();
    good["jti"] = canaries.plant("jti").into();
    good["at_hash"] = at_hash(&beside).into();
    let body =
        |token: &str, nonce: &str| json!({"provider": "oidc", "id_token": token, "nonce": nonce});
    let token = signed(canaries, Key::Rs256, &good);
    let mut whole = body(&token, &nonce);
    whole["access_token"] = beside.into();
    poster.signs_in_once(&whole).await;
    poster
        .is_refused(&body(&token, &canaries.plant("nonce")))
        .await;
    whole["access_token"] = canaries.plant("beside").into();
    poster.is_refused(&whole).await;
    for claim in ["iss", "aud", "azp", "sub", "iat", "nonce", "at_hash", "typ"] {
        let mut bad = good.clone();
        let secret = canaries.plant(claim);
        bad[claim] = if claim == "sub" {
            json!([secret])
        } else {
            secret.into()
        };
        let bad = signed(canaries, Key::Rs256, &bad);
        let mut refused = body(&bad, &nonce);
        refused["access_token"] = canaries.plant("beside").into();
        poster.is_refused(&refused).await;
    }
    let secret = secret_token(&canaries.plant("key"), &good);
    canaries.add(&secret);
    let header = json!({"alg": "RS256", "kid": canaries.plant("kid")});
    let stranger = Key::Rs256.forge(&header, &good);
    canaries.add(&stranger);
    let elliptic = signed(canaries, Key::Es256, &good);
    for token in [secret, stranger, elliptic, canaries.plant("no token")] {
        poster.is_refused(&body(&token, &nonce)).await;
        for field in ["access_token", "code"] {
            let misplaced = json!({
                "provider": "oidc", field: token, "redirect_uri": CALLBACK,
                "code_verifier": canaries.plant("verifier"),
            });
            poster.is_refused(&misplaced).await;
        }
    }
}

/// The token endpoint: it fails as the code says, what it got in its mouth.
fn exchanged(asked: &Received, id_token: &str, access_token: &str) -> Answer {
    let sent = String::from_utf8_lossy(&asked.body).into_owned();
    let code = asked.form().into_iter().find(|(name, _)| name == "code");
    let code = code.map_or_else(String::new, |(_, code)| code);
    let echo = json!({"error": "invalid_grant", "error_description": sent, "code": code});
    if code.contains("refused") {
        return Answer::json(400, &echo).header("X-Echo", &code);
    }
    if code.contains("failed") {
        return Answer::json(500, &echo);
    }
    if code.contains("empty") {
        return Answer::json(200, &echo);
    }
    Answer::json(
        200,
        &json!({
            "access_token": access_token, "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": format!("refresh-of-{access_token}"), "id_token": id_token,
        }),
    )
}

async fn brings_codes(poster: &mut Poster<'_>, internet: &FakeInternet, canaries: &mut Canaries) {
    let challenge = begin(poster, "challenge", &json!({"provider": "oidc"})).await;
    let secret = |name: &str| challenge[name].as_str().unwrap().to_owned();
    for name in ["nonce", "state", "code_verifier"] {
        canaries.add(&secret(name));
    }
    let mut good = claims(ISSUER, "our-app", "ada");
    good["nonce"] = secret("nonce").into();
    let (id_token, access_token) = (
        signed(canaries, Key::Rs256, &good),
        canaries.plant("exchanged"),
    );
    internet.on_fn("POST", HOST, "/token", move |asked| {
        exchanged(asked, &id_token, &access_token)
    });
    let body = |code: String| {
        json!({
            "provider": "oidc", "code": code, "redirect_uri": CALLBACK,
            "code_verifier": challenge["code_verifier"], "state": challenge["state"],
            "nonce": challenge["nonce"],
        })
    };
    for fault in ["refused code", "failed code", "empty code"] {
        poster.is_refused(&body(canaries.plant(fault))).await;
    }
    for field in ["state", "nonce", "redirect_uri", "iss"] {
        let mut changed = body(canaries.plant("code"));
        changed[field] = canaries.plant(field).into();
        poster.is_refused(&changed).await;
    }
    let mut short = body(canaries.plant("code"));
    short["code_verifier"] = canaries.plant("short").into();
    poster.is_refused(&short).await;
    poster.signs_in_once(&body(canaries.plant("code"))).await;
}

/// What the server makes for a sign-in that is begun.
async fn begin(poster: &mut Poster<'_>, what: &str, body: &Value) -> Value {
    let url = format!("{}/{what}", poster.client.url);
    let reply = http::post(&url, None, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn goes_off_and_comes_back(poster: &mut Poster<'_>, canaries: &mut Canaries) {
    let asked = json!({"provider": "sandbox-oauth1", "redirect_uri": SANDBOX_CALLBACK});
    let mut back = Vec::new();
    for _ in 0..2 {
        let begun = begin(poster, "request_token", &asked).await;
        let mut url = Url::parse(begun["authorize_url"].as_str().unwrap()).unwrap();
        url.query_pairs_mut().append_pair("person", "carol");
        let callback = follow(url.as_str(), SANDBOX_CALLBACK).await;
        let verifier = parameter(&callback, "oauth_verifier");
        canaries.add(&verifier);
        canaries.add(begun["request_token"].as_str().unwrap());
        back.push(json!({
            "provider": "sandbox-oauth1", "oauth_token": begun["oauth_token"],
            "oauth_verifier": verifier, "request_token": begun["request_token"],
        }));
    }
    for field in ["oauth_token", "oauth_verifier", "request_token"] {
        let mut changed = back[0].clone();
        changed[field] = canaries.plant(field).into();
        poster.is_refused(&changed).await;
    }
    let mut mixed = back[0].clone();
    mixed["request_token"] = back[1]["request_token"].clone();
    poster.is_refused(&mixed).await;
    poster.signs_in_once(&back[1]).await;
}

async fn brings_assertions(
    poster: &mut Poster<'_>,
    internet: &FakeInternet,
    canaries: &mut Canaries,
) {
    let mut assertion = |field: &str| {
        let mut assertion = Assertion::of("https://op.example", "ada");
        assertion.set("sig", &canaries.plant("sig"));
        if field != "sig" {
            assertion.set(field, &canaries.plant(field));
        }
        assertion.body("openid")
    };
    let says = |text: &str| internet.on("POST", "op.example", "/openid", Answer::text(200, text));
    says(&valid());
    for field in [
        "claimed_id",
        "return_to",
        "response_nonce",
        "op_endpoint",
        "mode",
        "ns",
    ] {
        poster.is_refused(&assertion(field)).await;
    }
    poster.signs_in_once(&assertion("sig")).await;
    says("is_valid:false\n");
    poster.is_refused(&assertion("sig")).await;
    internet.on_fn("POST", "op.example", "/openid", |asked| {
        Answer::text(500, &String::from_utf8_lossy(&asked.body))
    });
    poster.is_refused(&assertion("sig")).await;
}

async fn brings_payloads(poster: &mut Poster<'_>, canaries: &mut Canaries) {
    let body = |payload: &Value| json!({"provider": "telegram", "payload": payload});
    let good = widget(person(7, 5), BOT_TOKEN);
    canaries.add(good["hash"].as_str().unwrap());
    poster.signs_in_once(&body(&good)).await;
    for field in ["hash", "id", "first_name", "auth_date", "another"] {
        let mut changed = good.clone();
        changed[field] = canaries.plant(field).into();
        poster.is_refused(&body(&changed)).await;
    }
    let app = init_data(&json!({"id": 8, "first_name": "Ada"}), 5, BOT_TOKEN);
    let text = app["init_data"].as_str().unwrap();
    canaries.add(text);
    let hash = text.rsplit('=').next().unwrap();
    canaries.add(hash);
    poster.signs_in_once(&body(&app)).await;
    let odd = json!({"init_data": format!("{text}&more={}", canaries.plant("more"))});
    poster.is_refused(&body(&odd)).await;
    for odd in [
        json!(canaries.plant("text")),
        json!([canaries.plant("list")]),
    ] {
        poster.is_refused(&body(&odd)).await;
    }
}
