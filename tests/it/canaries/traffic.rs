//! Secrets in every place of every request, and providers that repeat them.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap};
use serde_json::{Value, json};

use super::credentials;
use super::scanner::Canaries;
use crate::support::http;
use crate::support::internet::{Answer, FakeInternet, Received};
use crate::support::server::Reply;

const HOST: &str = "api.github.com";
/// A token of the sandbox's language that is a secret nonetheless.
const SLOW: &str = "slow:000000000000000000000000000000000000000000";

/// All answers, in the order they came.
pub(super) async fn run(url: &str, internet: &FakeInternet, canaries: &mut Canaries) -> Vec<Reply> {
    canaries.add(SLOW);
    let client = Client {
        url: format!("{url}/social_sign_up"),
    };
    let mut replies = Vec::new();
    answer_as_told(internet, canaries);
    let bearer = client.signs_in(canaries, &mut replies).await;
    client.is_refused(canaries, &mut replies).await;
    client.meets_the_sandbox(canaries, &mut replies).await;
    client.sends_nonsense(canaries, &mut replies).await;
    client.shows_bearers(canaries, &bearer, &mut replies).await;
    client.asks_elsewhere(canaries, &mut replies).await;
    credentials::run(&client, internet, canaries, &mut replies).await;
    replies
}

pub(super) struct Client {
    pub(super) url: String,
}

/// GitHub, which repeats the token in all it says and fails as the login asks.
fn answer_as_told(internet: &FakeInternet, canaries: &mut Canaries) {
    let (access, refresh) = (
        canaries.plant("answered"),
        canaries.plant("answered refresh"),
    );
    let id_token = canaries.plant("answered id token");
    internet.on_fn("GET", HOST, "/user", move |received| {
        profile(received, &access, &refresh, &id_token)
    });
    internet.on_fn("POST", HOST, "/applications/key/token", |received| {
        let token = received.json()["access_token"].to_string();
        let echo = json!({
            "app": {"client_id": "key"}, "user": {"id": 583_231}, "token": token, "message": token,
        });
        let status = if token.contains("bound-badly") {
            401
        } else {
            200
        };
        Answer::json(status, &echo).header("X-Echo", token.trim_matches('"'))
    });
    internet.on("GET", HOST, "/user/emails", Answer::json(404, &json!({})));
}

fn profile(received: &Received, access: &str, refresh: &str, id_token: &str) -> Answer {
    let token = received.header("authorization").unwrap_or_default();
    let token = token.trim_start_matches("token ").to_owned();
    let mut echo = json!({
        "id": 583_231, "login": "octocat", "name": "The Octocat", "email": null,
        "access_token": access, "refresh_token": refresh, "id_token": id_token, "token": token,
    });
    let answer = |status, body: &Value| Answer::json(status, body).header("X-Echo", &token);
    if token.contains("profile-") {
        echo["id"] = Value::Null;
        echo["error_description"] = json!(format!("the token {token} is not good"));
        let status = ["401", "403", "404", "418", "429", "500"]
            .into_iter()
            .find(|status| token.contains(status));
        return match status {
            Some(status) => answer(status.parse().unwrap(), &echo),
            None if token.contains("302") => {
                let location = format!("https://evil.example/?access_token={token}");
                answer(302, &echo).header("Location", &location)
            }
            None if token.contains("html") => {
                Answer::new(200, "text/html", format!("<p>{token}</p>"))
            }
            None if token.contains("garbage") => Answer::garbage(),
            None if token.contains("list") => answer(200, &json!([token])),
            None => answer(200, &echo),
        };
    }
    answer(200, &echo)
}

impl Client {
    pub(super) async fn post(&self, body: &Value, replies: &mut Vec<Reply>) {
        replies.push(http::post(&self.url, None, body).await);
    }

