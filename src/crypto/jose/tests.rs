//! Tests of signatures and key sets: tokens that lie, keys that do not fit.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::test_tokens::{
    ED25519, OTHER_RSA, P256, P384, RSA, SHORT_RSA_PEM, TestKey, encode, hmac_token, key_set,
};
use super::*;

mod forms;
mod keys;
mod mutated;
mod published;
mod wycheproof;

const ALL: [&str; 11] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256",
    "HS512",
];
const KEYS: [TestKey; 4] = [RSA, P256, P384, ED25519];

fn algorithm(name: &str) -> SignatureAlgorithm {
    name.parse().unwrap()
}

fn all() -> Vec<SignatureAlgorithm> {
    ALL.into_iter().map(algorithm).collect()
}

fn set(keys: &[Value]) -> Jwks {
    Jwks::parse(key_set(keys).as_bytes()).unwrap()
}

/// A key without `alg`, as many providers publish it.
fn without(name: &str, mut jwk: Value) -> Value {
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

fn with(name: &str, value: Value, mut jwk: Value) -> Value {
    jwk[name] = value;
    jwk
}

/// The claims of a token, by a set and an allow-list.
fn check(token: &str, keys: &Jwks, allowed: &[SignatureAlgorithm]) -> Result<Value, JoseError> {
    let token = Jws::parse(token)?;
    let verified = keys.verify(&token, allowed)?;
    drop(token);
    Ok(Value::Object(verified.into_claims()))
}

fn claims() -> Value {
    json!({"sub": "a"})
}

fn rs256(key: &VerificationKey, token: &str) -> Result<VerifiedJws, JoseError> {
    Jws::parse(token)?.verify(key, &[SignatureAlgorithm::Rs256])
}

#[test]
fn a_token_of_each_algorithm_verifies_by_its_key_and_its_algorithm_alone() {
    for name in &ALL[..9] {
        let by_name = |key: &&TestKey| match &name[..2] {
            "RS" | "PS" => key.kid == "rsa",
            _ => key.algorithm() == *name,
        };
        let key = KEYS.iter().find(by_name).unwrap();
        let header = json!({"alg": name, "kid": key.kid});
        let token = key.forge(&header, &claims());
        let keys = set(&[without("alg", key.jwk())]);
        assert_eq!(check(&token, &keys, &all()), Ok(claims()), "{name}");
        assert_eq!(
            check(&token, &keys, &[algorithm(name)]),
            Ok(claims()),
            "{name}"
        );
        let others: Vec<_> = all()
            .into_iter()
            .filter(|other| *other != algorithm(name))
            .collect();
        let refused = check(&token, &keys, &others);
        assert_eq!(refused, Err(JoseError::WrongAlgorithm), "{name}");
    }
}

#[test]
fn each_kind_of_key_is_for_its_algorithms_alone() {
    let secret = SecretString::from("s3cret");
    let hs256 = VerificationKey::secret(algorithm("HS256"), &secret).unwrap();
    let hs512 = VerificationKey::secret(algorithm("HS512"), &secret).unwrap();
    let pem = |key: TestKey| VerificationKey::from_pem(key.public_pem).unwrap();
    let all = all();
    for (key, good) in [
        (pem(RSA), &all[..6]),
        (pem(P256), &all[6..7]),
        (pem(P384), &all[7..8]),
        (pem(ED25519), &all[8..9]),
        (hs256, &all[9..10]),
        (hs512, &all[10..]),
    ] {
        for algorithm in &all {
            assert_eq!(
                key.fits(*algorithm),
                good.contains(algorithm),
                "{algorithm:?}"
            );
            assert!(!key.verifies(*algorithm, b"", b""), "{algorithm:?}");
        }
    }
}

/// JWT-1.
#[test]
fn a_token_without_a_signature_is_refused() {
    let keys = set(&[RSA.jwk()]);
    for alg in ["none", "None", "nOnE", "NONE", ""] {
        let header = json!({"alg": alg, "kid": RSA.kid});
        let signed = RSA.forge(&header, &claims());
        let (message, _) = signed.rsplit_once('.').unwrap();
        for token in [signed.as_str(), &format!("{message}."), message] {
            let refused = check(token, &keys, &all());
            let error = if token == message {
                JoseError::Malformed
            } else {
                JoseError::WrongAlgorithm
            };
            assert_eq!(refused, Err(error), "{alg}");
        }
    }
    let good = RSA.token(&claims());
    let (message, _) = good.rsplit_once('.').unwrap();
    let refused = |token: &str| check(token, &keys, &all());
    assert_eq!(
        refused(&format!("{message}.")),
        Err(JoseError::WrongSignature)
    );
    assert_eq!(refused(message), Err(JoseError::Malformed));
    assert_eq!(
        refused(&format!("{good}.{good}")),
        Err(JoseError::Malformed)
    );
    let encrypted = format!(
        "{}.a.b.c.d",
        encode(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#)
    );
    assert_eq!(refused(&encrypted), Err(JoseError::Malformed));
}

/// JWT-2.
#[test]
fn a_public_key_is_never_a_secret() {
    let jwk = RSA.jwk();
    let (n, e) = RSA.rsa_numbers();
    let bare: String = RSA
        .public_pem
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let keys = set(&[without("alg", without("use", jwk.clone()))]);
    for alg in ["HS256", "HS512"] {
        let header = json!({"alg": alg, "kid": RSA.kid});
        for secret in [
            RSA.public_pem.as_bytes(),
            RSA.public_pem.trim_end().as_bytes(),
            bare.as_bytes(),
            jwk.to_string().as_bytes(),
            jwk["n"].as_str().unwrap().as_bytes(),
            &n,
            &e,
            b"",
            b"the client secret",
        ] {
            let token = hmac_token(secret, &header, &claims());
            let refused = check(&token, &keys, &all());
            assert_eq!(refused, Err(JoseError::WrongAlgorithm), "{alg}");
            let pem = VerificationKey::from_pem(RSA.public_pem).unwrap();
            let refused = Jws::parse(&token).unwrap().verify(&pem, &all());
            assert_eq!(refused.unwrap_err(), JoseError::WrongAlgorithm, "{alg}");
        }
    }
}

/// JWT-2: where a secret is configured, and only there.
#[test]
fn a_configured_secret_verifies_its_one_algorithm() {
    let secret = SecretString::from("the client secret");
    for (alg, other) in [("HS256", "HS512"), ("HS512", "HS256")] {
        let key = VerificationKey::secret(algorithm(alg), &secret).unwrap();
        let token = |alg: &str, secret: &[u8]| hmac_token(secret, &json!({"alg": alg}), &claims());
        let verify = |token: &str, allowed: &[SignatureAlgorithm]| {
            let verified = Jws::parse(token).unwrap().verify(&key, allowed);
            verified.map(|verified| verified.algorithm())
        };
        let good = token(alg, b"the client secret");
        assert_eq!(verify(&good, &all()), Ok(algorithm(alg)));
        let refused = verify(&good, &[algorithm("RS256"), algorithm("ES256")]);
        assert_eq!(refused, Err(JoseError::WrongAlgorithm));
        let wrong = token(alg, b"another secret");
        assert_eq!(verify(&wrong, &all()), Err(JoseError::WrongSignature));
        let wrong = token(other, b"the client secret");
        assert_eq!(verify(&wrong, &all()), Err(JoseError::WrongAlgorithm));
    }
}

#[test]
fn no_other_secret_can_be_configured() {
    let secret = |alg: &str, text: &str| {
        VerificationKey::secret(algorithm(alg), &SecretString::from(text)).unwrap_err()
    };
    assert_eq!(secret("HS256", ""), KeyError::EmptySecret);
    for alg in &ALL[..9] {
        assert_eq!(secret(alg, "s3cret"), KeyError::NotSymmetric, "{alg}");
    }
}

/// JWT-3.
#[test]
fn a_key_that_is_for_something_else_is_not_used() {
    let good = set(&[RSA.jwk()]);
    for name in ["RS512", "PS256", "ES256", "HS256"] {
        let swapped = RSA.forge(&json!({"alg": name, "kid": RSA.kid}), &claims());
        assert_eq!(
            check(&swapped, &good, &[algorithm("RS256")]),
            Err(JoseError::WrongAlgorithm),
            "{name}"
        );
        assert_eq!(
            check(&swapped, &good, &all()),
            Err(JoseError::WrongAlgorithm),
            "{name}"
        );
    }
}

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

/// JWT-14.
#[test]
fn a_token_that_demands_an_extension_is_refused() {
    for (name, value) in [
        ("crit", json!(["b64"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", Value::Null),
        ("b64", json!(false)),
        ("b64", json!(true)),
    ] {
        let token = RSA.forge(&with(name, value.clone(), RSA.header()), &claims());
        let refused = check(&token, &set(&[RSA.jwk()]), &all());
        assert_eq!(refused, Err(JoseError::Critical), "{name} {value}");
    }
}

#[test]
fn what_is_verified_says_how_it_was_signed_and_its_digest_leaves_the_signature_out() {
    let keys = set(&[with("issuer", "https://a.example".into(), P256.jwk())]);
    let verify = |token: &str| keys.verify(&Jws::parse(token).unwrap(), &all()).unwrap();
    // ECDSA signs differently each time.
    let (one, two) = (P256.token(&claims()), P256.token(&claims()));
    assert_ne!(one, two);
    let (one, two) = (verify(&one), verify(&two));
    assert_eq!(one.digest(), two.digest());
    assert_eq!(one.algorithm(), SignatureAlgorithm::Es256);
    assert_eq!(one.typ(), Some("JWT"));
    assert_eq!(one.key_issuer(), Some("https://a.example"));
    assert_eq!(Value::Object(one.claims().clone()), claims());
    let other = verify(&P256.token(&json!({"sub": "b"})));
    assert_ne!(one.digest(), other.digest());
    let signed = P256.token(&claims());
    let (message, _) = signed.rsplit_once('.').unwrap();
    assert_eq!(one.digest(), crate::crypto::one_use::digest(message));
}

#[test]
fn claims_can_be_looked_at_before_anybody_vouches_for_them() {
    let token = RSA.token(&claims());
    let token = Jws::parse(&token).unwrap();
    assert_eq!(Value::Object(token.unverified_claims().clone()), claims());
    assert_eq!(token.kid(), Some("rsa"));
    let all = all();
    assert_eq!(token.algorithm(&all), Ok(SignatureAlgorithm::Rs256));
    assert_eq!(token.algorithm(&all[1..]), Err(JoseError::WrongAlgorithm));
}

#[test]
fn debug_shows_neither_tokens_nor_keys() {
    let text = RSA.token(&json!({"sub": "somebody"}));
    let token = Jws::parse(&text).unwrap();
    let secret = SecretString::from("s3cret");
    let key = VerificationKey::secret(SignatureAlgorithm::Hs256, &secret).unwrap();
    let verified = set(&[RSA.jwk()]).verify(&token, &all()).unwrap();
    assert_eq!(format!("{token:?}"), "Jws { .. }");
    assert_eq!(format!("{verified:?}"), "VerifiedJws { .. }");
    assert_eq!(format!("{key:?}"), "VerificationKey { kid: None, .. }");
}
