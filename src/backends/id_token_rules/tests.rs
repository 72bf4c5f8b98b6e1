//! What a definition and an operator's settings together expect.

use super::super::test_backends::backend;
use super::*;

const PLAIN: &str = "";

fn file(id_token: &str, audience: &str) -> String {
    let audience = match audience {
        "" => "kind = \"none\"",
        other => other,
    };
    format!(
        "name = \"example\"\ntitle = \"Example\"\nprotocol = \"oidc\"\n\
         [settings]\nproject = {{ type = \"string\" }}\n\
         [endpoints]\nissuer = \"https://id.example\"\n\
         [[call]]\nurl = \"https://id.example/me\"\n\
         [user]\nid = \"sub\"\n[id_token]\n{id_token}\n[audience]\n{audience}\n"
    )
}

fn rules(id_token: &str, settings: &[(&str, &str)]) -> Result<IdTokenRules, String> {
    let built = backend(&file(id_token, ""), settings, &[]);
    built
        .map(|backend| backend.signed.id_token.unwrap())
        .map_err(|error| error.to_string())
}

fn good(id_token: &str, settings: &[(&str, &str)]) -> IdTokenRules {
    rules(id_token, settings).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(id_token: &str, settings: &[(&str, &str)]) -> String {
    match rules(id_token, settings) {
        Ok(_) => panic!("taken: {id_token} {settings:?}"),
        Err(error) => error,
    }
}

#[test]
fn what_nobody_changes_is_as_strict_as_openid_connect() {
    let rules = good(PLAIN, &[]);
    let algorithms = vec![SignatureAlgorithm::Rs256];
    let ours = vec!["our-app".to_owned()];
    let expected = Policy::new(Issuers::default(), ours, algorithms);
    assert_eq!(
        rules.policy,
        Policy {
            at_hash: rules.policy.at_hash,
            ..expected
        }
    );
    assert!(!rules.secret_signs);
    assert!(!rules.allows_missing_nonce);
    assert!(rules.signers.issuers.is_none());
}

#[test]
fn a_token_may_be_as_old_as_the_operator_says_else_the_file_else_ten_minutes() {
    for (id_token, settings, minutes) in [
        (PLAIN, &[][..], 10),
        ("max_age = 3600", &[], 60),
        ("max_age = 3600", &[("ID_TOKEN_MAX_AGE", "120")], 2),
        (PLAIN, &[("ID_TOKEN_MAX_AGE", "604800")], 7 * 24 * 60),
    ] {
        let age = good(id_token, settings).policy.max_age;
        assert_eq!(age, TimeDelta::minutes(minutes), "{id_token} {settings:?}");
    }
    let week = refused(PLAIN, &[("ID_TOKEN_MAX_AGE", "604801")]);
    assert!(
        week.contains("ID_TOKEN_MAX_AGE") && week.contains("a week"),
        "{week}"
    );
    for wrong in ["-1", "soon"] {
        let error = refused(PLAIN, &[("ID_TOKEN_MAX_AGE", wrong)]);
        assert!(error.contains("ID_TOKEN_MAX_AGE"), "{error}");
    }
}

#[test]
fn an_operator_names_algorithms_but_no_secret_signs_by_a_setting() {
    let named = good(PLAIN, &[("JWT_ALGORITHMS", "[\"ES256\", \"EdDSA\"]")]);
    let expected = [SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa];
    assert_eq!(named.signers.algorithms, expected);
    assert_eq!(named.policy.algorithms, named.signers.algorithms);
    for wrong in [
        "[]",
        "[\"HS256\"]",
        "[\"RS256\", \"HS512\"]",
        "[\"none\"]",
        "[\"rs256\"]",
    ] {
        let error = refused(PLAIN, &[("JWT_ALGORITHMS", wrong)]);
        assert!(error.contains("JWT_ALGORITHMS"), "{wrong}: {error}");
    }
    assert!(good("algorithms = [\"ES256\", \"HS256\"]", &[]).secret_signs);
}

#[test]
fn an_operators_issuer_and_keys_replace_the_files() {
    let settings = [
        ("ID_TOKEN_ISSUER", "https://own.example"),
        ("JWKS_URI", "https://keys.example/set"),
    ];
    let rules = good(
        "issuers = [\"https://id.example\", \"id.example\"]",
        &settings,
    );
    let own = vec!["https://own.example".to_owned()];
    assert_eq!(rules.signers.issuers, Some(own));
    let jwks = rules.signers.jwks.unwrap();
    assert_eq!(jwks.as_str(), "https://keys.example/set");
    let empty = refused(PLAIN, &[("ID_TOKEN_ISSUER", "")]);
    assert!(empty.contains("expected an issuer"), "{empty}");
    for wrong in ["no URL", "http://keys.example/set"] {
        let error = refused(PLAIN, &[("JWKS_URI", wrong)]);
        assert!(error.contains("JWKS_URI"), "{error}");
    }
}

#[test]
fn a_token_is_for_our_client_ids_or_for_whom_the_file_names() {
    let more = ("AUDIENCES", "[\"our-ios-app\"]");
    for (id_token, settings, expected) in [
        (PLAIN, vec![], vec!["our-app"]),
        (PLAIN, vec![more], vec!["our-app", "our-ios-app"]),
        (
            "audience = \"authenticated\"",
            vec![more],
            vec!["authenticated", "our-ios-app"],
        ),
        (
            "audience = [\"a\", \"{{ client.key }}\"]",
            vec![],
            vec!["a", "our-app"],
        ),
        (
            "audience = \"{{ setting.project }}\"",
            vec![("PROJECT", "a-project")],
            vec!["a-project"],
        ),
    ] {
        let audiences = good(id_token, &settings).policy.audiences;
        assert_eq!(audiences, expected, "{id_token}");
    }
    let nobody = refused("audience = \"{{ setting.project }}\"", &[]);
    assert!(nobody.contains("`audience` names nobody"), "{nobody}");
}

#[test]
fn a_nonce_is_as_the_file_says_and_only_an_operator_leaves_it_out() {
    let optional = NonceRule::OPTIONAL;
    let required = NonceRule {
        required: true,
        ..optional
    };
    let hashed = NonceRule {
        hashed: true,
        ..required
    };
    let skip = [("SKIP_NONCE_CHECK", "true")];
    for (id_token, settings, expected) in [
        (PLAIN, &[][..], optional),
        ("nonce = \"required\"", &[], required),
        ("nonce = \"sha256\"", &[], hashed),
        (PLAIN, &[("SKIP_NONCE_CHECK", "false")], optional),
        (
            "nonce = \"required\"",
            &skip,
            NonceRule {
                skipped: true,
                ..required
            },
        ),
    ] {
        let nonce = good(id_token, settings).policy.nonce;
        assert_eq!(nonce, expected, "{id_token} {settings:?}");
    }
    assert!(good(PLAIN, &[("ALLOW_MISSING_NONCE", "true")]).allows_missing_nonce);
}

#[test]
fn at_hash_may_lack_where_the_provider_can_be_asked_whose_the_token_is() {
    let asks = "url = \"https://id.example/token\"\ntoken = \"query:access_token\"\n\
                equals = { aud = \"{{ client.key }}\" }\nsubject = \"sub\"\nexpires = \"exp\"";
    for (id_token, audience, expected) in [
        ("at_hash = true", asks, AtHash::IfPresent),
        ("at_hash = true", "", AtHash::Required),
        ("at_hash = false", "", AtHash::IfPresent),
    ] {
        let built = backend(&file(id_token, audience), &[], &[]);
        let rules = built.unwrap().signed.id_token.unwrap();
        assert_eq!(rules.policy.at_hash, expected, "{id_token} {audience}");
    }
}
