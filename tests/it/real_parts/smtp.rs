//! A mail server as aiosmtpd does it, whose inboxes can be read.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;

use super::part::Part;
use crate::support::http;

/// A running mail server; it ends with this value.
pub(crate) struct MailServer {
    part: Part,
    /// Where mails are taken: host and port.
    pub(crate) smtp: String,
}

/// A mail that arrived.
#[derive(Debug)]
pub(crate) struct Mail {
    told: Value,
}

impl MailServer {
    /// One on this machine that is not encrypted.
    pub(crate) async fn start() -> Self {
        Self::of(Part::python("smtp.py", &["plain"])).await
    }

    /// One that takes mails of `app` with `s3cret/word` alone, encrypted:
    /// `starttls` or `tls`.
    pub(crate) async fn start_encrypted(mode: &str, certificate: &Path, key: &Path) -> Self {
        let args = [mode, certificate.to_str().unwrap(), key.to_str().unwrap()];
        Self::of(Part::python("smtp.py", &args)).await
    }

    async fn of(part: Part) -> Self {
        let smtp = http::get(&format!("{}/smtp", part.url), None).await.text;
        Self { part, smtp }
    }

    /// The settings that make it ours.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.smtp)
    }

    /// All mails to an address, the oldest first.
    pub(crate) async fn inbox(&self, address: &str) -> Vec<Mail> {
        let inbox = http::get(&format!("{}/inbox/{address}", self.part.url), None).await;
        let mails = inbox.json().as_array().unwrap().clone();
        mails.into_iter().map(|told| Mail { told }).collect()
    }

    /// The newest mail to an address; the test fails when there is none.
    pub(crate) async fn newest(&self, address: &str) -> Mail {
        let newest = self.inbox(address).await.pop();
        newest.unwrap_or_else(|| panic!("no mail for {address}"))
    }

    /// How every mail is answered from now on: 250, 451, 550.
    pub(crate) async fn answer(&self, code: u16) {
        let url = format!("{}/answer/{code}", self.part.url);
        let answer = http::send(http::request(Method::POST, &url)).await;
        assert_eq!(answer.status, 200);
    }
}

impl Mail {
    /// A header; the test fails unless there is one alone.
    pub(crate) fn header(&self, name: &str) -> String {
        let headers = self.told["headers"].as_array().unwrap().iter();
        let found: Vec<_> = headers.filter(|pair| pair[0] == name).collect();
        assert_eq!(found.len(), 1, "{name}: {:?}", self.told);
        found[0][1].as_str().unwrap().to_owned()
    }

    /// Whom it was delivered to.
    pub(crate) fn recipients(&self) -> Value {
        self.told["to"].clone()
    }

    pub(crate) fn text(&self) -> &str {
        self.told["text"].as_str().unwrap()
    }

    pub(crate) fn html(&self) -> &str {
        self.told["html"].as_str().unwrap()
    }

    /// The six digits.
    pub(crate) fn digits(&self) -> String {
        let words = self.text().split_whitespace();
        let mut codes =
            words.filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
        codes.next().unwrap().to_owned()
    }

    /// Path and query of the link, which a test's server has at another port.
    pub(crate) fn link(&self) -> String {
        let mut words = self.text().split_whitespace();
        let link = words.find(|word| word.starts_with("http")).unwrap();
        let path = link.find("/complete/").unwrap();
        link[path..].to_owned()
    }

    /// A parameter of the link.
    pub(crate) fn of_link(&self, name: &str) -> String {
        let link = format!("http://localhost{}", self.link());
        let url = url::Url::parse(&link).unwrap();
        let mut pairs = url.query_pairs().filter(|(key, _)| key == name);
        pairs.next().unwrap().1.into_owned()
    }
}
