//! Vectors that RFCs print.

use super::*;

/// RFC 7515, appendix A.1: HS256. The key's bytes are no text.
#[test]
fn rfc_7515_a_1_hs256() {
    let token = concat!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    );
    let secret = super::wycheproof::secret(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        SignatureAlgorithm::Hs256,
    );
    let token = Jws::parse(token).unwrap();
    let verified = token.verify(&secret, &all()).unwrap();
    assert_eq!(verified.typ(), Some("JWT"));
    assert_eq!(verified.claims()["iss"], "joe");
    assert_eq!(verified.claims()["exp"], 1_300_819_380);
    assert_eq!(verified.claims()["http://example.com/is_root"], true);
}

const A2: &str = concat!(
    "eyJhbGciOiJSUzI1NiJ9",
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5",
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1",
    "L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYE",
    "UipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
);

/// RFC 7515, appendix A.2: RS256.
#[test]
fn rfc_7515_a_2_rs256() {
    let jwk = json!({
        "kty": "RSA", "e": "AQAB",
        "n": concat!(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0",
            "Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXnd",
            "S5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5Ihl",
            "JH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        ),
    });
    let verified = check(A2, &set(&[jwk]), &[SignatureAlgorithm::Rs256]).unwrap();
    assert_eq!(verified["iss"], "joe");
}

/// RFC 7515, appendix A.3: ES256.
#[test]
fn rfc_7515_a_3_es256() {
    let token = concat!(
        "eyJhbGciOiJFUzI1NiJ9",
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let verified = check(token, &set(&[jwk]), &[SignatureAlgorithm::Es256]).unwrap();
    assert_eq!(verified["iss"], "joe");
}

/// RFC 7515, appendix A.5: a token that nobody signed.
#[test]
fn rfc_7515_a_5_unsecured() {
    let token = concat!(
        "eyJhbGciOiJub25lIn0",
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        ".",
    );
    let refused = check(token, &set(&[RSA.jwk()]), &all());
    assert_eq!(refused, Err(JoseError::WrongAlgorithm));
}

/// RFC 8037, appendix A.4: the payload is a sentence, so only the signature is looked at.
#[test]
fn rfc_8037_a_4_ed25519() {
    let token = concat!(
        "eyJhbGciOiJFZERTQSJ9",
        ".RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let key = jwk::read(jwk.as_object().unwrap()).unwrap().unwrap();
    let verify = |token: &str| jws::Compact::parse(token).unwrap().verify(&key, &all());
    assert_eq!(verify(token), Ok(SignatureAlgorithm::EdDsa));
    let changed = token.replace(".hgyY", ".hgyZ");
    assert_eq!(verify(&changed), Err(JoseError::WrongSignature));
    assert_eq!(Jws::parse(token).unwrap_err(), JoseError::Malformed);
}

/// OpenID Connect Core, appendix A.3 to A.6 print tokens with `at_hash`.
#[test]
fn the_half_hash_of_a_published_access_token_is_the_published_one() {
    let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    let published = "77QmUPtjPfzWtF2AnpK9RQ";
    for name in ["RS256", "PS256", "ES256", "HS256"] {
        assert_eq!(algorithm(name).half_hash(token), published, "{name}");
    }
}

#[test]
fn the_half_hash_is_of_the_algorithms_own_hash() {
    use ring::digest::{SHA384, SHA512, digest};
    let half = |hash: &'static ring::digest::Algorithm| {
        let whole = digest(hash, b"token");
        encode(&whole.as_ref()[..whole.as_ref().len() / 2])
    };
    for name in ["RS384", "PS384", "ES384"] {
        assert_eq!(algorithm(name).half_hash("token"), half(&SHA384), "{name}");
    }
    for name in ["RS512", "PS512", "EdDSA", "HS512"] {
        assert_eq!(algorithm(name).half_hash("token"), half(&SHA512), "{name}");
    }
}
