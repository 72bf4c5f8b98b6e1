//! What is no token: sizes, base64url, JSON that can be read in two ways.

use super::*;

fn parse(token: &str) -> Result<(), JoseError> {
    Jws::parse(token).map(drop)
}

/// A token whose header or claims are these texts, well signed.
fn texts(header: &str, claims: &str) -> Result<(), JoseError> {
    parse(&RSA.forge_text(header, claims))
}

const HEADER: &str = r#"{"alg":"RS256","kid":"rsa"}"#;

/// JWT-15.
#[test]
fn a_token_is_as_long_as_16_kib_and_no_longer() {
    let claims = |length: usize| {
        let token = RSA.forge_text(HEADER, &format!(r#"{{"a":"{}"}}"#, "x".repeat(length)));
        let length = token.len();
        (token, length)
    };
    // Three bytes more make four characters more.
    let (longest, length) = (11_900..12_100)
        .map(claims)
        .take_while(|(_, length)| *length <= MAX_TOKEN_LENGTH)
        .last()
        .unwrap();
    assert!(length > MAX_TOKEN_LENGTH - 3, "{length}");
    assert_eq!(parse(&longest), Ok(()));
    assert_eq!(parse(&claims(12_100).0), Err(JoseError::TooLong));
    assert_eq!(parse(&claims(1024 * 1024).0), Err(JoseError::TooLong));
    assert_eq!(parse(&".".repeat(100_000)), Err(JoseError::TooLong));
    assert_eq!(
        parse(&".".repeat(MAX_TOKEN_LENGTH + 1)),
        Err(JoseError::TooLong)
    );
    assert_eq!(
        parse(&".".repeat(MAX_TOKEN_LENGTH)),
        Err(JoseError::Malformed)
    );
}

/// JWT-15.
#[test]
fn a_token_is_32_levels_deep_and_no_deeper() {
    let deep = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"alg":"RS256","a":{open}{close}}}"#)
    };
    assert_eq!(texts(HEADER, &deep(32)), Ok(()));
    assert_eq!(texts(HEADER, &deep(33)), Err(JoseError::Malformed));
    assert_eq!(texts(&deep(32), "{}"), Ok(()));
    assert_eq!(texts(&deep(33), "{}"), Err(JoseError::Malformed));
}

/// JWT-16.
#[test]
fn a_member_that_stands_twice_is_refused_in_header_and_claims() {
    for header in [
        r#"{"alg":"RS256","alg":"RS256"}"#,
        r#"{"alg":"none","kid":"rsa","alg":"RS256"}"#,
        r#"{"alg":"RS256","kid":"rsa","kid":"rsa"}"#,
        r#"{"alg":"RS256","x":1,"x":1}"#,
        r#"{"alg":"RS256","jwk":{"kty":"RSA","kty":"RSA"}}"#,
        r#"{"alg":"RS256","al\u0067":"none"}"#,
    ] {
        assert_eq!(texts(header, "{}"), Err(JoseError::Malformed), "{header}");
    }
    for claims in [
        r#"{"sub":"a","sub":"b"}"#,
        r#"{"aud":"us","sub":"a","aud":"them"}"#,
        r#"{"sub":"a","x":1,"x":1}"#,
        r#"{"sub":"a","address":{"x":1,"x":1}}"#,
        r#"{"sub":"a","list":[{"x":1,"x":1}]}"#,
        r#"{"sub":"a","s\u0075b":"b"}"#,
    ] {
        assert_eq!(texts(HEADER, claims), Err(JoseError::Malformed), "{claims}");
    }
}

