//! Whose an issuer is, by what definitions say of themselves.

use std::sync::Arc;

use super::super::test_backends::definition;
use super::*;

const TENANT_ID: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

fn of(name: &str, settings: &str, tables: &str) -> Arc<Definition> {
    definition(&format!(
        "name = \"{name}\"\ntitle = \"Example\"\nprotocol = \"oidc\"\n{settings}\n\
         [user]\nid = \"sub\"\n[audience]\nkind = \"none\"\n{tables}\n"
    ))
}

fn known(definitions: &[Arc<Definition>], enabled: &[&str]) -> KnownIssuers {
    let known = KnownIssuers::default();
    let named = definitions.iter();
    let named = named.map(|one| (one.name.as_str(), one.as_ref()));
    known.learn(named, |name| enabled.contains(&name));
    known
}

fn discovered(name: &str, issuer: &str) -> Arc<Definition> {
    of(name, "", &format!("[endpoints]\nissuer = \"{issuer}\""))
}

#[test]
fn nobody_is_known_before_the_definitions_are_read() {
    let known = KnownIssuers::default();
    assert_eq!(known.provider("https://id.example", None), None);
}

#[test]
fn an_issuer_is_known_as_it_is_written_byte_for_byte() {
    let one = discovered("one", "https://id.example");
    let several = of(
        "several",
        "",
        "[endpoints]\nissuer = \"https://found.example\"\n\
         [id_token]\nissuers = [\"https://accounts.example\", \"accounts.example\"]",
    );
    let known = known(&[one, several], &[]);
    for (issuer, expected) in [
        ("https://id.example", Some("one")),
        ("https://accounts.example", Some("several")),
        ("accounts.example", Some("several")),
        // Where a file lists issuers, discovery's own is none of them.
        ("https://found.example", None),
        ("https://id.example/", None),
        ("https://ID.example", None),
        ("id.example", None),
        ("", None),
    ] {
        assert_eq!(known.provider(issuer, None), expected, "{issuer}");
    }
}

#[test]
fn what_a_setting_would_have_to_say_is_not_known_and_a_default_is() {
    let host = |spec: &str| {
        let settings = format!("[settings]\nhost = {{ type = \"host\", {spec} }}");
        let issuer = "[endpoints]\nissuer = \"https://{{ setting.host }}/x\"";
        of("example", &settings, issuer)
    };
    let unset = known(&[host("required = true")], &[]);
    assert_eq!(unset.provider("https:///x", None), None);
    assert_eq!(unset.provider("https://x", None), None);
    let set = known(&[host("default = \"login.example\"")], &[]);
    assert_eq!(
        set.provider("https://login.example/x", None),
        Some("example")
    );
}

#[test]
fn an_issuer_of_many_tenants_is_known_by_the_tenant_that_a_token_names() {
    let known = known(
        &[discovered("many", "https://login.example/{tenantid}/v2")],
        &[],
    );
    let issuer = format!("https://login.example/{TENANT_ID}/v2");
    assert_eq!(known.provider(&issuer, Some(TENANT_ID)), Some("many"));
    let other = "11111111-604b-40ac-a9d7-9fd97c0b779f";
    for tenant in [None, Some(other), Some(""), Some("login")] {
        assert_eq!(known.provider(&issuer, tenant), None, "{tenant:?}");
    }
    // A part of the host that is named as a tenant makes no pattern of it.
    let odd = known.provider("https://login.example/login/v2", Some("login"));
    assert_eq!(odd, None);
}

#[test]
fn of_several_with_one_issuer_an_enabled_one_is_named() {
    let three = ["one", "two", "three"].map(|name| discovered(name, "https://id.example"));
    for (enabled, expected) in [
        (&["one"][..], "one"),
        (&["two"], "two"),
        (&["three"], "three"),
        (&["two", "three"], "two"),
    ] {
        let known = known(&three, enabled);
        let found = known.provider("https://id.example", None);
        assert_eq!(found, Some(expected), "{enabled:?}");
    }
}

#[test]
fn who_has_no_id_tokens_signs_none() {
    let without = definition(
        "name = \"plain\"\ntitle = \"Plain\"\nprotocol = \"oauth2\"\n\
         [[call]]\nurl = \"https://api.example/me\"\n[user]\nid = \"id\"\n",
    );
    let known = known(&[without], &["plain"]);
    assert_eq!(known.provider("https://api.example", None), None);
}
