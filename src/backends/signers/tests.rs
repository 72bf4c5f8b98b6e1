//! Where issuers and keys come from, and what when nobody says.

use std::sync::Arc;

use serde_json::json;

use super::super::test_backends::{backend, definition};
use super::*;
use crate::crypto::jose::test_tokens::RSA;

const LIMITS: (Duration, bool) = (Duration::from_secs(3), true);

const DISCOVERED: &str = "[endpoints]\nissuer = \"https://id.example\"";
const SET: &str = "[settings]\nhost = { type = \"host\" }\nkey = { type = \"string\" }\n\
                   [id_token]\nissuers = [\"{{ setting.host }}\"]\n\
                   jwks = \"https://{{ setting.host }}/keys\"\nkey = \"{{ setting.key }}\"";
const WRITTEN: &str = "[id_token]\nissuers = [\"https://id.example\", \"id.example\"]\n\
                       jwks = \"https://id.example/keys\"";

fn file(tables: &str) -> String {
    format!(
        "name = \"example\"\ntitle = \"Example\"\nprotocol = \"oidc\"\n[user]\nid = \"sub\"\n\
         [audience]\nkind = \"none\"\n{tables}\n"
    )
}

/// The signers of a definition with these settings.
fn signers(tables: &str, settings: &Json) -> Result<Option<Signers>, String> {
    let settings = settings.as_object().cloned().unwrap_or_default();
    let fixed = Fixed::new(("our-app", "a-secret"), &settings, &[]);
    let nothing = JsonMap::new();
    let scope = Scope::new(&fixed, "", &Json::Null, (&nothing, &nothing));
    let definition = definition(&file(tables));
    Signers::of(
        &definition.id_token.as_ref().unwrap().signed,
        &scope,
        LIMITS,
    )
}

fn good(tables: &str, settings: &Json) -> Signers {
    signers(tables, settings).unwrap().unwrap()
}

fn found(document: &Json) -> Found {
    Found(Some(Arc::new(document.as_object().unwrap().clone())))
}

#[test]
fn what_a_definition_writes_is_taken_and_discovery_is_not_asked() {
    let signers = good(WRITTEN, &json!({}));
    let nobody = Found(None);
    let issuers = signers.issuers(&nobody).unwrap();
    for (issuer, taken) in [
        ("https://id.example", true),
        ("id.example", true),
        ("https://id.example/", false),
    ] {
        let claims = json!({"iss": issuer}).as_object().unwrap().clone();
        assert_eq!(issuers.check_name(&claims).is_ok(), taken, "{issuer}");
    }
    let keys = signers.keys(&nobody).unwrap();
    assert!(keys.fixed.is_empty());
    let set = keys.set.unwrap();
    assert_eq!(set.url.as_str(), "https://id.example/keys");
    assert_eq!((set.timeout, set.allow_private), LIMITS);
}

#[test]
fn what_a_definition_leaves_open_discovery_must_say() {
    let signers = good(DISCOVERED, &json!({}));
    assert_eq!(signers.issuers, None);
    let document = json!({"issuer": "https://id.example", "jwks_uri": "https://keys.example/k"});
    let said = found(&document);
    let claims = json!({"iss": "https://id.example"});
    let issuers = signers.issuers(&said).unwrap();
    assert!(issuers.check_name(claims.as_object().unwrap()).is_ok());
    let set = signers.keys(&said).unwrap().set.unwrap();
    assert_eq!(set.url.as_str(), "https://keys.example/k");
    for lacking in [
        Found(None),
        found(&json!({})),
        found(&json!({"issuer": 7, "jwks_uri": null})),
        found(&json!({"issuer": ["https://id.example"], "jwks_uri": "no URL"})),
    ] {
        let issuers = signers.issuers(&lacking).unwrap_err();
        assert_eq!(issuers, BackendError::Unavailable);
        let keys = signers.keys(&lacking).unwrap_err();
        assert_eq!(keys, BackendError::Unavailable);
    }
}

#[tokio::test]
async fn discovery_is_looked_up_only_where_it_has_something_to_say() {
    // Nothing is recorded: whoever asks gets no document.
    for (tables, asks) in [
        (DISCOVERED.to_owned(), true),
        (format!("{DISCOVERED}\n{WRITTEN}"), false),
        (
            format!("{DISCOVERED}\n[id_token]\njwks = \"https://id.example/keys\""),
            true,
        ),
        (
            format!("{DISCOVERED}\n[id_token]\nissuers = [\"id.example\"]"),
            true,
        ),
    ] {
        let backend = backend(&file(&tables), &[], &[]).unwrap();
        let rules = backend.signed.id_token.as_ref().unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let looked = rules.signers.look(backend.discovery.as_ref(), now).await;
        assert_eq!(looked.is_err(), asks, "{tables}");
    }
}

#[test]
fn a_tenant_is_a_word_of_microsofts_or_an_id_in_lower_case() {
    let tables = "[settings]\ntenants = { type = \"list\" }\n\
                  [endpoints]\nissuer = \"https://id.example/{tenantid}\"\n\
                  [id_token]\ntenants = \"{{ setting.tenants }}\"";
    let definition = definition(&file(tables));
    let words = definition.id_token.as_ref().unwrap().tenants.as_ref();
    let of = |named: &Json| {
        let settings = json!({"tenants": named}).as_object().unwrap().clone();
        let fixed = Fixed::new(("our-app", ""), &settings, &[]);
        let nothing = JsonMap::new();
        let scope = Scope::new(&fixed, "", &Json::Null, (&nothing, &nothing));
        tenants(words, &scope)
    };
    let listed = |ids: &[&str]| Tenants::Listed(ids.iter().map(|id| (*id).to_owned()).collect());
    for (named, expected) in [
        (json!(null), Tenants::Common),
        (json!([]), Tenants::Common),
        (json!(["Common"]), Tenants::Common),
        (json!("organizations"), Tenants::Organizations),
        (json!(["CONSUMERS"]), Tenants::Consumers),
        (json!(["6BABCAAD-604b"]), listed(&["6babcaad-604b"])),
        // A word beside another is an id that no tenant has.
        (json!(["common", "a"]), listed(&["common", "a"])),
        (
            json!(["organizations", "common"]),
            listed(&["organizations", "common"]),
        ),
    ] {
        assert_eq!(of(&named), expected, "{named}");
    }
    let nothing = JsonMap::new();
    let fixed = Fixed::new(("our-app", ""), &nothing, &[]);
    let scope = Scope::new(&fixed, "", &Json::Null, (&nothing, &nothing));
    assert_eq!(tenants(None, &scope), Tenants::Common);
}

#[test]
fn without_the_setting_that_names_the_issuer_nobody_signs() {
    assert!(signers(SET, &json!({})).unwrap().is_none());
    assert!(signers(SET, &json!({"host": ""})).unwrap().is_none());
    let signers = good(SET, &json!({"host": "id.example"}));
    assert_eq!(signers.issuers, Some(vec!["id.example".to_owned()]));
}

#[test]
fn a_configured_key_is_the_only_one_and_must_be_one() {
    let settings = json!({"host": "id.example", "key": RSA.public_pem});
    let keys = good(SET, &settings).keys(&Found(None)).unwrap();
    assert_eq!(keys.fixed.len(), 1);
    assert!(keys.set.is_none());
    let wrong = json!({"host": "id.example", "key": "no key"});
    let Err(reason) = signers(SET, &wrong) else {
        panic!("a key that is none was taken");
    };
    assert!(!reason.contains("no key"), "{reason}");
}
