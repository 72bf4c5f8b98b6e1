//! A server among the providers of the fixtures, and what it asked them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fixture::{Case, Exchange, Fixture, Purpose, Request};
use super::signature::Signer;
use crate::support::internet::{Answer, FakeInternet, Received};
use crate::support::server::{Server, Store};

/// Stands for a header that holds a signature.
const SIGNED: &str = "<signed>";

/// A server, and the internet that it sees.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) internet: FakeInternet,
}

impl World {
    /// With these providers enabled; nothing answers yet.
    pub(crate) async fn start(
        store: Store,
        providers: &[(&str, BTreeMap<String, String>)],
    ) -> Self {
        let internet = FakeInternet::start().await;
        let mut environment = vec![
            ("SOCIABLE_HTTP__PROXY".to_owned(), internet.proxy_url()),
            (
                "SOCIABLE_HTTP__CA_BUNDLE".to_owned(),
                internet.ca_bundle().to_str().unwrap().to_owned(),
            ),
        ];
        for (name, settings) in providers {
            let prefix = name.replace('-', "_").to_uppercase();
            environment.extend(
                settings
                    .iter()
                    .map(|(key, value)| (format!("SOCIAL_AUTH_{prefix}_{key}"), value.clone())),
            );
        }
        let environment: Vec<(&str, &str)> = environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let server = Server::start_with(store, &environment, |builder| builder);
        Self { server, internet }
    }

    /// With the provider of a fixture, as a case sets it, playing that case.
    pub(crate) async fn of(store: Store, fixture: &Fixture, case: &Case) -> Self {
        Self::with(store, fixture, case, &[]).await
    }

    /// With all of these providers, as their first cases set them.
    pub(crate) async fn of_all(store: Store, fixtures: &[&Fixture]) -> Self {
        let enabled: Vec<_> = fixtures
            .iter()
            .map(|fixture| {
                let settings = fixture.settings_of(fixture.full());
                (fixture.name.as_str(), patient(settings))
            })
            .collect();
        Self::start(store, &enabled).await
    }

    /// The same with further settings of the provider.
    pub(crate) async fn with(
        store: Store,
        fixture: &Fixture,
        case: &Case,
        more: &[(&str, &str)],
    ) -> Self {
        let mut settings = patient(fixture.settings_of(case));
        settings.extend(
            more.iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
        );
        let world = Self::start(store, &[(&fixture.name, settings)]).await;
        world.play(case);
        world
    }

    /// Answers as the case says.
    pub(crate) fn play(&self, case: &Case) {
        for exchange in &case.exchanges {
            self.answer(exchange, exchange.answer.answer());
        }
    }

    /// From now on this call is answered so.
    pub(crate) fn answer(&self, exchange: &Exchange, answer: Answer) {
        let (host, path) = exchange.request.host_and_path();
        self.internet
            .on(&exchange.request.method, host, &path, answer);
    }

    /// Fails unless exactly the calls of the case were made, each once, those
    /// for the profile in their order.
    pub(crate) fn assert_asked(&self, fixture: &Fixture, case: &Case) {
        let at = format!("{}, {}", fixture.name, case.name);
        let settings = fixture.settings_of(case);
        let signer = signer(&settings, &case.post);
        let asked: Vec<Request> = self
            .internet
            .received()
            .iter()
            .map(|received| seen(received, signer.as_ref()))
            .collect();
        let mut left = asked.clone();
        for exchange in &case.exchanges {
            let request = &exchange.request;
            let found = left.iter().position(|asked| same(request, asked));
            // A document that is known already need not be asked for.
            if exchange.purpose == Purpose::Discovery && found.is_none() {
                continue;
            }
            let found = found.unwrap_or_else(|| panic!("{at}: no {request:#?}\nin {left:#?}"));
            left.remove(found);
        }
        assert!(left.is_empty(), "{at}: asked too much: {left:#?}");
        let profile: Vec<&Request> = of_profile(case).collect();
        let in_order: Vec<&Request> = asked
            .iter()
            .filter_map(|asked| profile.iter().find(|request| same(request, asked)).copied())
            .collect();
        // A call that binds may be one for the profile, word by word.
        if in_order.len() == profile.len() {
            assert_eq!(in_order, profile, "{at}: in another order");
        }
    }
}