/// JWT-17.
#[test]
fn base64url_has_one_way_to_be_written() {
    let token = RSA.forge_text(HEADER, r#"{"sub":"??>>"}"#);
    assert_eq!(parse(&token), Ok(()));
    let parts: Vec<_> = token.split('.').collect();
    for at in 0..3 {
        let other = |part: String| {
            let mut parts = parts.clone();
            parts[at] = &part;
            parse(&parts.join("."))
        };
        let part = parts[at];
        for changed in [
            format!("{part}="),
            format!("{part}=="),
            format!("{part} "),
            format!(" {part}"),
            format!("{part}\n"),
            format!("{}\r\n{}", &part[..4], &part[4..]),
            format!("{part}+"),
            format!("{part}/"),
            format!("{part}%"),
            format!("{part}é"),
            format!("{part}\0"),
        ] {
            assert_eq!(
                other(changed.clone()),
                Err(JoseError::Malformed),
                "{changed:?}"
            );
        }
    }
}

/// JWT-17.
#[test]
fn stray_bits_at_the_end_of_a_part_are_refused() {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut tried = 0;
    for (header, claims) in [
        (HEADER, r#"{"a":1}"#),
        (HEADER, r#"{"a":12}"#),
        (r#"{"alg":"RS256"}"#, r#"{"a":123}"#),
    ] {
        let token = RSA.forge_text(header, claims);
        let ends: Vec<_> = token.match_indices('.').map(|(at, _)| at).collect();
        for (end, start) in [
            (ends[0], 0),
            (ends[1], ends[0] + 1),
            (token.len(), ends[1] + 1),
        ] {
            if (end - start) % 4 == 0 {
                continue;
            }
            let mut bytes = token.clone().into_bytes();
            let place = alphabet.iter().position(|c| *c == bytes[end - 1]).unwrap();
            bytes[end - 1] = alphabet[place + 1];
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(parse(&changed), Err(JoseError::Malformed), "{changed}");
            tried += 1;
        }
    }
    assert!(tried > 4, "{tried}");
}

#[test]
fn header_and_claims_are_objects_and_the_header_names_an_algorithm() {
    for text in [
        "",
        "[]",
        "null",
        "1",
        "\"a\"",
        "{",
        "{}{}",
        "foo",
        "[\"RS256\"]",
    ] {
        assert_eq!(texts(text, "{}"), Err(JoseError::Malformed), "{text}");
        assert_eq!(texts(HEADER, text), Err(JoseError::Malformed), "{text}");
    }
    for header in [
        r"{}",
        r#"{"kid":"rsa"}"#,
        r#"{"alg":null}"#,
        r#"{"alg":["RS256"]}"#,
        r#"{"alg":"RS256","typ":1}"#,
        r#"{"alg":"RS256","kid":1}"#,
    ] {
        assert_eq!(texts(header, "{}"), Err(JoseError::Malformed), "{header}");
    }
}

#[test]
fn a_token_has_three_parts() {
    let good = RSA.token(&claims());
    for token in ["", ".", "..", "a", "a.b", "a.b.c", "....", &good[1..]] {
        assert_eq!(parse(token), Err(JoseError::Malformed), "{token}");
    }
    assert_eq!(parse(&format!("{good}.")), Err(JoseError::Malformed));
    assert_eq!(parse(&format!(".{good}")), Err(JoseError::Malformed));
}

/// JWT-18.
#[test]
fn a_signature_has_one_length_and_one_form() {
    let keys = set(&[P256.jwk(), P384.jwk(), ED25519.jwk(), RSA.jwk()]);
    for (key, length) in [(P256, 64), (P384, 96), (ED25519, 64), (RSA, 256)] {
        let token = key.token(&claims());
        let (message, good) = token.rsplit_once('.').unwrap();
        let signed =
            |signature: &[u8]| check(&format!("{message}.{}", encode(signature)), &keys, &all());
        let bytes = key.sign(key.algorithm(), message.as_bytes());
        assert_eq!(bytes.len(), length);
        assert_eq!(signed(&bytes), Ok(claims()), "{good}");
        let half = length / 2;
        for forged in [
            Vec::new(),
            vec![0; length],
            vec![0; length - 1],
            vec![0xff; length],
            [&vec![0; half], &bytes[half..]].concat(),
            [&bytes[..half], &vec![0; half]].concat(),
            [&bytes[..], &[0]].concat(),
            [&[0], &bytes[..]].concat(),
            bytes[1..].to_vec(),
            bytes[..length - 1].to_vec(),
            der_signature(&bytes),
        ] {
            assert_eq!(
                signed(&forged),
                Err(JoseError::WrongSignature),
                "{}",
                key.kid
            );
        }
    }
}

/// The ASN.1 form of an ECDSA signature, as X.509 has it.
fn der_signature(raw: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let mut content = number.to_vec();
        if content[0] >= 0x80 {
            content.insert(0, 0);
        }
        [
            vec![2, u8::try_from(content.len()).unwrap_or(0x7f)],
            content,
        ]
        .concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let content = [integer(r), integer(s)].concat();
    let length = u8::try_from(content.len()).unwrap_or(0x7f);
    [vec![0x30, length], content].concat()
}
