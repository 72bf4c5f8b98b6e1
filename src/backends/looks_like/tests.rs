//! What comes in a wrong field is told where it belongs, and what is right
//! is left to those who verify it.

use serde_json::{Value, json};

use super::super::test_backends::backend;
use super::*;
use crate::crypto::jose::test_tokens::RSA;
use crate::model::CodeCredential;

const OPAQUE: &str = "[begins]\naccess_token = [\"ya29.\"]\ncode = [\"4/\"]";
const OTHER: &str = "name = \"other\"\ntitle = \"Other\"\nprotocol = \"oidc\"\n\
                     [endpoints]\nissuer = \"https://other.example\"\n\
                     [user]\nid = \"sub\"\n[audience]\nkind = \"none\"\n";

fn file(tables: &str) -> String {
    format!(
        "name = \"example\"\ntitle = \"Example\"\nprotocol = \"oidc\"\n\
         [endpoints]\nissuer = \"https://id.example\"\n[user]\nid = \"sub\"\n\
         [id_token]\nissuers = [\"https://id.example\"]\n{tables}\n[audience]\nkind = \"none\"\n"
    )
}

fn of(tables: &str) -> DefinedBackend {
    backend(&file(tables), &[], &[OTHER]).unwrap_or_else(|error| panic!("{error}"))
}

fn access_token(text: &str) -> Credential {
    Credential::AccessToken(text.into())
}

fn id_token(text: &str) -> Credential {
    Credential::IdToken(IdTokenCredential {
        id_token: text.into(),
        nonce: None,
        access_token: None,
    })
}

fn code(text: &str) -> Credential {
    Credential::Code(CodeCredential {
        code: text.into(),
        redirect_uri: None,
        code_verifier: None,
        nonce: None,
        state: None,
        iss: None,
    })
}

fn jwt(claims: &Value) -> String {
    RSA.token(claims)
}

fn ours() -> Value {
    json!({"iss": "https://id.example", "aud": "our-app", "sub": "ada"})
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = ours();
    claims[claim] = value;
    claims
}

/// Where a thing of ours belongs.
fn belongs(field: &'static str) -> Result<(), BackendError> {
    let looks_like = match field {
        "id_token" => ID_TOKEN,
        "code" => CODE,
        _ => ACCESS_TOKEN,
    };
    Err(wrong(looks_like, field))
}

#[test]
fn a_start_that_is_another_kinds_is_told() {
    let backend = of(OPAQUE);
    for (credential, expected) in [
        (access_token("ya29.a0"), Ok(())),
        (access_token("4/0AbC"), belongs("code")),
        (access_token("something else"), Ok(())),
        (code("4/0AbC"), Ok(())),
        (code("ya29.a0"), belongs("access_token")),
        (code("something else"), Ok(())),
        (id_token("4/0AbC"), belongs("code")),
        (id_token("ya29.a0"), belongs("access_token")),
        // Three parts are a JWT, however they begin.
        (id_token("ya29.a.b"), Ok(())),
        (id_token("something else"), Ok(())),
    ] {
        let given = format!("{credential:?}");
        assert_eq!(backend.check_form(&credential), expected, "{given}");
    }
}

#[test]
fn an_id_token_of_ours_is_no_access_token_and_no_code() {
    let backend = of("");
    let several = with("aud", json!(["another", "our-app"]));
    for claims in [ours(), several] {
        let token = jwt(&claims);
        assert_eq!(
            backend.check_form(&access_token(&token)),
            belongs("id_token")
        );
        assert_eq!(backend.check_form(&code(&token)), belongs("id_token"));
        assert_eq!(backend.check_form(&id_token(&token)), Ok(()));
    }
}

