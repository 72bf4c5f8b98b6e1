//! Key sets and configured keys: which are taken, and as what.

use super::*;

fn parse(set: &Value) -> Result<usize, JwksError> {
    Jwks::parse(set.to_string().as_bytes()).map(|set| set.len())
}

/// How many keys a set of this one has.
fn usable(jwk: &Value) -> usize {
    parse(&json!({"keys": [jwk]})).unwrap()
}

#[test]
fn a_set_holds_the_keys_that_verify_here_and_leaves_the_others_out() {
    let keys = [
        RSA.jwk(),
        P256.jwk(),
        P384.jwk(),
        ED25519.jwk(),
        json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
        json!({"kty": "AKP", "alg": "ML-DSA-65"}),
        json!({"kty": "oct"}),
        json!({}),
    ];
    assert_eq!(parse(&json!({"keys": keys, "more": 1})), Ok(4));
    assert!(!set(&keys).is_empty());
    assert!(set(&[]).is_empty());
}

/// JWT-23.
#[test]
fn a_hostile_set_is_refused_as_a_whole() {
    let good = RSA.jwk();
    for (set, error) in [
        (json!({}), JwksError::Malformed),
        (json!([good]), JwksError::Malformed),
        (json!({"keys": null}), JwksError::Malformed),
        (json!({"keys": good}), JwksError::Malformed),
        (json!({"keys": [good, 1]}), JwksError::Malformed),
        (json!({"keys": [good, [good]]}), JwksError::Malformed),
        (
            json!({"keys": vec![good.clone(); 101]}),
            JwksError::TooManyKeys,
        ),
        (
            json!({"keys": vec![json!({}); 10_000]}),
            JwksError::TooManyKeys,
        ),
        (
            json!({"keys": [good], "x": "x".repeat(256 * 1024)}),
            JwksError::TooLong,
        ),
        (
            json!({"keys": [good], "x": "x".repeat(5 * 1024 * 1024)}),
            JwksError::TooLong,
        ),
    ] {
        assert_eq!(parse(&set), Err(error));
    }
    assert_eq!(parse(&json!({"keys": vec![good; 100]})), Ok(100));
    for text in [
        "",
        "<html><body>Sign in</body></html>",
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[{"kty":"RSA","kty":"EC"}]}"#,
    ] {
        assert_eq!(
            Jwks::parse(text.as_bytes()).unwrap_err(),
            JwksError::Malformed,
            "{text}"
        );
    }
}

#[test]
fn a_set_is_as_long_as_256_kib_and_no_longer() {
    let bytes = |length: usize| {
        let mut text = key_set(&[RSA.jwk()]).into_bytes();
        text.resize(length, b' ');
        text
    };
    assert_eq!(Jwks::parse(&bytes(MAX_JWKS_LENGTH)).unwrap().len(), 1);
    let refused = Jwks::parse(&bytes(MAX_JWKS_LENGTH + 1));
    assert_eq!(refused.unwrap_err(), JwksError::TooLong);
}

/// JWT-23.
#[test]
fn a_set_that_shows_a_private_key_is_refused_as_a_whole() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let shown = with(member, "AQAB".into(), P256.jwk());
        let refused = parse(&json!({"keys": [RSA.jwk(), shown]}));
        assert_eq!(refused, Err(JwksError::PrivateKey), "{member}");
    }
    let symmetric = json!({"kty": "oct", "k": "AQAB", "alg": "HS256", "kid": "a"});
    assert_eq!(
        parse(&json!({"keys": [symmetric]})),
        Err(JwksError::PrivateKey)
    );
}

/// JWT-18.
#[test]
fn an_rsa_key_has_2048_to_8192_bit_and_an_odd_exponent_from_3_on() {
    let (n, e) = RSA.rsa_numbers();
    let key = |n: &[u8], e: &[u8]| json!({"kty": "RSA", "n": encode(n), "e": encode(e)});
    assert_eq!(usable(&key(&n, &e)), 1);
    assert_eq!(
        usable(&key(&[&[0, 0], &n[..]].concat(), &[&[0], &e[..]].concat())),
        1
    );
    for (e, count) in [
        (&[3][..], 1),
        (&[17], 1),
        (&[255, 255, 255, 255], 1),
        (&[1, 0, 0, 0, 1], 0),
        (&[], 0),
        (&[0], 0),
        (&[1], 0),
        (&[0, 1], 0),
        (&[2], 0),
        (&[1, 0, 0], 0),
    ] {
        assert_eq!(usable(&key(&n, e)), count, "{e:?}");
    }
    let modulus = |first: u8, length: usize, last: u8| {
        let mut n = vec![0x55; length];
        (n[0], n[length - 1]) = (first, last);
        n
    };
    for (n, count) in [
        (modulus(0x80, 256, 1), 1),
        (modulus(0x7f, 256, 1), 0),
        (modulus(0xff, 255, 1), 0),
        (modulus(0x80, 256, 2), 0),
        (modulus(0x01, 257, 1), 1),
        (modulus(0xff, 1024, 1), 1),
        (modulus(0x01, 1025, 1), 0),
        (vec![0; 256], 0),
        (Vec::new(), 0),
    ] {
        assert_eq!(usable(&key(&n, &e)), count, "{} {:?}", n.len(), n.first());
    }
}

