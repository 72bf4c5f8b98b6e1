//! OID2-1 to OID2-7: whatever is not as it must be signs nobody in.

use serde_json::{Value, json};

use super::assertion::{Assertion, CALLBACK, NS, STEAM_ID};
use super::{World, valid};
use crate::support::http;
use crate::support::internet::Answer;
use crate::support::server::{Store, on_both};

on_both!(
    oid2_1_only_the_pinned_endpoint_is_believed_and_asked,
    oid2_2_return_to_is_ours_and_unchanged,
    oid2_3_the_signature_covers_all_that_counts,
    oid2_3_what_is_not_signed_is_ignored,
    oid2_4_the_identity_is_the_providers_to_the_letter,
    oid2_6_only_is_valid_true_in_key_value_form_passes,
    oid2_7_other_modes_and_versions_sign_nobody_in,
    oid2_7_a_parameter_given_twice_is_refused,
);

/// A parameter, named without `openid.`, and what stands in it instead.
type Change<'a> = (&'a str, &'a str);

/// Assertions that differ so from a good one are refused, before anyone is asked.
async fn refuses(store: Store, provider: &str, wrong: &[Assertion]) {
    let world = World::start(store, &[]).await;
    for (number, assertion) in wrong.iter().enumerate() {
        let reply = world.server.sign_up(assertion.body(provider)).await;
        let expected = (401, "invalid_claim".to_owned());
        let at = format!("{number}: {:?}", assertion.parameters());
        assert_eq!(reply.status_and_code(), expected, "{at}");
    }
    assert_eq!(world.asked(), Vec::<String>::new());
    assert_eq!(world.server.store.rows(), [0; 5]);
    assert_eq!(world.server.store.count("social_auth_nonce"), 0);
}

fn ada() -> Assertion {
    Assertion::of("https://op.example", "ada")
}

/// Each change alone, of a good assertion of Ada's.
fn changed(changes: &[Change<'_>]) -> Vec<Assertion> {
    let one = |(name, value): &Change<'_>| {
        let mut assertion = ada();
        assertion.set(name, value);
        assertion
    };
    changes.iter().map(one).collect()
}

/// Each without one of its parameters.
fn without(names: &[&str]) -> Vec<Assertion> {
    let one = |name: &&str| {
        let mut assertion = ada();
        assertion.remove(name);
        assertion
    };
    names.iter().map(one).collect()
}

/// Both identifiers changed.
fn of_identity(good: fn() -> Assertion, identities: &[&str]) -> Vec<Assertion> {
    let one = |identity: &&str| {
        let mut assertion = good();
        assertion.set("claimed_id", identity);
        assertion.set("identity", identity);
        assertion
    };
    identities.iter().map(one).collect()
}

async fn oid2_1_only_the_pinned_endpoint_is_believed_and_asked(store: Store) {
    let wrong = [
        "https://evil.example/openid",
        "http://op.example/openid",
        "https://op.example:8443/openid",
        "https://op.example/openid/",
        "https://OP.example/openid",
        "https://op.example/openid?x",
        "",
        // A pinned one, but of other identifiers.
        "https://other.example/openid",
    ];
    let changes = wrong.map(|endpoint| ("op_endpoint", endpoint));
    refuses(store, "openid", &changed(&changes)).await;
}

