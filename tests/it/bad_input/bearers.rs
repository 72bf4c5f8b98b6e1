//! Bearers that are not ours, not valid, or not where they belong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE};
use ring::hmac;
use serde_json::{Value, json};
use sociable::crypto::jose::SigningKey;
use uuid::Uuid;

use super::{JSON, Unmoved, asked};
use crate::support::http;
use crate::support::server::{KEYS, Reply, Store, on_both};

on_both!(
    a_bearer_that_is_not_good_is_never_nobody,
    a_bearer_of_a_user_who_is_gone_is_refused,
    a_bearer_stands_in_its_header_alone,
);

const ISSUER: &str = "https://login.example.com";
const ENVIRONMENT: [(&str, &str); 1] = [("SOCIABLE_SERVER__PUBLIC_URL", ISSUER)];

fn signing_key(seed: &str) -> SigningKey {
    let seed: [u8; 32] = STANDARD.decode(seed).unwrap().try_into().unwrap();
    SigningKey::from_seed(&seed).unwrap()
}

fn ours() -> SigningKey {
    signing_key(KEYS[0].1)
}

/// The claims of a good token, made by hand.
fn claims(user: &str) -> Value {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let id = "01900000-0000-7000-8000-000000000001";
    json!({
        "iss": ISSUER, "aud": ISSUER, "sub": user, "iat": now, "exp": now + 600,
        "jti": id, "sid": id,
    })
}

fn sign(key: &SigningKey, typ: &str, claims: &Value) -> String {
    use secrecy::ExposeSecret as _;
    key.sign(typ, claims).unwrap().expose_secret().to_owned()
}

fn with(user: &str, claim: &str, value: Value) -> String {
    let mut claims = claims(user);
    claims[claim] = value;
    sign(&ours(), "at+jwt", &claims)
}

fn without(user: &str, claim: &str) -> String {
    let mut claims = claims(user);
    claims.as_object_mut().unwrap().remove(claim);
    sign(&ours(), "at+jwt", &claims)
}

/// A token with this header; signed by HMAC over our public key if at all.
fn forged(header: &Value, claims: &Value, hmac_key: Option<&[u8]>) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = hmac_key.map_or_else(String::new, |key| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()))
    });
    format!("{signed}.{signature}")
}

/// Tokens that look like ours, each wrong in one way.
fn wrong_tokens(user: &str, good: &str) -> Vec<String> {
    let key = ours();
    let stranger = signing_key("Zt8Kp2VxQ9mJ4rW7cY1uD6sG3hN0bLfAeTqRiOwXyEk=");
    let public = key.public_jwk()["x"].as_str().unwrap().to_owned();
    let public_bytes = URL_SAFE_NO_PAD.decode(&public).unwrap();
    let header = |alg: &str| json!({"alg": alg, "typ": "at+jwt", "kid": key.kid()});
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let bob = URL_SAFE_NO_PAD.encode(claims("bob").to_string());
    vec![
        with(user, "exp", json!(1_000_000_000)),
        with(user, "exp", json!("9999999999")),
        with(user, "iat", json!(9_999_999_000_u64)),
        with(user, "nbf", json!(9_999_999_000_u64)),
        with(user, "iss", json!("https://login.example.com/")),
        with(user, "iss", json!("https://other.example.com")),
        with(user, "aud", json!("https://other.example.com")),
        with(user, "aud", json!([ISSUER])),
        with(user, "sub", json!("alice")),
        with(user, "sub", json!(7)),
        without(user, "exp"),
        without(user, "iss"),
        without(user, "aud"),
        without(user, "sub"),
        without(user, "sid"),
        sign(&stranger, "at+jwt", &claims(user)),
        sign(&key, "JWT", &claims(user)),
        sign(&key, "rt+jwt", &claims(user)),
        sign(&key, "", &claims(user)),
        forged(&header("none"), &claims(user), None),
        forged(&header("None"), &claims(user), None),
        forged(&header("EdDSA"), &claims(user), None),
        forged(&header("HS256"), &claims(user), Some(public.as_bytes())),
        forged(&header("HS256"), &claims(user), Some(&public_bytes)),
        format!("{head}.{bob}.{signature}"),
        format!("{head}.{body}"),
        format!("{head}.{body}."),
        format!("{good}."),
        format!("{good}="),
        format!("{good}x"),
        good.to_uppercase(),
        format!("{head}.{body}.{signature}.{signature}.{signature}"),
        "x".repeat(20_000),
        ".".repeat(5_000),
    ]
}

