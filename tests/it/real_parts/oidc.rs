//! OpenID Connect as oidc-provider does it.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;
use url::Url;

use super::CALLBACK;
use super::browser::{find, follow, parameter};
use super::part::Part;
use crate::support::http;
use crate::support::server::Reply;

/// Our client; its ID tokens are of RS256.
pub(crate) const CLIENT: &str = "sociable";
/// A client of ours whose ID tokens are of ES256.
pub(crate) const ES256_CLIENT: &str = "sociable-es";
/// Somebody else's client.
pub(crate) const OTHER_CLIENT: &str = "other-app";

/// A running oidc-provider.
pub(crate) struct Oidc(Part);

/// What an app has in hand at its callback.
#[derive(Clone, Debug)]
pub(crate) struct CodeGrant {
    pub(crate) code: String,
    pub(crate) code_verifier: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) iss: Option<String>,
}

/// What an app gets for a code.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
}

impl Tokens {
    /// What the ID token says; its signature is not looked at.
    pub(crate) fn claims(&self) -> Value {
        let payload = self.id_token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    /// The ID token's header.
    pub(crate) fn header(&self) -> Value {
        let header = self.id_token.split('.').next().unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
    }
}

/// The secret of a client.
pub(crate) fn secret(client: &str) -> String {
    format!("secret of {client}")
}

/// 256 random bits, as a code verifier, a state or a nonce has them.
pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).unwrap();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The S256 challenge of a code verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

impl Oidc {
    /// The one of this test's process, which takes [`CALLBACK`].
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Oidc> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[CALLBACK]))
    }

    /// One with keys and people of its own; its clients take these URLs.
    pub(crate) fn start(redirect_uris: &[&str]) -> Self {
        Self(Part::node("oidc.mjs", redirect_uris))
    }

    /// The issuer, no slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// Sends a person through the flow: where they come back to, and with what.
    ///
    /// `parameters` are added to what a flow of code and PKCE needs, such as
    /// `nonce` and `state`.
    pub(crate) async fn authorize(
        &self,
        (client, person): (&str, &str),
        (redirect_uri, challenge): (&str, &str),
        parameters: &[(&str, &str)],
    ) -> Url {
        let mut url = Url::parse(&format!("{}/auth", self.url())).unwrap();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid email profile")
            .append_pair("client_id", client)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("person", person)
            .extend_pairs(parameters);
        follow(url.as_str(), redirect_uri).await
    }

    /// A code of a person for a client, with its verifier.
    pub(crate) async fn code(
        &self,
        client: &str,
        person: &str,
        parameters: &[(&str, &str)],
    ) -> CodeGrant {
        let code_verifier = random();
        let asked = (CALLBACK, challenge(&code_verifier));
        let back = self
            .authorize((client, person), (asked.0, &asked.1), parameters)
            .await;
        CodeGrant {
            code: parameter(&back, "code"),
            code_verifier,
            redirect_uri: CALLBACK.to_owned(),
            state: find(&back, "state"),
            iss: find(&back, "iss"),
        }
    }

    /// Exchanges a code, as the client's own server would.
    pub(crate) async fn exchange(&self, client: &str, code: &CodeGrant) -> Reply {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code.code),
            ("redirect_uri", &code.redirect_uri),
            ("code_verifier", &code.code_verifier),
        ];
        self.post(client, "token", &form).await
    }

    /// The tokens of a person for a client.
    pub(crate) async fn tokens(
        &self,
        client: &str,
        person: &str,
        parameters: &[(&str, &str)],
    ) -> Tokens {
        let code = self.code(client, person, parameters).await;
        let answer = self.exchange(client, &code).await.json();
        let token = |name: &str| answer[name].as_str().unwrap().to_owned();
        Tokens {
            access_token: token("access_token"),
            id_token: token("id_token"),
        }
    }

    /// Revokes an access token.
    pub(crate) async fn revoke(&self, client: &str, token: &str) {
        let form = [("token", token)];
        let reply = self.post(client, "token/revocation", &form).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    /// What introspection tells a client about a token.
    pub(crate) async fn introspect(&self, client: &str, token: &str) -> Value {
        let form = [("token", token)];
        self.post(client, "token/introspection", &form).await.json()
    }

    async fn post(&self, client: &str, path: &str, form: &[(&str, &str)]) -> Reply {
        let url = format!("{}/{path}", self.url());
        let secret = secret(client);
        let own = [("client_id", client), ("client_secret", &secret)];
        let form = [form, &own].concat();
        http::send(http::request(Method::POST, &url).form(&form)).await
    }
}

mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b_comes_out() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[tokio::test]
    async fn a_code_with_its_verifier_gives_tokens_of_the_person_once() {
        let oidc = Oidc::shared();
        let nonce = random();
        let asked = [("nonce", nonce.as_str()), ("state", "a state")];
        let code = oidc.code(CLIENT, "ada", &asked).await;
        assert_eq!(code.state.as_deref(), Some("a state"));
        assert_eq!(code.iss.as_deref(), Some(oidc.url()));

        let answer = oidc.exchange(CLIENT, &code).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let again = oidc.exchange(CLIENT, &code).await;
        assert_eq!(again.status, 400, "{}", again.text);
        assert_eq!(again.json()["error"], "invalid_grant");
    }

    #[tokio::test]
    async fn a_code_without_its_verifier_or_of_another_client_gives_none() {
        let oidc = Oidc::shared();
        let mut code = oidc.code(CLIENT, "ada", &[]).await;
        assert_eq!(oidc.exchange(OTHER_CLIENT, &code).await.status, 400);
        code.code_verifier = random();
        assert_eq!(oidc.exchange(CLIENT, &code).await.status, 400);
    }

    #[tokio::test]
    async fn id_tokens_say_who_and_are_of_the_clients_algorithm() {
        let oidc = Oidc::shared();
        for (client, algorithm) in [(CLIENT, "RS256"), (ES256_CLIENT, "ES256")] {
            let tokens = oidc.tokens(client, "zoe", &[("nonce", "n-1")]).await;
            assert_eq!(tokens.header()["alg"], algorithm);
            let claims = tokens.claims();
            assert_eq!(claims["iss"], oidc.url());
            assert_eq!(claims["aud"], client);
            assert_eq!(claims["sub"], "zoe");
            assert_eq!(claims["nonce"], "n-1");
            assert_eq!(claims["name"], "Zoë Ünlü 🚀");
            assert_eq!(claims["email"], "zoe@people.example");
            assert_eq!(claims["email_verified"], true);
            assert!(claims["at_hash"].is_string(), "{claims}");
            assert!(!tokens.access_token.contains('.'), "opaque");
        }
    }

    #[tokio::test]
    async fn a_revoked_token_is_active_no_more() {
        let oidc = Oidc::shared();
        let token = oidc.tokens(CLIENT, "grace", &[]).await.access_token;
        let known = oidc.introspect(CLIENT, &token).await;
        assert_eq!(known["active"], true);
        assert_eq!(known["client_id"], CLIENT);
        assert_eq!(known["sub"], "grace");
        oidc.revoke(CLIENT, &token).await;
        assert_eq!(oidc.introspect(CLIENT, &token).await["active"], false);
    }
}