    /// Everything works; the session's tokens are secrets from then on.
    async fn signs_in(&self, canaries: &mut Canaries, replies: &mut Vec<Reply>) -> String {
        let mut bearer = String::new();
        let oauth1 = json!({
            "provider": "sandbox-oauth1", "access_token": format!("{SLOW}:bob"),
            "access_token_secret": "bob-secret",
        });
        canaries.add("bob-secret");
        let github = json!({
            "provider": "github", "access_token": canaries.plant("token"),
            "token_response": {
                "refresh_token": canaries.plant("refresh"), "id_token": canaries.plant("id token"),
                "access_token": canaries.plant("other token"), "expires_in": 3600,
            },
        });
        let sandbox = json!({"provider": "sandbox", "access_token": format!("{SLOW}:alice")});
        for body in [&github, &github, &oauth1, &sandbox] {
            let reply = http::post(&self.url, None, body).await;
            assert_eq!(reply.status, 201, "{}", reply.text);
            let session = &reply.json()["session"];
            bearer = session["access_token"].as_str().unwrap().to_owned();
            canaries.add(&bearer);
            canaries.add(bearer.rsplit('.').next().unwrap());
            canaries.add(session["refresh_token"].as_str().unwrap());
            replies.push(reply);
        }
        let carol = json!({"provider": "sandbox", "access_token": format!("{SLOW}:carol")});
        let associated = http::post(&self.url, Some(&bearer), &carol).await;
        assert_eq!(associated.status, 201, "{}", associated.text);
        // Another user's: refused with all tokens at hand.
        replies.push(http::post(&self.url, Some(&bearer), &github).await);
        for path in ["/me", "/me/social_auth"] {
            let url = self.url.replace("/social_sign_up", path);
            let reply = http::get(&url, Some(&bearer)).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        bearer
    }

    /// The provider refuses, fails or speaks nonsense, the token in its mouth.
    async fn is_refused(&self, canaries: &mut Canaries, replies: &mut Vec<Reply>) {
        for fault in [
            "profile-401",
            "profile-403",
            "profile-404",
            "profile-418",
            "profile-429",
            "profile-500",
            "profile-302",
            "profile-html",
            "profile-garbage",
            "profile-list",
            "profile-without-id",
            "bound-badly",
        ] {
            let token = canaries.plant(fault);
            let body = json!({"provider": "github", "access_token": token});
            self.post(&body, replies).await;
            let status = replies.last().unwrap().status;
            assert!(status >= 400, "{fault}: {status}");
        }
    }

    async fn meets_the_sandbox(&self, canaries: &mut Canaries, replies: &mut Vec<Reply>) {
        for fault in [
            "401", "403", "404", "429", "500", "timeout", "html", "garbage", "huge", "list",
        ] {
            let token = format!("fail-binding:{fault}:{SLOW}:alice");
            self.post(
                &json!({"provider": "sandbox", "access_token": token}),
                replies,
            )
            .await;
            assert!(replies.last().unwrap().status >= 400, "{fault}");
        }
        for token in [
            format!("wrong-app:{SLOW}:alice"),
            format!("{SLOW}:fail:401"),
            format!("{SLOW}:sub:true"),
            canaries.plant("unknown"),
        ] {
            self.post(
                &json!({"provider": "sandbox", "access_token": token}),
                replies,
            )
            .await;
            let secret = canaries.plant("token secret");
            let pair = json!({
                "provider": "sandbox-oauth1", "access_token": token, "access_token_secret": secret,
            });
            self.post(&pair, replies).await;
            assert_eq!(replies.last().unwrap().status, 401);
        }
    }

    /// Secrets where no secret belongs.
    async fn sends_nonsense(&self, canaries: &mut Canaries, replies: &mut Vec<Reply>) {
        let mut plant = || canaries.plant("misplaced");
        let long = plant().repeat(800);
        for body in [
            json!({"provider": plant(), "access_token": plant()}),
            json!({"provider": plant().repeat(9), "access_token": plant()}),
            json!({"provider": [plant()], "access_token": {"token": plant()}}),
            json!({"provider": "sandbox", "access_token": format!("{}\r\n", plant())}),
            json!({"provider": "sandbox", "access_token": long}),
            json!({"provider": "sandbox", "access_token": plant(), "access_token_secret": plant()}),
            json!({"provider": "sandbox-oauth1", "access_token": plant()}),
            json!({"provider": "sandbox", "id_token": plant()}),
            json!({"provider": "sandbox", "id_token": plant(), "code": plant()}),
            json!({"provider": "sandbox", "access_token": plant(), "token_response": plant()}),
            json!({"provider": "sandbox", "access_token": plant(), "password": plant()}),
            json!([plant()]),
            json!(plant()),
        ] {
            self.post(&body, replies).await;
            assert!(replies.last().unwrap().status >= 400, "{body}");
        }
        let form = "application/x-www-form-urlencoded";
        for (media_type, body) in [
            (
                "application/json",
                format!("{{\"access_token\":\"{}", plant()),
            ),
            (
                "application/json",
                format!("{{\"access_token\":{}}}", plant()),
            ),
            (form, format!("access_token={}", plant())),
            (
                form,
                format!(
                    "provider=sandbox&access_token={0}&access_token={0}",
                    plant()
                ),
            ),
            ("text/plain", plant()),
            ("multipart/form-data; boundary=x", plant()),
        ] {
            let reply = http::post_text(&self.url, None, media_type, body).await;
            assert!(reply.status >= 400, "{}", reply.text);
            replies.push(reply);
        }
    }

    async fn shows_bearers(&self, canaries: &mut Canaries, bearer: &str, replies: &mut Vec<Reply>) {
        let me = self.url.replace("/social_sign_up", "/me");
        for header in [
            format!("Bearer {}", canaries.plant("bearer")),
            format!("Basic {}", canaries.plant("basic")),
            canaries.plant("bare"),
            format!("Bearer {bearer}x"),
            format!("Token {bearer}"),
        ] {
            let request = http::request(Method::GET, &me).header(AUTHORIZATION, header);
            let reply = http::send(request).await;
            assert_eq!(reply.status, 401);
            replies.push(reply);
        }
    }

    /// Secrets in paths, queries and headers that nobody asked for.
    async fn asks_elsewhere(&self, canaries: &mut Canaries, replies: &mut Vec<Reply>) {
        let base = self.url.trim_end_matches("/social_sign_up");
        let mut plant = || canaries.plant("elsewhere").replace('/', "_");
        let mut planted = Vec::new();
        for path in [
            "/me?access_token=",
            "/",
            "/social_sign_up?token=",
            "/me/",
            "/providers#",
        ] {
            let (in_path, cookie, header) = (plant(), plant(), plant());
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, format!("session={cookie}").parse().unwrap());
            for name in [
                "x-api-key",
                "proxy-authorization",
                "x-github-token",
                "referer",
            ] {
                headers.insert(name, header.parse().unwrap());
            }
            let url = format!("{base}{path}{in_path}");
            let request = http::request(Method::GET, &url).headers(headers);
            replies.push(http::send(request).await);
            planted.extend([in_path, cookie, header]);
        }
        for secret in planted {
            canaries.add(&secret);
        }
    }
}
