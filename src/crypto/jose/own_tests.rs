//! Tests of JOSE: published vectors, and tokens that lie about themselves.

use secrecy::ExposeSecret as _;

use super::*;

const TYP: &str = "at+jwt";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
}

fn claims() -> Claims {
    Claims {
        sub: "user".to_owned(),
        exp: 1,
    }
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_seed(&[byte; 32]).unwrap()
}

fn check(token: &str, key: &SigningKey) -> Result<Claims, JoseError> {
    verify(token, TYP, [key.verifying()])
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with any header at all, signed by `key` all the same.
fn forge(key: u8, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let pair = Ed25519KeyPair::from_seed_unchecked(&[key; 32]).unwrap();
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// RFC 8037, appendix A.
#[test]
fn the_published_key_has_the_published_jwk_and_thumbprint() {
    let seed = URL_SAFE_NO_PAD
        .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        .unwrap();
    let key = SigningKey::from_seed(&seed.try_into().unwrap()).unwrap();
    assert_eq!(
        key.public_jwk()["x"],
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    );
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key.public_jwk()["kid"], key.kid());
}

#[test]
fn a_public_jwk_holds_no_private_member() {
    let key = key(1);
    let mut members: Vec<_> = key.public_jwk().as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
}

#[test]
fn what_is_signed_verifies_and_times_are_left_to_the_caller() {
    let key = key(1);
    let token = key.sign(TYP, &claims()).unwrap();
    assert_eq!(check(token.expose_secret(), &key), Ok(claims()));
}

#[test]
fn installing_again_is_harmless() {
    assert_eq!(install(), Ok(()));
    assert_eq!(install(), Ok(()));
}

#[test]
fn the_header_names_type_algorithm_and_key_and_nothing_else() {
    let key = key(1);
    let token = key.sign(TYP, &claims()).unwrap();
    let header = token.expose_secret().split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(
        header,
        json!({"typ": TYP, "alg": "EdDSA", "kid": key.kid()})
    );
}

#[test]
fn the_key_is_picked_by_its_id_among_ours() {
    let (old, new, foreign) = (key(1), key(2), key(3));
    let ours = [new.verifying(), old.verifying()];
    for key in [&old, &new] {
        let token = key.sign(TYP, &claims()).unwrap();
        assert!(verify::<Claims>(token.expose_secret(), TYP, ours).is_ok());
    }
    let token = foreign.sign(TYP, &claims()).unwrap();
    let verified = verify::<Claims>(token.expose_secret(), TYP, ours);
    assert_eq!(verified, Err(JoseError::UnknownKey));
}

#[test]
fn a_token_that_another_key_signed_in_our_name_is_refused() {
    let key = key(1);
    let header = json!({"typ": TYP, "alg": "EdDSA", "kid": key.kid()});
    let body = json!({"sub": "user", "exp": 1});
    assert!(check(&forge(1, &header, &body), &key).is_ok());
    assert_eq!(
        check(&forge(2, &header, &body), &key),
        Err(JoseError::WrongSignature)
    );
}

#[test]
fn a_header_that_lies_is_refused_though_the_signature_is_right() {
    let key = key(1);
    let kid = key.kid();
    let cases = [
        (
            json!({"typ": TYP, "alg": "none", "kid": kid}),
            JoseError::WrongAlgorithm,
        ),
        (
            json!({"typ": TYP, "alg": "HS256", "kid": kid}),
            JoseError::WrongAlgorithm,
        ),
        (
            json!({"typ": TYP, "alg": "RS256", "kid": kid}),
            JoseError::WrongAlgorithm,
        ),
        (
            json!({"typ": TYP, "alg": "eddsa", "kid": kid}),
            JoseError::WrongAlgorithm,
        ),
        (
            json!({"typ": "JWT", "alg": "EdDSA", "kid": kid}),
            JoseError::WrongType,
        ),
        (json!({"alg": "EdDSA", "kid": kid}), JoseError::WrongType),
        (json!({"typ": TYP, "alg": "EdDSA"}), JoseError::UnknownKey),
        (
            json!({"typ": TYP, "alg": "EdDSA", "kid": ""}),
            JoseError::UnknownKey,
        ),
        (
            json!({"typ": TYP, "alg": "EdDSA", "kid": kid, "crit": ["b64"]}),
            JoseError::Critical,
        ),
        (
            json!({"typ": TYP, "alg": "EdDSA", "kid": kid, "crit": null}),
            JoseError::Critical,
        ),
        (json!([TYP, "EdDSA", kid]), JoseError::Malformed),
        (json!({"typ": TYP, "kid": kid}), JoseError::Malformed),
    ];
    for (header, error) in cases {
        let token = forge(1, &header, &json!({"sub": "user", "exp": 1}));
        assert_eq!(check(&token, &key), Err(error), "{header}");
    }
}

#[test]
fn a_key_inside_the_header_is_not_trusted() {
    let (ours, theirs) = (key(1), key(2));
    let header = json!({
        "typ": TYP, "alg": "EdDSA", "kid": ours.kid(), "jwk": theirs.public_jwk(),
        "jku": "https://attacker.example/jwks",
    });
    let body = json!({"sub": "user", "exp": 1});
    assert_eq!(
        check(&forge(2, &header, &body), &ours),
        Err(JoseError::WrongSignature)
    );
}

#[test]
fn a_token_changed_at_any_place_is_refused() {
    let key = key(1);
    let token = key.sign(TYP, &claims()).unwrap().expose_secret().to_owned();
    for place in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(check(&changed, &key).is_err(), "{place}");
    }
}

