//! Who signed, for whom, about whom: `iss`, `aud`, `azp`, `sub`.

use super::*;

/// JWT-4.
#[test]
fn the_audience_is_exactly_ours() {
    for aud in [
        json!("them"),
        json!("u"),
        json!("us2"),
        json!("us "),
        json!(" us"),
        json!("US"),
        json!("us-on-androi"),
        json!(""),
        json!(7),
        json!(true),
        json!({"us": "us"}),
        json!(null),
        json!([]),
        json!(["them"]),
        json!([["us"]]),
        json!(["us", 7]),
        json!([null]),
    ] {
        refused(&with("aud", aud), "aud");
    }
    refused(&without("aud"), "aud");
    good(&with("aud", "us-on-android"));
    good(&with("aud", json!(["us"])));
}

/// JWT-4: nobody's token is taken by mistake of the operator.
#[test]
fn no_client_id_or_an_empty_one_takes_nobodys_token() {
    for audiences in [vec![], vec![String::new()]] {
        let policy = Policy {
            audiences,
            ..policy()
        };
        for aud in ["", "us", "them"] {
            let judged = judge(&with("aud", aud), &policy).map(drop);
            assert_eq!(judged, Err(invalid("aud")), "{aud}");
        }
    }
}

/// JWT-5.
#[test]
fn several_audiences_need_us_as_the_party_and_no_stranger_among_them() {
    let several = |aud: Value, azp: Option<Value>| {
        let mut claims = with("aud", aud);
        if let Some(azp) = azp {
            claims["azp"] = azp;
        }
        claims
    };
    let both = || json!(["us", "us-on-android"]);
    refused(&several(both(), None), "azp");
    refused(&several(both(), Some("them".into())), "azp");
    refused(&several(both(), Some("".into())), "azp");
    refused(&several(both(), Some(json!(["us"]))), "azp");
    refused(&several(both(), Some(json!(null))), "azp");
    good(&several(both(), Some("us".into())));
    for aud in [json!(["us", "api"]), json!(["api", "us"])] {
        refused(&several(aud.clone(), Some("us".into())), "aud");
        let policy = Policy {
            trusted_audiences: vec!["api".to_owned()],
            ..policy()
        };
        let judged = |azp: Option<Value>| judge(&several(aud.clone(), azp), &policy).map(drop);
        assert_eq!(judged(Some("us".into())), Ok(()));
        assert_eq!(judged(Some("api".into())), Err(invalid("azp")));
        assert_eq!(judged(None), Err(invalid("azp")));
        let without_us = judge(&with("aud", json!(["api"])), &policy).map(drop);
        assert_eq!(without_us, Err(invalid("aud")));
    }
}

/// JWT-5: a phone's token for its server has both ids of one project.
#[test]
fn a_party_beside_one_audience_is_ours_too() {
    let party = |azp: Value| {
        let mut claims = claims();
        claims["azp"] = azp;
        claims
    };
    good(&party("us".into()));
    good(&party("us-on-android".into()));
    for azp in [
        json!("them"),
        json!(""),
        json!(7),
        json!(null),
        json!(["us"]),
    ] {
        refused(&party(azp), "azp");
    }
}

/// JWT-6.
#[test]
fn the_issuer_is_exactly_the_configured_one() {
    for iss in [
        json!("http://accounts.example"),
        json!("https://accounts.example/"),
        json!("https://ACCOUNTS.example"),
        json!("https://accounts.example:443"),
        json!("https://a@accounts.example"),
        json!("https://accounts.example.attacker.example"),
        json!("accounts.example"),
        json!(""),
        json!(7),
        json!(null),
        json!([ISSUER]),
    ] {
        refused(&with("iss", iss), "iss");
    }
    refused(&without("iss"), "iss");
}

/// JWT-6.
#[test]
fn a_provider_may_have_several_issuers_and_none_takes_nothing() {
    let of = |issuers: &[&str]| Policy {
        issuers: Issuers::exact(issuers.iter().copied().map(str::to_owned)),
        ..policy()
    };
    let two = of(&["accounts.example", ISSUER]);
    for iss in ["accounts.example", ISSUER] {
        assert!(judge(&with("iss", iss), &two).is_ok(), "{iss}");
    }
    for policy in [of(&[]), of(&["https://other.example"])] {
        let judged = judge(&claims(), &policy).map(drop);
        assert_eq!(judged, Err(invalid("iss")));
    }
}

/// JWT-9.
#[test]
fn the_subject_is_a_text_that_can_be_a_uid() {
    for sub in [
        json!(""),
        json!(null),
        json!(7),
        json!(["a"]),
        json!({"a": 1}),
        json!(true),
        json!("a".repeat(256)),
        json!("a".repeat(300)),
        json!("a\u{0}"),
        json!("a\nb"),
        json!("\u{7f}"),
        json!("\u{85}"),
    ] {
        refused(&with("sub", sub), "sub");
    }
    refused(&without("sub"), "sub");
    for sub in ["a", "A", " ", "0", "é", "auth0|6", &"é".repeat(255)] {
        good(&with("sub", sub));
    }
}
