//! The OpenID 2.0 provider: assertions, their check, associations, faults.

mod associations;
mod faults;

use std::collections::BTreeMap;

use serde_json::json;
use url::{Url, form_urlencoded};

use super::client::{Answer, Header, get, send};
use super::sandbox;
use crate::sandbox::Sandbox;

const FORM: Header<'static> = ("Content-Type", "application/x-www-form-urlencoded");
const NS: &str = "http://specs.openid.net/auth/2.0";
const TARGET: &str = "https://app.example/done?a=1";

type Fields = BTreeMap<String, String>;

fn encoded(fields: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    form.finish()
}

/// The request for a person's assertion; later fields replace earlier ones.
async fn ask(sandbox: &Sandbox, more: &[(&str, &str)]) -> Answer {
    let mut fields: BTreeMap<&str, &str> = BTreeMap::from([
        ("openid.ns", NS),
        ("openid.mode", "checkid_setup"),
        ("openid.return_to", TARGET),
        ("person", "alice"),
    ]);
    fields.extend(more.iter().copied());
    let fields: Vec<_> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    get(sandbox, &format!("/openid?{}", encoded(&fields)), &[]).await
}

async fn assertion(sandbox: &Sandbox, more: &[(&str, &str)]) -> Fields {
    let answer = ask(sandbox, more).await;
    assert_eq!(answer.status, 302, "{more:?}: {}", answer.text());
    let url = Url::parse(&answer.headers["location"]).unwrap();
    assert!(url.as_str().starts_with(TARGET));
    let pairs = url.query_pairs().into_owned();
    pairs
        .filter_map(|(name, value)| Some((name.strip_prefix("openid.")?.to_owned(), value)))
        .collect()
}

async fn direct(sandbox: &Sandbox, fields: &[(&str, &str)]) -> Answer {
    send(sandbox, "POST", "/openid", &[FORM], &encoded(fields)).await
}

async fn check(sandbox: &Sandbox, assertion: &Fields) -> String {
    let mut fields = assertion.clone();
    fields.insert("mode".to_owned(), "check_authentication".to_owned());
    let names: Vec<String> = fields.keys().map(|name| format!("openid.{name}")).collect();
    let fields: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(fields.values().map(String::as_str))
        .collect();
    direct(sandbox, &fields).await.text()
}

