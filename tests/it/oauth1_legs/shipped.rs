//! The three legs' requests of every shipped provider of OAuth 1.

use std::collections::BTreeMap;

use sociable::app::Rehearsal;
use sociable::backends::{BackendError, Catalogue};
use sociable::exchange::{Exchange, ExchangeError, SignUp};
use sociable::http::{Answer, HeaderMap, Method, Recording, Request, Url};
use sociable::model::{ClientInput, Credential};
use sociable::settings::social_variable;

const CALLBACK: &str = "https://app.example/callback?of=a&b=%20";
const ASKED: &str =
    "oauth_token=asked%2B%2F&oauth_token_secret=s%26s&oauth_callback_confirmed=true";
const GRANTED: &str = "oauth_token=granted&oauth_token_secret=&edam_userId=7&user_nsid=7";

/// How each asks for its tokens, and where a person signs in.
const PROVIDERS: [(&str, [&str; 4], &str); 13] = [
    (
        "discogs",
        [
            "GET",
            "https://api.discogs.com/oauth/request_token",
            "POST",
            "https://api.discogs.com/oauth/access_token",
        ],
        "https://www.discogs.com/oauth/authorize?oauth_token=asked%2B%2F",
    ),
    (
        "evernote",
        [
            "GET",
            "https://www.evernote.com/oauth",
            "GET",
            "https://www.evernote.com/oauth",
        ],
        "https://www.evernote.com/OAuth.action?oauth_token=asked%2B%2F",
    ),
    (
        "flickr",
        [
            "GET",
            "https://www.flickr.com/services/oauth/request_token",
            "POST",
            "https://www.flickr.com/services/oauth/access_token",
        ],
        "https://www.flickr.com/services/oauth/authorize?perms=read&oauth_token=asked%2B%2F",
    ),
    (
        "google-oauth",
        [
            "GET",
            "https://www.google.com/accounts/OAuthGetRequestToken",
            "POST",
            "https://www.google.com/accounts/OAuthGetAccessToken",
        ],
        "https://www.google.com/accounts/OAuthAuthorizeToken?oauth_token=asked%2B%2F",
    ),
    (
        "mediawiki",
        [
            "GET",
            "https://meta.wikimedia.org/w/index.php?title=Special:OAuth/initiate",
            "POST",
            "https://meta.wikimedia.org/w/index.php?title=Special:OAuth/token",
        ],
        "https://meta.wikimedia.org/w/index.php?title=Special:OAuth/authenticate&oauth_consumer_key=a-key&oauth_token=asked%2B%2F",
    ),
    (
        "trello",
        [
            "GET",
            "https://trello.com/1/OAuthGetRequestToken",
            "POST",
            "https://trello.com/1/OAuthGetAccessToken",
        ],
        "https://trello.com/1/OAuthAuthorizeToken?name=&expiration=never&oauth_token=asked%2B%2F",
    ),
    (
        "tripit",
        [
            "GET",
            "https://api.tripit.com/oauth/request_token",
            "POST",
            "https://api.tripit.com/oauth/access_token",
        ],
        "https://www.tripit.com/oauth/authorize?oauth_token=asked%2B%2F",
    ),
    (
        "tumblr",
        [
            "POST",
            "https://www.tumblr.com/oauth/request_token",
            "POST",
            "https://www.tumblr.com/oauth/access_token",
        ],
        "https://www.tumblr.com/oauth/authorize?oauth_token=asked%2B%2F",
    ),
    (
        "twitter",
        [
            "POST",
            "https://api.twitter.com/oauth/request_token",
            "POST",
            "https://api.twitter.com/oauth/access_token",
        ],
        "https://api.twitter.com/oauth/authenticate?oauth_token=asked%2B%2F",
    ),
    (
        "upwork",
        [
            "POST",
            "https://www.upwork.com/api/auth/v1/oauth/token/request",
            "POST",
            "https://www.upwork.com/api/auth/v1/oauth/token/access",
        ],
        "https://www.upwork.com/services/api/auth?oauth_token=asked%2B%2F",
    ),
    (
        "vimeo",
        [
            "GET",
            "https://vimeo.com/oauth/request_token",
            "POST",
            "https://vimeo.com/oauth/access_token",
        ],
        "https://vimeo.com/oauth/authorize?oauth_token=asked%2B%2F",
    ),
    (
        "xing",
        [
            "GET",
            "https://api.xing.com/v1/request_token",
            "POST",
            "https://api.xing.com/v1/access_token",
        ],
        "https://api.xing.com/v1/authorize?oauth_token=asked%2B%2F",
    ),
    (
        "zotero",
        [
            "GET",
            "https://www.zotero.org/oauth/request",
            "POST",
            "https://www.zotero.org/oauth/access",
        ],
        "https://www.zotero.org/oauth/authorize?oauth_token=asked%2B%2F",
    ),
];