/// Nothing here may depend on how busy the machine is.
pub(crate) fn patient(mut settings: BTreeMap<String, String>) -> BTreeMap<String, String> {
    settings.insert("REQUESTS_TIMEOUT".to_owned(), "60".to_owned());
    settings
}

/// Whether that was asked; the kind of a body is held where it is written.
fn same(request: &Request, asked: &Request) -> bool {
    if request.headers.contains_key("content-type") {
        return request == asked;
    }
    let mut asked = asked.clone();
    let kind = asked.headers.remove("content-type");
    let expected = match (&request.json, &request.form) {
        (Some(_), _) => Some("application/json"),
        (_, Some(_)) => Some("application/x-www-form-urlencoded"),
        _ => None,
    };
    kind.as_deref() == expected && *request == asked
}

fn of_profile(case: &Case) -> impl Iterator<Item = &Request> {
    case.exchanges
        .iter()
        .filter(|exchange| exchange.purpose == Purpose::Profile)
        .map(|exchange| &exchange.request)
}

/// The secrets of an OAuth 1 sign-up; `None` for OAuth 2.
pub(crate) fn signer<'a>(
    settings: &'a BTreeMap<String, String>,
    post: &'a Value,
) -> Option<Signer<'a>> {
    Some(Signer {
        consumer: (&settings["KEY"], &settings["SECRET"]),
        token: (
            post["access_token"].as_str().unwrap(),
            post.get("access_token_secret")?.as_str().unwrap(),
        ),
    })
}

/// A request as fixtures write them: what every request has is checked here.
pub(crate) fn seen(received: &Received, signer: Option<&Signer<'_>>) -> Request {
    let mut headers = BTreeMap::new();
    for (name, value) in &received.headers {
        let twice = headers.insert(name.clone(), value.clone());
        assert_eq!(twice, None, "two headers {name}");
    }
    let mut take = |name: &str| headers.remove(name).unwrap_or_default();
    assert!(take("user-agent").starts_with("sociable"));
    match take("accept").as_str() {
        "application/json" => {}
        other => drop(headers.insert("accept".to_owned(), other.to_owned())),
    }
    let mut take = |name: &str| headers.remove(name).unwrap_or_default();
    assert_eq!(take("accept-encoding"), "gzip");
    assert_eq!(take("host"), received.host);
    let length = take("content-length");
    let length: usize = length.parse().unwrap_or_default();
    assert_eq!(length, received.body.len());
    // One that is not signed lacks the header that a fixture asks for.
    if let Some(signer) = signer.filter(|_| headers.contains_key("authorization")) {
        assert_eq!(signer.refuse(received), None, "{}", received.path);
        headers.insert("authorization".to_owned(), SIGNED.to_owned());
    }
    let mut query = BTreeMap::new();
    for (name, value) in &received.query {
        let twice = query.insert(name.clone(), value.clone());
        assert_eq!(twice, None, "two parameters {name}");
    }
    let (mut json, mut form) = (None, None);
    if is_form(received) {
        let fields = received.form();
        let count = fields.len();
        let fields: BTreeMap<String, String> = fields.into_iter().collect();
        assert_eq!(fields.len(), count, "a field twice");
        form = Some(fields);
    } else if !received.body.is_empty() {
        json = Some(received.json());
    }
    Request {
        method: received.method.clone(),
        url: format!("https://{}{}", received.host, received.path),
        query,
        headers,
        json,
        form,
    }
}

/// Whether a body says that it is a form.
pub(crate) fn is_form(received: &Received) -> bool {
    let kind = received.header("content-type").unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded")
}