#[test]
fn the_numbers_of_a_key_are_there_and_are_base64url() {
    for key in KEYS {
        for member in ["n", "e", "x", "y", "crv", "kty"] {
            if key.jwk().get(member).is_none() {
                continue;
            }
            assert_eq!(usable(&without(member, key.jwk())), 0, "{member}");
            for other in [json!(null), json!(1), json!("AA"), json!("=="), json!([])] {
                let changed = with(member, other.clone(), key.jwk());
                assert_eq!(usable(&changed), 0, "{member} {other}");
            }
        }
    }
    let padded = with("e", "AQAB=".into(), RSA.jwk());
    assert_eq!(usable(&padded), 0);
}

#[test]
fn a_point_has_the_length_of_its_curve() {
    for (key, length) in [(P256, 32), (P384, 48)] {
        for (x, y, count) in [(0, 0, 1), (1, 0, 0), (0, 1, 0), (1, 1, 0)] {
            let jwk = with("x", encode(vec![1; length + x]).into(), key.jwk());
            let jwk = with("y", encode(vec![1; length + y]).into(), jwk);
            assert_eq!(usable(&jwk), count, "{} {x} {y}", key.kid);
        }
        let swapped = if length == 32 { "P-384" } else { "P-256" };
        assert_eq!(usable(&with("crv", swapped.into(), key.jwk())), 0);
    }
    for (length, count) in [(31, 0), (32, 1), (33, 0)] {
        let jwk = with("x", encode(vec![1; length]).into(), ED25519.jwk());
        assert_eq!(usable(&jwk), count, "{length}");
    }
}

#[test]
fn a_point_that_is_not_on_its_curve_verifies_nothing() {
    let jwk = with("y", encode(vec![1; 32]).into(), P256.jwk());
    let refused = check(&P256.token(&claims()), &set(&[jwk]), &all());
    assert_eq!(refused, Err(JoseError::WrongSignature));
}

#[test]
fn a_key_is_configured_in_pem_or_as_its_bare_base64() {
    for key in KEYS {
        let token = key.forge(&json!({"alg": key.algorithm(), "kid": "any"}), &claims());
        let bare: String = key
            .public_pem
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        let spread = format!(" {}\n{}\n", &bare[..20], &bare[20..]);
        let crlf = key.public_pem.replace('\n', "\r\n");
        for text in [key.public_pem, &bare, &spread, &crlf] {
            let configured = VerificationKey::from_pem(text).unwrap();
            let verified = Jws::parse(&token).unwrap().verify(&configured, &all());
            assert!(verified.is_ok(), "{text}");
        }
    }
    let other = VerificationKey::from_pem(RSA.public_pem).unwrap();
    let refused = rs256(&other, &OTHER_RSA.token(&claims()));
    assert_eq!(refused.unwrap_err(), JoseError::WrongSignature);
}

#[test]
fn what_is_no_public_key_is_not_configured() {
    let private = include_str!("../../../../tests/keys/p256.pem");
    let bare =
        |pem: &str| -> String { pem.lines().filter(|line| !line.starts_with('-')).collect() };
    let cut = RSA.public_pem.replace("IIBIj", "IIBIk");
    for text in [
        "",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "s3cret",
        "c2VjcmV0",
        private,
        &bare(private),
        SHORT_RSA_PEM,
        &bare(SHORT_RSA_PEM),
        &cut,
        &bare(RSA.public_pem)[4..],
        &format!("{}!", bare(RSA.public_pem)),
    ] {
        let refused = VerificationKey::from_pem(text).unwrap_err();
        assert_eq!(refused, KeyError::NotAPublicKey, "{text}");
    }
}

#[test]
fn a_key_with_a_byte_changed_or_cut_or_added_is_no_key_or_another_one() {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    for key in KEYS {
        let bare: String = key
            .public_pem
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        let der = standard.decode(bare).unwrap();
        let token = key.token(&claims());
        let verifies = |der: &[u8]| {
            VerificationKey::from_pem(&standard.encode(der))
                .is_ok_and(|key| Jws::parse(&token).unwrap().verify(&key, &all()).is_ok())
        };
        assert!(verifies(&der));
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 1;
            assert!(!verifies(&changed), "{} {at}", key.kid);
            assert!(!verifies(&der[..at]), "{} {at}", key.kid);
        }
        assert!(!verifies(&[&der[..], &[0]].concat()), "{}", key.kid);
    }
}

#[test]
fn a_point_is_configured_whole_and_uncompressed() {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    for (key, length) in [(P256, 65), (P384, 97), (ED25519, 32)] {
        let bare: String = key
            .public_pem
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        let der = standard.decode(bare).unwrap();
        let is_key = |der: &[u8]| VerificationKey::from_pem(&standard.encode(der)).is_ok();
        assert!(is_key(&der));
        assert!(!is_key(&der[..der.len() - 1]), "{}", key.kid);
        assert!(!is_key(&[&der[..], &[0]].concat()), "{}", key.kid);
        if length % 2 == 1 {
            let mut compressed = der.clone();
            compressed[der.len() - length] = 2;
            assert!(!is_key(&compressed), "{}", key.kid);
        }
    }
}