/// The lines of `Authorization` of each request.
fn wrong_headers(user: &str, good: &str, refresh: &str) -> Vec<Vec<String>> {
    let mut headers: Vec<Vec<String>> = wrong_tokens(user, good)
        .into_iter()
        .map(|token| vec![format!("Bearer {token}")])
        .collect();
    let one = |text: String| vec![text];
    headers.extend([
        one(format!("Bearer {refresh}")),
        one("Bearer alice".to_owned()),
        one("Bearer ".to_owned()),
        one("Bearer".to_owned()),
        one(String::new()),
        one(format!(
            "Basic {}",
            STANDARD.encode(format!("alice:{good}"))
        )),
        one(format!("Token {good}")),
        one(format!("Bearer:{good}")),
        one(good.to_owned()),
        one(format!("Bearer {good} {good}")),
        one(format!("Bearer {good}, Bearer {good}")),
        vec![format!("Bearer {good}"), format!("Bearer {good}")],
        vec![format!("Bearer {good}"), "Basic eDp5".to_owned()],
    ]);
    headers
}

fn assert_invalid(reply: &Reply, what: &str) {
    let expected = (401, "invalid_token".to_owned());
    assert_eq!(reply.status_and_code(), expected, "{what}");
    let challenge = &reply.headers["www-authenticate"];
    assert_eq!(challenge, "Bearer error=\"invalid_token\"", "{what}");
    assert_eq!(reply.json()["recovery"], "sign_in");
}

/// ASC-1, ASC-3, SES-8, SES-12.
async fn a_bearer_that_is_not_good_is_never_nobody(store: Store) {
    let unmoved = Unmoved::start(store, &ENVIRONMENT).await;
    let server = &unmoved.server;
    let session = unmoved.alice.json();
    let user = session["id"].as_str().unwrap();
    let good = session["session"]["access_token"].as_str().unwrap();
    let refresh = session["session"]["refresh_token"].as_str().unwrap();
    let headers = wrong_headers(user, good, refresh);
    let carol = json!({"provider": "sandbox", "access_token": "carol"}).to_string();
    for lines in headers {
        let what = format!("{lines:?}");
        for (method, path) in [
            (Method::POST, "/social_sign_up"),
            (Method::GET, "/me"),
            (Method::GET, "/me/social_auth"),
        ] {
            let mut request = http::request(method, &format!("{}{path}", server.url));
            for line in &lines {
                request = request.header(AUTHORIZATION, line);
            }
            if path == "/social_sign_up" {
                request = request.header("content-type", JSON).body(carol.clone());
            }
            let reply = unmoved.judge(http::send(request).await);
            assert_invalid(&reply, &what);
        }
    }
    for path in ["/me", "/me/social_auth"] {
        assert_invalid(&server.get(path, None).await, "nobody");
    }
    assert_eq!(server.store.rows(), unmoved.rows);
    // The tokens made here are right but for what is wrong with each.
    let own = sign(&ours(), "at+jwt", &claims(user));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = http::request(Method::GET, &format!("{}/me", server.url));
        let request = request.header(AUTHORIZATION, format!("{scheme} {own}"));
        assert_eq!(http::send(request).await.status, 200, "{scheme}");
    }
    unmoved.check().await;
}

/// SES-6.
async fn a_bearer_of_a_user_who_is_gone_is_refused(store: Store) {
    let unmoved = Unmoved::start(store, &ENVIRONMENT).await;
    let gone = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002).to_string();
    let bearer = sign(&ours(), "at+jwt", &claims(&gone));
    let carol = json!({"provider": "sandbox", "access_token": "carol"});
    let reply = unmoved.server.associate(&bearer, carol).await;
    assert_invalid(&unmoved.judge(reply), "gone");
    assert_invalid(&unmoved.server.get("/me", Some(&bearer)).await, "gone");
    unmoved.check().await;
}

/// SES-10, ASC-2: a query or a cookie signs nobody in.
async fn a_bearer_stands_in_its_header_alone(store: Store) {
    let unmoved = Unmoved::start(store, &ENVIRONMENT).await;
    let server = &unmoved.server;
    let bearer = unmoved.alice.bearer();
    for query in ["access_token", "token", "bearer", "authorization"] {
        let reply = server.get(&format!("/me?{query}={bearer}"), None).await;
        assert_invalid(&reply, query);
    }
    let request = http::request(Method::GET, &format!("{}/me", server.url));
    let cookie = format!("access_token={bearer}; session={bearer}");
    assert_invalid(&http::send(request.header(COOKIE, cookie)).await, "cookie");
    let before = asked(server);
    let url = format!("{}/social_sign_up?access_token={bearer}", server.url);
    let carol = json!({"provider": "sandbox", "access_token": "carol"});
    let reply = http::post(&url, None, &carol).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["is_new"], true, "carol is not added to alice");
    assert_eq!(asked(server), before + 2);
    let query = format!(
        "{}/social_sign_up?provider=sandbox&access_token=alice",
        server.url
    );
    let reply = http::post(&query, None, &json!({})).await;
    assert_eq!(
        reply.json(),
        json!({"provider": ["This field is required."]})
    );
}
