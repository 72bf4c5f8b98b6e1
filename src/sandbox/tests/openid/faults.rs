//! Assertions and answers that are wrong as asked.

use super::*;

#[tokio::test]
async fn an_assertion_is_wrong_as_asked_and_the_provider_vouches_for_it() {
    let sandbox = sandbox().await;
    let right = assertion(&sandbox, &[]).await;
    for (fault, changed) in [
        ("other-op-endpoint", "op_endpoint"),
        ("other-return-to", "return_to"),
        ("other-identity", "identity"),
        ("foreign-claimed-id", "claimed_id"),
        ("old-nonce", "response_nonce"),
        ("future-nonce", "response_nonce"),
        ("nonce-without-z", "response_nonce"),
        ("no-nonce", "response_nonce"),
        ("unsigned-claimed_id", "signed"),
        ("unsigned-identity", "signed"),
        ("unsigned-op_endpoint", "signed"),
        ("unsigned-return_to", "signed"),
        ("unsigned-response_nonce", "signed"),
        ("unsigned-assoc_handle", "signed"),
        ("added-email", "ext1.value.email"),
        ("invalidate-handle", "invalidate_handle"),
    ] {
        let said = assertion(&sandbox, &[("fault", fault)]).await;
        assert_ne!(said.get(changed), right.get(changed), "{fault}");
        let answer = check(&sandbox, &said).await;
        assert!(answer.contains("\nis_valid:true\n"), "{fault}: {answer}");
    }
    for fault in ["wrong-signature", "no-signature"] {
        let said = assertion(&sandbox, &[("fault", fault)]).await;
        assert_eq!(check(&sandbox, &said).await, INVALID, "{fault}");
    }
    for (fault, mode) in [
        ("cancel", "cancel"),
        ("setup-needed", "setup_needed"),
        ("error", "error"),
    ] {
        assert_eq!(assertion(&sandbox, &[("fault", fault)]).await["mode"], mode);
    }
    set(&sandbox, "assertion", "ns-1.1").await;
    assert_eq!(
        assertion(&sandbox, &[]).await["ns"],
        "http://openid.net/signon/1.1"
    );
    let twice = ask(&sandbox, &[("fault", "duplicate-claimed-id")]).await;
    assert_eq!(
        twice.headers["location"]
            .matches("openid.claimed_id=")
            .count(),
        2
    );
}

#[tokio::test]
async fn the_check_fails_as_switched() {
    let sandbox = sandbox().await;
    for (fault, expected) in [
        ("invalid", INVALID),
        (
            "no-newline",
            "ns:http://specs.openid.net/auth/2.0 is_valid:true",
        ),
        ("no-ns", "is_valid:true\n"),
        (
            "wrong-ns",
            "ns:http://openid.net/signon/1.1\nis_valid:true\n",
        ),
        ("", VALID),
    ] {
        set(&sandbox, "check_authentication", fault).await;
        let said = assertion(&sandbox, &[]).await;
        assert_eq!(check(&sandbox, &said).await, expected, "{fault}");
    }
    set(&sandbox, "check_authentication", "invalidate-handle").await;
    let said = assertion(&sandbox, &[]).await;
    let handle = format!("{VALID}invalidate_handle:{}\n", said["assoc_handle"]);
    assert_eq!(check(&sandbox, &said).await, handle);
    set(&sandbox, "check_authentication", "html").await;
    assert!(check(&sandbox, &said).await.starts_with("<!doctype html>"));
    assert!(sandbox.calls("/openid") > 10);
}
