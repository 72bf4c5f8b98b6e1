//! The OpenID 2.0 provider: assertions, their check, associations, faults.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
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

fn lines(answer: &Answer) -> Fields {
    let text = answer.text();
    let pairs = text.lines().map(|line| line.split_once(':').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
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
async fn an_assertion_is_wrong_as_asked_and_the_provider_vouches_for_it() {
    let sandbox = sandbox().await;
    let right = assertion(&sandbox, &[]).await;
    for (fault, changed) in [
        ("other-op-endpoint", "op_endpoint"),
        ("other-return-to", "return_to"),
        ("other-identity", "identity"),
        ("foreign-claimed-id", "claimed_id"),
        ("old-nonce", "response_nonce"),
        ("future-nonce", "response_nonce"),
        ("nonce-without-z", "response_nonce"),
        ("no-nonce", "response_nonce"),
        ("unsigned-claimed_id", "signed"),
        ("unsigned-identity", "signed"),
        ("unsigned-op_endpoint", "signed"),
        ("unsigned-return_to", "signed"),
        ("unsigned-response_nonce", "signed"),
        ("unsigned-assoc_handle", "signed"),
        ("added-email", "ext1.value.email"),
        ("invalidate-handle", "invalidate_handle"),
    ] {
        let said = assertion(&sandbox, &[("fault", fault)]).await;
        assert_ne!(said.get(changed), right.get(changed), "{fault}");
        let answer = check(&sandbox, &said).await;
        assert!(answer.contains("\nis_valid:true\n"), "{fault}: {answer}");
    }
    for fault in ["wrong-signature", "no-signature"] {
        let said = assertion(&sandbox, &[("fault", fault)]).await;
        assert_eq!(check(&sandbox, &said).await, INVALID, "{fault}");
    }
    for (fault, mode) in [
        ("cancel", "cancel"),
        ("setup-needed", "setup_needed"),
        ("error", "error"),
    ] {
        assert_eq!(assertion(&sandbox, &[("fault", fault)]).await["mode"], mode);
    }
    set(&sandbox, "assertion", "ns-1.1").await;
    assert_eq!(
        assertion(&sandbox, &[]).await["ns"],
        "http://openid.net/signon/1.1"
    );
    let twice = ask(&sandbox, &[("fault", "duplicate-claimed-id")]).await;
    assert_eq!(
        twice.headers["location"]
            .matches("openid.claimed_id=")
            .count(),
        2
    );
}

#[tokio::test]
async fn the_check_fails_as_switched() {
    let sandbox = sandbox().await;
    for (fault, expected) in [
        ("invalid", INVALID),
        (
            "no-newline",
            "ns:http://specs.openid.net/auth/2.0 is_valid:true",
        ),
        ("no-ns", "is_valid:true\n"),
        (
            "wrong-ns",
            "ns:http://openid.net/signon/1.1\nis_valid:true\n",
        ),
        ("", VALID),
    ] {
        set(&sandbox, "check_authentication", fault).await;
        let said = assertion(&sandbox, &[]).await;
        assert_eq!(check(&sandbox, &said).await, expected, "{fault}");
    }
    set(&sandbox, "check_authentication", "invalidate-handle").await;
    let said = assertion(&sandbox, &[]).await;
    let handle = format!("{VALID}invalidate_handle:{}\n", said["assoc_handle"]);
    assert_eq!(check(&sandbox, &said).await, handle);
    set(&sandbox, "check_authentication", "html").await;
    assert!(check(&sandbox, &said).await.starts_with("<!doctype html>"));
    assert!(sandbox.calls("/openid") > 10);
}

#[tokio::test]
async fn an_association_signs_what_both_can_verify() {
    let sandbox = sandbox().await;
    let wanted = [
        ("openid.ns", NS),
        ("openid.mode", "associate"),
        ("openid.assoc_type", "HMAC-SHA256"),
        ("openid.session_type", "no-encryption"),
    ];
    let given = lines(&direct(&sandbox, &wanted).await);
    assert_eq!(
        (&*given["assoc_type"], &*given["expires_in"]),
        ("HMAC-SHA256", "3600")
    );
    let handle = &given["assoc_handle"];
    let said = assertion(&sandbox, &[("openid.assoc_handle", handle)]).await;
    assert_eq!(&said["assoc_handle"], handle);
    let key = STANDARD.decode(&given["mac_key"]).unwrap();
    let mut text = String::new();
    for name in said["signed"].split(',') {
        text = text
            + name
            + ":"
            + &said[name]
            + "
";
    }
    let signature = STANDARD.decode(&said["sig"]).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    hmac::verify(&key, text.as_bytes(), &signature).unwrap();
    assert_eq!(check(&sandbox, &said).await, INVALID);

    let unknown = assertion(&sandbox, &[("openid.assoc_handle", "unknown")]).await;
    assert_eq!(unknown["invalidate_handle"], "unknown");
    assert_eq!(
        check(&sandbox, &unknown).await,
        format!("{VALID}invalidate_handle:unknown\n")
    );
}

#[tokio::test]
async fn an_association_is_refused_or_spoilt() {
    let sandbox = sandbox().await;
    let associate = async |kind: &str, session: &str, consumer: &str| {
        let fields = [
            ("openid.ns", NS),
            ("openid.mode", "associate"),
            ("openid.assoc_type", kind),
            ("openid.session_type", session),
            ("openid.dh_consumer_public", consumer),
        ];
        direct(&sandbox, &fields).await
    };
    for (kind, session) in [
        ("HMAC-SHA1", "DH-SHA256"),
        ("HMAC-SHA256", "DH-SHA1"),
        ("", ""),
    ] {
        let answer = associate(kind, session, "Ag==").await;
        assert_eq!(answer.status, 400);
        assert_eq!(lines(&answer)["error_code"], "unsupported-type");
    }
    for consumer in ["", "?", "AQ=="] {
        assert_eq!(
            associate("HMAC-SHA256", "DH-SHA256", consumer).await.status,
            400
        );
    }
    let hidden = lines(&associate("HMAC-SHA256", "DH-SHA256", "EA==").await);
    assert_eq!(STANDARD.decode(&hidden["enc_mac_key"]).unwrap().len(), 32);
    assert!(hidden.contains_key("dh_server_public") && !hidden.contains_key("mac_key"));
    set(&sandbox, "associate", "unencrypted,sha1").await;
    let spoilt = lines(&associate("HMAC-SHA256", "DH-SHA256", "EA==").await);
    assert_eq!(
        (&*spoilt["session_type"], &*spoilt["assoc_type"]),
        ("no-encryption", "HMAC-SHA1")
    );
    set(&sandbox, "associate", "500").await;
    assert_eq!(
        associate("HMAC-SHA256", "DH-SHA256", "EA==").await.status,
        500
    );
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