#[test]
fn a_token_of_another_form_is_refused() {
    let key = key(1);
    let token = key.sign(TYP, &claims()).unwrap().expose_secret().to_owned();
    let (message, _) = token.rsplit_once('.').unwrap();
    for text in [
        "",
        ".",
        "..",
        "a.b",
        message,
        &format!("{message}."),
        &format!("{token}.x"),
        &format!("{token}="),
    ] {
        assert!(check(text, &key).is_err(), "{text}");
    }
}

#[test]
fn a_token_is_as_long_as_16_kib_and_beyond_that_nothing_is_decoded() {
    let key = key(1);
    let of_subject = |length: usize| {
        let sub = "x".repeat(length);
        key.sign(TYP, &Claims { sub, exp: 1 }).unwrap()
    };
    let rest = of_subject(0).expose_secret().len();
    // Three letters are four of base64url.
    let longest = of_subject((MAX_TOKEN_LENGTH - rest) * 3 / 4);
    assert_eq!(longest.expose_secret().len(), MAX_TOKEN_LENGTH);
    let read = check(longest.expose_secret(), &key).unwrap();
    assert!(read.sub.starts_with("xxx"));
    let long = of_subject(MAX_TOKEN_LENGTH);
    assert_eq!(check(long.expose_secret(), &key), Err(JoseError::TooLong));
    assert_eq!(
        check(&"!".repeat(MAX_TOKEN_LENGTH + 1), &key),
        Err(JoseError::TooLong)
    );
}

#[test]
fn claims_that_are_missing_or_named_twice_are_refused() {
    let key = key(1);
    let header = encode(&json!({"typ": TYP, "alg": "EdDSA", "kid": key.kid()}));
    for claims in [
        r#"{"sub":"user"}"#,
        r#"{"sub":"a","sub":"b","exp":1}"#,
        r#"{"sub":1,"exp":1}"#,
    ] {
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
        let verified = check(&format!("{message}.{signature}"), &key);
        assert_eq!(verified, Err(JoseError::WrongClaims), "{claims}");
    }
}

#[test]
fn debug_shows_the_id_of_a_key_and_no_more() {
    let key = key(1);
    let (signing, verifying) = (format!("{key:?}"), format!("{:?}", key.verifying()));
    let kid = key.kid();
    assert_eq!(signing, format!("SigningKey {{ kid: {kid:?}, .. }}"));
    assert_eq!(verifying, format!("VerifyingKey {{ kid: {kid:?}, .. }}"));
}
