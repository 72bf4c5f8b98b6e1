//! JWT-22: one issuer for each of Microsoft's tenants.

use super::*;
use crate::crypto::jose::Jwks;
use crate::crypto::jose::test_tokens::key_set;

const PATTERN: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const ONE: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const TWO: &str = "11111111-2222-3333-4444-555555555555";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn of(tenants: &Tenants) -> Policy {
    Policy {
        issuers: Issuers::of_tenants([PATTERN.to_owned()], tenants),
        ..policy()
    }
}

fn issuer(tenant: &str) -> String {
    PATTERN.replace("{tenantid}", tenant)
}

fn token(iss: &str, tid: impl Into<Value>) -> Value {
    let mut claims = with("iss", iss);
    claims["tid"] = tid.into();
    claims
}

fn judged(claims: &Value, tenants: &Tenants) -> Result<(), BackendError> {
    judge(claims, &of(tenants)).map(drop)
}

#[test]
fn the_issuer_is_that_of_the_tokens_own_tenant() {
    for tenant in [ONE, TWO, PERSONAL] {
        let claims = token(&issuer(tenant), tenant);
        assert_eq!(judged(&claims, &Tenants::Common), Ok(()));
    }
    for (iss, tid) in [
        (issuer(ONE), json!(TWO)),
        (issuer(ONE), json!(ONE.to_uppercase())),
        (issuer(&ONE.to_uppercase()), json!(ONE.to_uppercase())),
        (issuer(ONE), json!(null)),
        (issuer(ONE), json!([ONE])),
        (issuer(""), json!("")),
        (issuer("{tenantid}"), json!("{tenantid}")),
        (issuer("common"), json!("common")),
        (issuer("x/y"), json!("x/y")),
        (issuer("../a"), json!("../a")),
        (format!("{}/", issuer(ONE)), json!(ONE)),
        (issuer(ONE).replace("https", "http"), json!(ONE)),
        (
            issuer(ONE).replace(".com", ".com.attacker.example"),
            json!(ONE),
        ),
        (format!("https://sts.windows.net/{ONE}/"), json!(ONE)),
    ] {
        let refused = judged(&token(&iss, tid.clone()), &Tenants::Common);
        assert_eq!(refused, Err(invalid("iss")), "{iss} {tid}");
    }
    let without_tenant = judged(&with("iss", issuer(ONE)), &Tenants::Common);
    assert_eq!(without_tenant, Err(invalid("iss")));
}

#[test]
fn a_tenant_is_a_uuid_of_36_digits_and_hyphens() {
    for tid in [
        &ONE[1..],
        &format!("{ONE}0"),
        &ONE.replace('-', "0"),
        &ONE.replace('7', "-"),
        &ONE.replace('7', "g"),
        &ONE.replace('7', "/"),
        &ONE.replacen('-', "_", 1),
        "",
    ] {
        let refused = judged(&token(&issuer(tid), tid), &Tenants::Common);
        assert_eq!(refused, Err(invalid("iss")), "{tid}");
    }
}

#[test]
fn tenants_are_taken_by_the_operators_rule() {
    let listed = Tenants::Listed(vec![TWO.to_owned()]);
    for (tenants, one, two, personal) in [
        (Tenants::Common, true, true, true),
        (Tenants::Organizations, true, true, false),
        (Tenants::Consumers, false, false, true),
        (listed, false, true, false),
        (Tenants::Listed(Vec::new()), false, false, false),
    ] {
        for (tenant, good) in [(ONE, one), (TWO, two), (PERSONAL, personal)] {
            let judged = judged(&token(&issuer(tenant), tenant), &tenants);
            let expected = if good { Ok(()) } else { Err(invalid("tid")) };
            assert_eq!(judged, expected, "{tenants:?} {tenant}");
        }
    }
}

#[test]
fn an_issuer_of_one_tenant_takes_no_other() {
    let policy = Policy {
        issuers: Issuers::exact([issuer(ONE)]),
        ..policy()
    };
    assert!(judge(&token(&issuer(ONE), ONE), &policy).is_ok());
    let judged = judge(&token(&issuer(TWO), TWO), &policy).map(drop);
    assert_eq!(judged, Err(invalid("iss")));
}

#[test]
fn a_pattern_without_a_rule_stands_for_all_tenants() {
    let policy = Policy {
        issuers: Issuers::exact([PATTERN.to_owned(), ISSUER.to_owned()]),
        ..policy()
    };
    for claims in [token(&issuer(PERSONAL), PERSONAL), claims()] {
        assert!(judge(&claims, &policy).is_ok());
    }
}

/// What comes of claims whose key the set says is of this issuer.
fn by_key_of(key_issuer: &str, claims: &Value, policy: &Policy) -> Result<(), BackendError> {
    let mut jwk = RSA.jwk();
    jwk["issuer"] = key_issuer.into();
    let set = Jwks::parse(key_set(&[jwk]).as_bytes()).unwrap();
    let token = RSA.token(claims);
    let token = Jws::parse(&token).unwrap();
    let verified = set.verify(&token, &policy.algorithms).unwrap();
    check(verified, policy, &presented(""), NOW).map(drop)
}

#[test]
fn a_key_of_another_tenant_signs_nothing() {
    let common = of(&Tenants::Common);
    let claims = token(&issuer(ONE), ONE);
    for key_issuer in [PATTERN.to_owned(), issuer(ONE)] {
        assert_eq!(
            by_key_of(&key_issuer, &claims, &common),
            Ok(()),
            "{key_issuer}"
        );
    }
    for key_issuer in [
        issuer(TWO),
        issuer(PERSONAL),
        "https://login.microsoftonline.us/{tenantid}/v2.0".to_owned(),
        String::new(),
    ] {
        let refused = by_key_of(&key_issuer, &claims, &common);
        assert_eq!(refused, Err(invalid("iss")), "{key_issuer}");
    }
}

#[test]
fn a_key_that_names_an_issuer_is_that_issuers_at_every_provider() {
    assert_eq!(by_key_of(ISSUER, &claims(), &policy()), Ok(()));
    for key_issuer in ["https://other.example", PATTERN, "{tenantid}"] {
        let refused = by_key_of(key_issuer, &claims(), &policy());
        assert_eq!(refused, Err(invalid("iss")), "{key_issuer}");
    }
}
