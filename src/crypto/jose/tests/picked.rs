//! Which key of a set a token is held to, and which are none.

use super::*;

/// JWT-3.
#[test]
fn a_key_is_left_out_that_is_not_for_signatures() {
    let alg = |name: &str| with("alg", name.into(), RSA.jwk());
    let token = RSA.token(&claims());
    // A key of the same name that is for another algorithm.
    assert_eq!(
        check(&token, &set(&[alg("PS256")]), &all()),
        Err(JoseError::WrongAlgorithm)
    );
    let plain = without("use", without("alg", RSA.jwk()));
    for (key, good) in [
        (plain.clone(), true),
        (with("use", "sig".into(), plain.clone()), true),
        (with("use", "enc".into(), plain.clone()), false),
        (with("use", Value::Null, plain.clone()), false),
        (with("use", json!(["sig"]), plain.clone()), false),
        (with("key_ops", json!(["verify"]), plain.clone()), true),
        (
            with("key_ops", json!(["encrypt", "verify"]), plain.clone()),
            true,
        ),
        (with("key_ops", json!(["encrypt"]), plain.clone()), false),
        (with("key_ops", json!([]), plain.clone()), false),
        (with("key_ops", json!("verify"), plain.clone()), false),
        (
            with(
                "use",
                "enc".into(),
                with("key_ops", json!(["verify"]), plain),
            ),
            false,
        ),
        (alg("RSA-OAEP"), false),
        (alg("ES256"), false),
        (alg("HS256"), false),
        (alg("rs256"), false),
        (with("alg", json!(7), RSA.jwk()), false),
        (with("kty", "EC".into(), RSA.jwk()), false),
        (with("kty", "oct".into(), RSA.jwk()), false),
        (with("kty", "rsa".into(), RSA.jwk()), false),
        (without("kty", RSA.jwk()), false),
        (with("kid", json!(["rsa"]), RSA.jwk()), false),
        (with("issuer", json!(1), RSA.jwk()), false),
    ] {
        let checked = check(&token, &set(std::slice::from_ref(&key)), &all());
        let expected = if good {
            Ok(claims())
        } else {
            Err(JoseError::UnknownKey)
        };
        assert_eq!(checked, expected, "{key}");
    }
}

/// JWT-12.
#[test]
fn a_token_is_verified_by_the_key_that_it_names_and_by_no_other() {
    let named = |kid: Value| RSA.forge(&json!({"alg": "RS256", "kid": kid}), &claims());
    let both = set(&[RSA.jwk(), OTHER_RSA.jwk()]);
    assert_eq!(check(&named("rsa".into()), &both, &all()), Ok(claims()));
    assert_eq!(
        check(&named("other-rsa".into()), &both, &all()),
        Err(JoseError::WrongSignature)
    );
    for kid in [
        "../../etc/passwd",
        "' OR 1=1",
        "https://attacker.example/k",
        "",
        "RSA",
        "rsa ",
    ] {
        let refused = check(&named(kid.into()), &both, &all());
        assert_eq!(refused, Err(JoseError::UnknownKey), "{kid}");
    }
    let long = "k".repeat(64 * 1024);
    assert_eq!(
        check(&named(long.into()), &both, &all()),
        Err(JoseError::TooLong)
    );
    for kid in [json!(["rsa"]), json!(1), json!(null), json!({})] {
        let refused = check(&named(kid.clone()), &both, &all());
        assert_eq!(refused, Err(JoseError::Malformed), "{kid}");
    }
}

/// JWT-12.
#[test]
fn no_key_is_tried_where_several_could_be_meant() {
    let nameless = RSA.forge(&json!({"alg": "RS256"}), &claims());
    let one = |keys: &[Value]| check(&nameless, &set(keys), &all());
    assert_eq!(one(&[RSA.jwk()]), Ok(claims()));
    assert_eq!(one(&[RSA.jwk(), P256.jwk()]), Ok(claims()));
    assert_eq!(one(&[without("kid", RSA.jwk())]), Ok(claims()));
    assert_eq!(
        one(&[RSA.jwk(), OTHER_RSA.jwk()]),
        Err(JoseError::AmbiguousKey)
    );
    assert_eq!(one(&[P256.jwk()]), Err(JoseError::UnknownKey));
    assert_eq!(one(&[]), Err(JoseError::UnknownKey));
    let token = RSA.token(&claims());
    let rename = |key: TestKey| with("kid", "rsa".into(), key.jwk());
    let two = |keys: &[Value]| check(&token, &set(keys), &all());
    assert_eq!(two(&[rename(P256), RSA.jwk()]), Ok(claims()));
    assert_eq!(
        two(&[RSA.jwk(), rename(OTHER_RSA)]),
        Err(JoseError::AmbiguousKey)
    );
    assert_eq!(two(&[rename(P256)]), Err(JoseError::WrongAlgorithm));
    assert_eq!(
        two(&[without("kid", RSA.jwk())]),
        Err(JoseError::UnknownKey)
    );
}

/// JWT-13: what the header says of keys changes nothing.
#[test]
fn a_key_or_its_url_in_the_header_is_not_looked_at() {
    let header = json!({
        "alg": "RS256", "kid": "rsa", "jwk": OTHER_RSA.jwk(), "x5c": ["MIIB"],
        "jku": "https://attacker.example/jwks", "x5u": "https://attacker.example/x5u",
    });
    let keys = set(&[RSA.jwk()]);
    let forged = OTHER_RSA.forge(&header, &claims());
    assert_eq!(
        check(&forged, &keys, &all()),
        Err(JoseError::WrongSignature)
    );
    let good = RSA.forge(&header, &claims());
    assert_eq!(check(&good, &keys, &all()), Ok(claims()));
}