async fn set(sandbox: &Sandbox, place: &str, fault: &str) {
    let json = ("Content-Type", "application/json");
    let body = json!({ place: fault }).to_string();
    let answer = send(sandbox, "POST", "/openid/faults", &[json], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

const VALID: &str = "ns:http://specs.openid.net/auth/2.0\nis_valid:true\n";
const INVALID: &str = "ns:http://specs.openid.net/auth/2.0\nis_valid:false\n";

#[tokio::test]
async fn an_assertion_is_sent_back_at_once_and_is_valid_once() {
    let sandbox = sandbox().await;
    let said = assertion(&sandbox, &[("openid.realm", "https://app.example/")]).await;
    let id = format!("{}/openid/id/76561100000002001", sandbox.url());
    assert_eq!((&said["claimed_id"], &said["identity"]), (&id, &id));
    assert_eq!(said["op_endpoint"], format!("{}/openid", sandbox.url()));
    assert_eq!((&*said["return_to"], &*said["mode"]), (TARGET, "id_res"));
    assert_eq!(
        said["signed"],
        "op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"
    );
    assert_eq!(&said["response_nonce"][19..20], "Z");
    assert_eq!(check(&sandbox, &said).await, VALID);
    assert_eq!(check(&sandbox, &said).await, INVALID);
}

#[tokio::test]
async fn what_was_changed_is_not_valid() {
    let sandbox = sandbox().await;
    for name in [
        "claimed_id",
        "return_to",
        "response_nonce",
        "assoc_handle",
        "sig",
    ] {
        let mut said = assertion(&sandbox, &[]).await;
        said.get_mut(name).unwrap().push('1');
        assert_eq!(check(&sandbox, &said).await, INVALID, "{name}");
    }
    let mut said = assertion(&sandbox, &[]).await;
    said.remove("identity");
    assert_eq!(check(&sandbox, &said).await, INVALID);
}

#[tokio::test]
async fn the_person_is_whom_the_query_or_the_identity_names() {
    let sandbox = sandbox().await;
    let id = |number: &str| format!("{}/openid/id/{number}", sandbox.url());
    for (person, number) in [("user-7", "76561100000000317"), ("uid:17%20x", "17%20x")] {
        let said = assertion(&sandbox, &[("person", person)]).await;
        assert_eq!(said["claimed_id"], id(number));
    }
    let bob = id("76561100000002002");
    let said = assertion(&sandbox, &[("person", ""), ("openid.identity", &bob)]).await;
    assert_eq!(said["claimed_id"], bob);
    let any = "http://specs.openid.net/auth/2.0/identifier_select";
    for (mode, negative) in [
        ("checkid_setup", "cancel"),
        ("checkid_immediate", "setup_needed"),
    ] {
        let fields = [
            ("person", ""),
            ("openid.identity", any),
            ("openid.mode", mode),
        ];
        let said = assertion(&sandbox, &fields).await;
        assert_eq!((&*said["mode"], said.len()), (negative, 2));
    }
    assert_eq!(
        assertion(&sandbox, &[("person", "mallory")]).await["mode"],
        "cancel"
    );
    assert_eq!(ask(&sandbox, &[("person", "fail:500")]).await.status, 500);
}

#[tokio::test]
async fn what_is_asked_for_is_said_and_signed() {
    let sandbox = sandbox().await;
    let asked = [
        ("openid.ns.sreg", "http://openid.net/extensions/sreg/1.1"),
        ("openid.sreg.required", "nickname,email"),
        ("openid.sreg.optional", "fullname,dob"),
        ("openid.ns.x", "http://openid.net/srv/ax/1.0"),
        ("openid.x.mode", "fetch_request"),
        ("openid.x.type.mail", "http://axschema.org/contact/email"),
        (
            "openid.x.type.first",
            "http://axschema.org/namePerson/first",
        ),
        ("openid.x.type.odd", "http://axschema.org/odd"),
    ];
    let said = assertion(&sandbox, &asked).await;
    assert_eq!(said["sreg.nickname"], "alice");
    assert_eq!(said["sreg.email"], "alice@example.com");
    assert_eq!(said["sreg.fullname"], "Alice Liddell");
    assert_eq!(said["x.value.mail"], "alice@example.com");
    assert_eq!(said["x.value.first"], "Alice");
    assert!(!said.contains_key("x.type.odd") && !said.contains_key("sreg.dob"));
    let signed: Vec<&str> = said["signed"].split(',').collect();
    let unsigned: Vec<_> = said
        .keys()
        .filter(|name| !signed.contains(&name.as_str()))
        .collect();
    assert_eq!(unsigned, ["mode", "ns", "sig", "signed"]);
    let dave = [&asked[..], &[("person", "dave")]].concat();
    assert!(!assertion(&sandbox, &dave).await.contains_key("sreg.email"));
    let fault = [&asked[..], &[("fault", "unsigned-email")]].concat();
    let said = assertion(&sandbox, &fault).await;
    assert!(said["sreg.email"] == "alice@example.com" && !said["signed"].contains("email"));
    assert_eq!(check(&sandbox, &said).await, VALID);
}

#[tokio::test]
async fn a_request_that_is_none_is_refused() {
    let sandbox = sandbox().await;
    for (name, value) in [
        ("openid.ns", "http://openid.net/signon/1.1"),
        ("openid.mode", "id_res"),
        ("openid.return_to", "/done"),
        ("openid.realm", "https://app.example/other"),
        ("openid.realm", "https://another.example/"),
        ("openid.realm", "https://*.example.org/"),
    ] {
        assert_eq!(
            ask(&sandbox, &[(name, value)]).await.status,
            400,
            "{name} {value}"
        );
    }
    let wild = ask(&sandbox, &[("openid.realm", "https://*.example/")]).await;
    assert_eq!(wild.status, 302);
    let twice = format!(
        "/openid?{}",
        encoded(&[("openid.ns", NS), ("openid.ns", NS)])
    );
    assert_eq!(get(&sandbox, &twice, &[]).await.status, 400);
    for fields in [
        &[("openid.ns", NS), ("openid.mode", "checkid_setup")][..],
        &[("openid.mode", "associate")],
        &[],
    ] {
        assert_eq!(direct(&sandbox, fields).await.status, 400, "{fields:?}");
    }
}

#[tokio::test]
async fn xrds_says_where_to_ask() {
    let sandbox = sandbox().await;
    for (path, kind) in [
        ("/openid", "2.0/server<"),
        ("/openid/xrds", "2.0/server<"),
        ("/openid/id/76561100000002001", "2.0/signon<"),
    ] {
        let answer = get(&sandbox, path, &[]).await;
        assert_eq!(answer.headers["content-type"], "application/xrds+xml");
        let endpoint = format!("<URI>{}/openid</URI>", sandbox.url());
        assert!(
            answer.text().contains(kind) && answer.text().contains(&endpoint),
            "{path}"
        );
    }
    let odd = get(&sandbox, "/openid/id/%3Cx%3E", &[]).await;
    assert!(
        odd.text().contains("/openid/id/%3Cx%3E</LocalID>"),
        "{}",
        odd.text()
    );
    assert_eq!(get(&sandbox, "/openid/id", &[]).await.status, 404);
    assert_eq!(sandbox.calls("/openid/id"), 3);
    assert_eq!(sandbox.calls("/openid/id/76561100000002001"), 0);
}
