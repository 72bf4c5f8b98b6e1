//! Which algorithm a key is for, and that no token talks it into another.

use super::*;

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
