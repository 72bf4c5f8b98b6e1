//! OpenID 2.0 as python3-openid does it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use reqwest::Method;
use url::Url;

use super::browser::follow;
use super::part::Part;
use crate::support::http;
use crate::support::server::Reply;

const NS: &str = "http://specs.openid.net/auth/2.0";
const SREG: &str = "http://openid.net/extensions/sreg/1.1";
const SELECT: &str = "http://specs.openid.net/auth/2.0/identifier_select";

/// The number of `ada`'s identity, of as many digits as Steam has.
pub(crate) const ADA: &str = "76561197960265729";

/// A running provider.
pub(crate) struct OpenId2(Part);

/// The parameters of a message, those of `openid.` and others.
pub(crate) type Message = BTreeMap<String, String>;

impl OpenId2 {
    /// The one of this test's process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<OpenId2> = OnceLock::new();
        SHARED.get_or_init(|| Self(Part::python("openid2.py", &[])))
    }

    /// One that says of itself that it is at another URL, for a fake internet
    /// that leads from there to here.
    pub(crate) fn start_at(base: &str) -> Self {
        Self(Part::python("openid2.py", &[base]))
    }

    /// Where it can be reached, no slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.0.url
    }

    /// Where requests go.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/openid", self.url())
    }

    /// A URL to send somebody to, whoever they are, that asks for details.
    pub(crate) fn checkid(&self, return_to: &str, realm: &str) -> String {
        let mut url = Url::parse(&self.endpoint()).unwrap();
        url.query_pairs_mut().extend_pairs([
            ("openid.ns", NS),
            ("openid.mode", "checkid_setup"),
            ("openid.claimed_id", SELECT),
            ("openid.identity", SELECT),
            ("openid.return_to", return_to),
            ("openid.realm", realm),
            ("openid.ns.sreg", SREG),
            ("openid.sreg.optional", "email,fullname,nickname"),
        ]);
        url.into()
    }

    /// Sends a person to a URL: the message they come back to `return_to` with.
    ///
    /// `nobody` says no.
    pub(crate) async fn authorize(&self, checkid: &str, person: &str, return_to: &str) -> Message {
        let mut url = Url::parse(checkid).unwrap();
        url.query_pairs_mut().append_pair("person", person);
        let back = follow(url.as_str(), return_to).await;
        back.query_pairs().into_owned().collect()
    }

    /// What the provider itself says of an assertion; true once for each.
    pub(crate) async fn is_valid(&self, assertion: &Message) -> bool {
        let mut message = assertion.clone();
        message.insert("openid.mode".to_owned(), "check_authentication".to_owned());
        let answer = self.ask(&message).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text.lines().any(|line| line == "is_valid:true")
    }

    /// Sends it a message directly.
    pub(crate) async fn ask(&self, message: &Message) -> Reply {
        let request = http::request(Method::POST, &self.endpoint());
        http::send(request.form(message)).await
    }
}

mod tests {
    use super::*;
    use crate::real_parts::CALLBACK;

    const REALM: &str = "https://app.example/";

    async fn assertion(provider: &OpenId2, person: &str) -> Message {
        let return_to = format!("{CALLBACK}?state=a%20b");
        let checkid = provider.checkid(&return_to, REALM);
        provider.authorize(&checkid, person, CALLBACK).await
    }

    #[tokio::test]
    async fn an_assertion_of_the_person_is_valid_once() {
        let provider = OpenId2::shared();
        let message = assertion(provider, "ada").await;
        let identity = format!("{}/id/{ADA}", provider.url());
        assert_eq!(message["state"], "a b");
        assert_eq!(message["openid.mode"], "id_res");
        assert_eq!(message["openid.claimed_id"], identity);
        assert_eq!(message["openid.identity"], identity);
        assert_eq!(message["openid.op_endpoint"], provider.endpoint());
        assert_eq!(message["openid.sreg.email"], "ada@people.example");
        assert_eq!(message["openid.sreg.fullname"], "Ada Lovelace");
        let signed: Vec<_> = message["openid.signed"].split(',').collect();
        for field in ["claimed_id", "response_nonce", "sreg.email"] {
            assert!(signed.contains(&field), "{signed:?}");
        }
        assert!(provider.is_valid(&message).await);
        assert!(!provider.is_valid(&message).await);
        assert_eq!(http::get(&identity, None).await.status, 200);
    }

    #[tokio::test]
    async fn a_changed_assertion_is_not_valid() {
        let provider = OpenId2::shared();
        let mut message = assertion(provider, "zoe").await;
        assert_eq!(message["openid.sreg.fullname"], "Zoë Ünlü 🚀");
        let ada = format!("{}/id/{ADA}", provider.url());
        message.insert("openid.claimed_id".to_owned(), ada);
        assert!(!provider.is_valid(&message).await);
    }

    #[tokio::test]
    async fn a_person_may_say_no() {
        let message = assertion(OpenId2::shared(), "nobody").await;
        assert_eq!(message["openid.mode"], "cancel");
    }

    #[tokio::test]
    async fn a_provider_behind_another_name_speaks_as_that_name() {
        let provider = OpenId2::start_at("https://openid.example");
        let message = assertion(&provider, "grace").await;
        assert_eq!(
            message["openid.op_endpoint"],
            "https://openid.example/openid"
        );
        assert!(message["openid.claimed_id"].starts_with("https://openid.example/id/"));
        assert!(provider.is_valid(&message).await);
    }

    #[tokio::test]
    async fn an_association_is_had_over_diffie_hellman_alone() {
        let ask = |session: &str| -> Message {
            [
                ("openid.ns", NS),
                ("openid.mode", "associate"),
                ("openid.assoc_type", "HMAC-SHA256"),
                ("openid.session_type", session),
                ("openid.dh_consumer_public", "Ag=="),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
        };
        let answer = OpenId2::shared().ask(&ask("DH-SHA256")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        for member in ["assoc_handle:", "dh_server_public:", "enc_mac_key:"] {
            let found = answer.text.lines().any(|line| line.starts_with(member));
            assert!(found, "{member}");
        }
        assert!(!answer.text.contains("\nmac_key:"));
    }
}