#[test]
fn every_shipped_provider_of_oauth_1_is_in_the_table() {
    let (catalogue, errors) = Catalogue::read(&[], None);
    assert!(errors.is_empty(), "{errors:?}");
    let shipped: Vec<&str> = catalogue
        .iter()
        .filter(|entry| entry.protocol == "oauth1")
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(shipped, PROVIDERS.map(|(name, ..)| name));
}

fn answer(text: &str) -> Answer {
    Answer {
        status: 200,
        headers: HeaderMap::new(),
        body: text.as_bytes().to_vec(),
    }
}

/// The provider's backend alone, with these exchanges.
fn exchange(rehearsal: &Rehearsal, name: &str, recording: &Recording) -> Exchange {
    let set = |setting: &str, value: &str| (social_variable(Some(name), setting), value.to_owned());
    let settings = rehearsal.settings(vec![
        set("KEY", "a-key"),
        set("SECRET", "a-secret"),
        set("REDIRECT_URIS", &format!("[\"{CALLBACK}\"]")),
    ]);
    let (catalogue, _) = Catalogue::read(&[], None);
    let entry = catalogue.get(name).unwrap();
    rehearsal
        .exchange(entry, &settings.unwrap(), recording)
        .unwrap()
}

/// The parameters of the `Authorization` header, decoded.
fn signed(request: &Request) -> BTreeMap<String, String> {
    let header = request
        .headers
        .iter()
        .find(|(name, _)| name == "authorization");
    let text = header.unwrap().1.to_str().unwrap();
    let decode = |text: &str| {
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
        decoded.unwrap().into_owned()
    };
    text.strip_prefix("OAuth ")
        .unwrap()
        .split(',')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.trim().to_owned(), decode(value.trim_matches('"'))))
        .collect()
}

#[tokio::test]
async fn each_leg_is_asked_where_and_how_the_provider_takes_it() {
    let rehearsal = Rehearsal::open().await.unwrap();
    for (name, [first, request_token, second, token], authorize) in PROVIDERS {
        let recording = Recording::default();
        let record = |method: &str, url: &str, text: &str| {
            let url = Url::parse(url).unwrap();
            recording.record(method.parse::<Method>().unwrap(), url, answer(text));
        };
        record(first, request_token, ASKED);
        record(second, token, GRANTED);
        let exchange = exchange(&rehearsal, name, &recording);
        let begun = exchange.request_token(name, CALLBACK, None).await.unwrap();
        assert_eq!(begun.authorize_url, authorize, "{name}");
        assert_eq!(begun.oauth_token, "asked+/");

        let posted = SignUp {
            sender: None,
            provider: name.to_owned(),
            credential: Credential::OAuth1Verifier {
                oauth_token: begun.oauth_token.as_str().into(),
                oauth_verifier: "a verifier+".into(),
                request_token: begun.request_token.clone(),
            },
            input: ClientInput::default(),
            caller: None,
            terms: None,
        };
        let verified = exchange.preview(posted).await;
        if name == "evernote" {
            let preview = verified.unwrap();
            assert_eq!(preview.identity.uid(), "7", "the exchange alone names them");
            assert_eq!(preview.identity.client_id(), Some("a-key"));
        } else {
            let error = verified.unwrap_err();
            let asked_on = matches!(error, ExchangeError::Backend(ref of) if *of != BackendError::CodeRejected);
            assert!(
                asked_on,
                "the profile is asked, and not recorded: {error:?}"
            );
        }
        hold(
            name,
            &recording.seen(),
            [(first, request_token), (second, token)],
        );
    }
}

fn hold(name: &str, seen: &[Request], legs: [(&str, &str); 2]) {
    for (request, (method, url)) in seen.iter().zip(legs) {
        assert_eq!(request.method.as_str(), method, "{name}");
        assert_eq!(request.url.as_str(), url, "{name}");
        let header = signed(request);
        assert_eq!(header["oauth_consumer_key"], "a-key");
        assert_eq!(header["oauth_signature_method"], "HMAC-SHA1");
        assert_eq!(header["oauth_nonce"].len(), 32);
    }
    let [first, second, rest @ ..] = seen else {
        panic!("{name}: two legs");
    };
    let (first, second) = (signed(first), signed(second));
    assert_eq!(first["oauth_callback"], CALLBACK);
    assert!(!first.contains_key("oauth_token") && !first.contains_key("oauth_verifier"));
    assert_eq!(second["oauth_token"], "asked+/");
    assert_eq!(second["oauth_verifier"], "a verifier+");
    assert!(!second.contains_key("oauth_callback"));
    // The third: as the person, with what the second gave.
    for request in rest {
        if request
            .headers
            .iter()
            .any(|(name, _)| name == "authorization")
        {
            assert_eq!(signed(request)["oauth_token"], "granted", "{name}");
        }
    }
    assert_eq!(rest.is_empty(), name == "evernote", "{name}");
}