async fn oid2_2_return_to_is_ours_and_unchanged(store: Store) {
    let with_state = format!("{CALLBACK}?state=1");
    let wrong = [
        "https://evil.example/callback",
        "https://app.example/other",
        "http://app.example/callback",
        "https://app.example/second",
        "https://app.example/second?app=2",
        &with_state,
        "",
    ];
    let mut wrong = changed(&wrong.map(|return_to| ("return_to", return_to)));
    let mut other_state = ada();
    other_state.set("return_to", &with_state);
    other_state.beside("state", "2");
    wrong.push(other_state);
    refuses(store.another(), "openid", &wrong).await;
    let world = World::start(store, &[]).await;
    let mut own_query = ada();
    own_query.set("return_to", &format!("{CALLBACK}?state=a+b"));
    own_query.beside("state", "a b");
    let mut second = ada();
    second.set("return_to", "https://app.example/second?app=1");
    for good in [own_query, second] {
        let reply = world.server.sign_up(good.body("openid")).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
}

async fn oid2_3_the_signature_covers_all_that_counts(store: Store) {
    let covered = [
        "op_endpoint",
        "return_to",
        "response_nonce",
        "assoc_handle",
        "claimed_id",
        "identity",
    ];
    let one = |name: &str| {
        let mut assertion = ada();
        assertion.unsign(name);
        assertion
    };
    let mut wrong: Vec<Assertion> = covered.into_iter().map(one).collect();
    wrong.extend(without(&["sig", "assoc_handle"]));
    let mut twice = ada();
    twice.sign("claimed_id", "https://op.example/id/ada");
    wrong.push(twice);
    refuses(store, "openid", &wrong).await;
}

async fn oid2_3_what_is_not_signed_is_ignored(store: Store) {
    let world = World::start(store, &[]).await;
    let mut assertion = ada();
    assertion.sign("ns.sreg", "http://openid.net/extensions/sreg/1.1");
    assertion.sign("sreg.nickname", "ada");
    assertion.set("sreg.email", "victim@people.example");
    assertion.set("ns.ax", "http://openid.net/srv/ax/1.0");
    assertion.set("ax.type.email", "http://axschema.org/contact/email");
    assertion.set("ax.value.email", "victim@people.example");
    let reply = world.server.sign_up(assertion.body("openid")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["email"], Value::Null);
}

async fn oid2_4_the_identity_is_the_providers_to_the_letter(store: Store) {
    let id = |before: &str, after: &str| format!("{before}/openid/id/{STEAM_ID}{after}");
    let steam = "https://steamcommunity.com";
    let wrong = [
        id("http://steamcommunity.com", ""),
        id("https://steamcommunity.com@evil.example", ""),
        id(steam, "?x"),
        id(steam, "#x"),
        id(steam, "\n"),
        id(steam, "1"),
        format!("{steam}/openid/id/../id/{STEAM_ID}"),
        format!("{steam}/openid/id/x/{STEAM_ID}"),
        String::new(),
    ];
    let wrong = wrong.each_ref().map(String::as_str);
    let mut wrong = of_identity(Assertion::of_steam, &wrong);
    let mut other = Assertion::of_steam();
    other.set(
        "identity",
        "https://steamcommunity.com/openid/id/76561197960287931",
    );
    wrong.push(other);
    refuses(store.another(), "steam", &wrong).await;
    let others = [
        "https://other.example/id/ada",
        "https://op.example/id/../x/ada",
    ];
    let mut wrong = of_identity(ada, &others);
    wrong.extend(without(&["identity"]));
    refuses(store, "openid", &wrong).await;
}

/// What the endpoint may answer, and what that comes to.
fn answers() -> Vec<(u16, String, (u16, &'static str))> {
    let lines = |rest: &str| format!("ns:{NS}{rest}");
    let (unproven, unread) = ((401, "invalid_signature"), (502, "malformed_response"));
    let other = "ns:http://openid.net/signon/1.1\nis_valid:true\n".to_owned();
    vec![
        (200, lines("\nis_valid:false\n"), unproven),
        (200, lines("\n"), unproven),
        (200, lines("\nis_valid: true\n"), unproven),
        (200, lines("\nis_valid:TRUE\n"), unproven),
        (200, lines("\nx:is_valid:true\n"), unproven),
        (200, lines("\nis_valid:true"), unread),
        (200, lines(" is_valid:true\n"), unread),
        (200, lines("\r\nis_valid:true\r\n"), unread),
        (200, lines("\nis_valid:false\nis_valid:true\n"), unread),
        (200, "is_valid:true\n".to_owned(), unread),
        (200, other, unread),
        (200, "<html>is_valid:true\n</html>".to_owned(), unread),
        (200, String::new(), unread),
        (400, lines("\nerror:no\n"), (401, "credential_rejected")),
        (302, valid(), (502, "http_error")),
        (429, valid(), (503, "rate_limited")),
        (500, valid(), (503, "unavailable")),
    ]
}

async fn oid2_6_only_is_valid_true_in_key_value_form_passes(store: Store) {
    let world = World::start(store, &[]).await;
    for (status, body, expected) in answers() {
        let answer = Answer::text(status, &body);
        world.internet.on("POST", "op.example", "/openid", answer);
        let reply = world.server.sign_up(ada().body("openid")).await;
        let expected = (expected.0, expected.1.to_owned());
        assert_eq!(reply.status_and_code(), expected, "{status} {body:?}");
    }
    assert_eq!(world.server.store.rows(), [0; 5]);
    assert_eq!(world.server.store.count("social_auth_nonce"), 0);
    let handle = format!("ns:{NS}\nis_valid:true\ninvalidate_handle:another\n");
    world.says("op.example", "/openid", &handle);
    let reply = world.server.sign_up(ada().body("openid")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

async fn oid2_7_other_modes_and_versions_sign_nobody_in(store: Store) {
    let mut wrong = changed(&[
        ("mode", "error"),
        ("mode", "checkid_setup"),
        ("mode", ""),
        ("ns", "http://openid.net/signon/1.1"),
        ("ns", "http://openid.net/signon/1.0"),
    ]);
    wrong.extend(without(&["mode", "ns"]));
    refuses(store.another(), "openid", &wrong).await;
    let world = World::start(store, &[]).await;
    for mode in ["cancel", "setup_needed"] {
        let openid = json!({"openid.ns": NS, "openid.mode": mode});
        let body = json!({"provider": "openid", "openid": openid});
        let reply = world.server.sign_up(body).await;
        let expected = (400, "authorization_declined".to_owned());
        assert_eq!(reply.status_and_code(), expected);
    }
    for openid in [
        json!({"openid.mode": 1}),
        json!({"openid.mode": ["id_res"]}),
    ] {
        let body = json!({"provider": "openid", "openid": openid});
        let reply = world.server.sign_up(body).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert!(reply.json()["openid"].is_array(), "{}", reply.text);
    }
    assert_eq!(world.server.store.rows(), [0; 5]);
}

async fn oid2_7_a_parameter_given_twice_is_refused(store: Store) {
    let world = World::start(store, &[]).await;
    let good = ada().body("openid").to_string();
    let sign_up = format!("{}/social_sign_up", world.server.url);
    for first in ["openid.claimed_id", "openid.mode", "x"] {
        // The name first with another value, escaped or not.
        for name in [
            first.to_owned(),
            format!("\\u{:04x}{}", first.as_bytes()[0], &first[1..]),
        ] {
            let twice = format!("{{\"{name}\":\"1\",\"x\":\"2\",");
            let body = good.replacen("\"openid\":{", &format!("\"openid\":{twice}"), 1);
            let request = http::request(reqwest::Method::POST, &sign_up)
                .header("content-type", "application/json");
            let reply = http::send(request.body(body)).await;
            assert_eq!(reply.status, 400, "{}", reply.text);
            let expected = json!({"openid": ["This field is given twice."]});
            assert_eq!(reply.json(), expected);
        }
    }
    let deep = r#"{"provider": "openid", "payload": {"a": [{"b": 1, "b": 2}]}}"#;
    let request =
        http::request(reqwest::Method::POST, &sign_up).header("content-type", "application/json");
    let reply = http::send(request.body(deep)).await;
    assert_eq!(
        reply.json(),
        json!({"payload": ["This field is given twice."]})
    );
    assert_eq!(world.server.store.rows(), [0; 5]);
    assert_eq!(world.asked(), Vec::<String>::new());
}