#[test]
fn a_jwt_that_may_be_an_access_token_is_left_to_who_verifies_it() {
    let backend = of("");
    for claims in [
        with("aud", json!("an-api")),
        with("aud", json!(["an-api"])),
        with("aud", json!(7)),
        with("scope", json!("openid")),
        with("scp", json!(["openid"])),
        with("client_id", json!("our-app")),
        with("cid", json!(null)),
        json!({}),
    ] {
        let token = access_token(&jwt(&claims));
        assert_eq!(backend.check_form(&token), Ok(()), "{claims}");
        // Where tokens begin alike, a JWT is none, whatever it says.
        let opaque = of(OPAQUE).check_form(&token);
        assert_eq!(opaque, Err(wrong(JWT, "id_token")), "{claims}");
    }
}

#[test]
fn a_token_of_a_known_stranger_is_told_whose_it_is() {
    let theirs = with("iss", json!("https://other.example"));
    let token = jwt(&theirs);
    let stranger = || BackendError::OtherProvider("other".to_owned());
    for tables in ["", OPAQUE] {
        let backend = of(tables);
        for credential in [access_token(&token), code(&token)] {
            assert_eq!(backend.check_form(&credential), Err(stranger()));
        }
        let wrong_issuer = || BackendError::InvalidClaim {
            claim: "iss".to_owned(),
        };
        assert_eq!(backend.named_stranger(wrong_issuer(), &token), stranger());
        let nobodys = jwt(&with("iss", json!("https://nobody.example")));
        assert_eq!(
            backend.named_stranger(wrong_issuer(), &nobodys),
            wrong_issuer()
        );
        assert_eq!(
            backend.named_stranger(wrong_issuer(), "no.jwt"),
            wrong_issuer()
        );
        // Any other refusal stays what it is.
        let expired = backend.named_stranger(BackendError::Expired, &token);
        assert_eq!(expired, BackendError::Expired);
        let audience = || BackendError::InvalidClaim {
            claim: "aud".to_owned(),
        };
        assert_eq!(backend.named_stranger(audience(), &token), audience());
    }
    let several = "[id_token]\nissuers = [\"https://id.example\", \"https://other.example\"]";
    let both = file("").replace("[id_token]\nissuers = [\"https://id.example\"]", several);
    let backend = backend(&both, &[], &[OTHER]).unwrap();
    let own = backend.check_form(&access_token(&token));
    assert_eq!(
        own,
        belongs("id_token"),
        "an issuer of its own is no stranger"
    );
}

#[test]
fn who_has_no_id_tokens_says_so_of_a_jwt_in_the_code() {
    let plain = "name = \"example\"\ntitle = \"Example\"\nprotocol = \"oauth2\"\n\
                 [[call]]\nurl = \"https://api.example/me\"\n[user]\nid = \"id\"\n\
                 [audience]\nkind = \"none\"\n[begins]\naccess_token = [\"gho_\"]\n";
    let backend = backend(plain, &[], &[OTHER]).unwrap();
    let expected = Err(BackendError::CredentialNotSupported {
        provider: "example".to_owned(),
        given: CredentialKind::IdToken,
        expected: CredentialKind::AccessToken,
    });
    let token = jwt(&ours());
    assert_eq!(backend.check_form(&access_token(&token)), expected);
    assert_eq!(backend.check_form(&code(&token)), expected);
}

#[test]
fn an_access_token_is_read_as_an_id_token_only_where_the_file_says_so() {
    let fields = json!({"nonce": "a-nonce"}).as_object().unwrap().clone();
    let input = ClientInput {
        fields,
        ..ClientInput::default()
    };
    let token = jwt(&ours());
    let either = of("as_access_token = true");
    let read = either.as_id_token(&access_token(&token), &input).unwrap();
    assert_eq!(read.id_token.expose_secret(), token);
    assert_eq!(read.nonce.unwrap().expose_secret(), "a-nonce");
    assert!(read.access_token.is_none());
    let without = either.as_id_token(&access_token(&token), &ClientInput::default());
    assert!(without.unwrap().nonce.is_none());
    for other in [access_token("EAABsb"), id_token(&token), code(&token)] {
        assert!(either.as_id_token(&other, &input).is_none(), "{other:?}");
    }
    let strict = of("").as_id_token(&access_token(&token), &input);
    assert!(strict.is_none());
}
