//! Which documents are taken, and what is asked for one.

use serde_json::json;

use super::*;
use crate::http::HttpOptions;

fn issuer(name: &str) -> Issuer {
    Issuer {
        name: name.to_owned(),
        lost_slash: false,
        has_own_url: false,
    }
}

fn discovery(issuer: Option<Issuer>, url: Option<&str>, allow_private: bool) -> Discovery {
    let http = HttpClient::new(&HttpOptions {
        proxy: None,
        ca_bundle: None,
        resolve: std::collections::BTreeMap::new(),
        connect_timeout: Duration::from_secs(1),
        user_agent: "sociable".to_owned(),
    });
    let at = (issuer, url.map(str::to_owned));
    let limits = (Duration::from_secs(1), allow_private);
    Discovery::new(at, &http.unwrap(), limits).unwrap()
}

fn check(name: &str, document: Json) -> Result<JsonMap, DocumentFault> {
    discovery(Some(issuer(name)), None, false)
        .source
        .check(document)
}

#[test]
fn the_document_stands_below_its_issuer() {
    for (name, url) in [
        (
            "https://a.example",
            "https://a.example/.well-known/openid-configuration",
        ),
        (
            "https://a.example/",
            "https://a.example/.well-known/openid-configuration",
        ),
        (
            "https://a.example/realms/x",
            "https://a.example/realms/x/.well-known/openid-configuration",
        ),
    ] {
        let found = discovery(Some(issuer(name)), None, false);
        assert_eq!(found.source.url.as_str(), url);
    }
    let own = discovery(
        Some(issuer("https://a.example")),
        Some("https://b.example/c"),
        false,
    );
    assert_eq!(own.source.url.as_str(), "https://b.example/c");
}

#[test]
fn the_issuer_is_compared_byte_for_byte() {
    let name = "https://a.example/x";
    assert!(check(name, json!({"issuer": name})).is_ok());
    for other in [
        json!("https://a.example/x/"),
        json!("https://a.example/X"),
        json!("https://A.example/x"),
        json!("https://a.example:443/x"),
        json!("http://a.example/x"),
        json!("https://b.example/x"),
        json!("https://a.example/{tenantid}"),
        json!(""),
        json!(null),
        json!([name]),
        json!({"name": name}),
    ] {
        let refused = check(name, json!({"issuer": other}));
        assert_eq!(refused, Err(DocumentFault::OtherIssuer), "{other}");
    }
    assert_eq!(check(name, json!({})), Err(DocumentFault::OtherIssuer));
}

#[test]
fn a_setting_has_lost_one_slash_and_no_more() {
    let set = Issuer {
        lost_slash: true,
        ..issuer("https://a.example/x")
    };
    assert!(set.is("https://a.example/x"));
    assert!(set.is("https://a.example/x/"));
    assert!(!set.is("https://a.example/x//"));
    assert!(!set.is("https://a.example/"));
}

#[test]
fn a_tenant_is_one_part_of_the_path_and_needs_a_url_of_its_own() {
    let pattern = "https://login.example/{tenantid}/v2.0";
    for (name, is_tenant) in [
        ("https://login.example/9188040d-6c67/v2.0", true),
        ("https://login.example/contoso.com/v2.0", true),
        ("https://login.example//v2.0", false),
        ("https://login.example/a/b/v2.0", false),
        ("https://login.example/a?b/v2.0", false),
        ("https://evil.example/9188040d-6c67/v2.0", false),
        ("https://login.example/9188040d-6c67/v1.0", false),
    ] {
        assert!(!issuer(name).is(pattern), "{name}");
        let with_url = Issuer {
            has_own_url: true,
            ..issuer(name)
        };
        assert_eq!(with_url.is(pattern), is_tenant, "{name}");
    }
}

#[test]
fn without_an_issuer_the_documents_own_must_be_an_https_url() {
    let found = discovery(None, Some("https://a.example/document"), false);
    for (issuer, good) in [
        (json!("https://b.example/x"), true),
        (json!("http://b.example/x"), false),
        (json!("b"), false),
        (json!(null), false),
    ] {
        let checked = found.source.check(json!({"issuer": issuer}));
        assert_eq!(checked.is_ok(), good, "{issuer}");
    }
}

#[test]
fn no_endpoint_is_without_https() {
    let name = "https://a.example";
    for url in [
        json!("http://a.example/userinfo"),
        json!("http://127.0.0.1/userinfo"),
        json!("ftp://a.example/userinfo"),
        json!("https://user:password@a.example/userinfo"),
        json!("https://"),
        json!("/userinfo"),
        json!(""),
        json!(["https://a.example/userinfo"]),
        json!(7),
    ] {
        for endpoint in ENDPOINTS {
            let document = json!({"issuer": name, endpoint: url});
            let refused = check(name, document);
            assert_eq!(refused, Err(DocumentFault::Insecure(endpoint)), "{url}");
        }
    }
    let good =
        json!({"issuer": name, "userinfo_endpoint": "https://b.example/u", "jwks_uri": null});
    assert!(check(name, good).is_ok());
}

#[test]
fn http_is_for_this_machine_where_it_is_allowed() {
    let found = discovery(Some(issuer("http://127.0.0.1:9")), None, true);
    for (url, good) in [
        ("http://127.0.0.1:9/userinfo", true),
        ("http://[::1]:9/userinfo", true),
        ("http://localhost/userinfo", true),
        ("http://10.0.0.1/userinfo", false),
        ("http://a.example/userinfo", false),
    ] {
        let document = json!({"issuer": "http://127.0.0.1:9", "userinfo_endpoint": url});
        assert_eq!(found.source.check(document).is_ok(), good, "{url}");
    }
}

#[test]
fn what_is_no_object_is_no_document() {
    for document in [json!([]), json!(null), json!("https://a.example"), json!(1)] {
        let refused = check("https://a.example", document);
        assert_eq!(refused, Err(DocumentFault::NoObject));
    }
}
