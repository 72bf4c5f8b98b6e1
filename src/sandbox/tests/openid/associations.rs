//! Secrets that are shared, and who refuses to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::*;

fn lines(answer: &Answer) -> Fields {
    let text = answer.text();
    let pairs = text.lines().map(|line| line.split_once(':').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn an_association_signs_what_both_can_verify() {
    let sandbox = sandbox().await;
    let wanted = [
        ("openid.ns", NS),
        ("openid.mode", "associate"),
        ("openid.assoc_type", "HMAC-SHA256"),
        ("openid.session_type", "no-encryption"),
    ];
    let given = lines(&direct(&sandbox, &wanted).await);
    assert_eq!(
        (&*given["assoc_type"], &*given["expires_in"]),
        ("HMAC-SHA256", "3600")
    );
    let handle = &given["assoc_handle"];
    let said = assertion(&sandbox, &[("openid.assoc_handle", handle)]).await;
    assert_eq!(&said["assoc_handle"], handle);
    let key = STANDARD.decode(&given["mac_key"]).unwrap();
    let mut text = String::new();
    for name in said["signed"].split(',') {
        text = text
            + name
            + ":"
            + &said[name]
            + "
";
    }
    let signature = STANDARD.decode(&said["sig"]).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    hmac::verify(&key, text.as_bytes(), &signature).unwrap();
    assert_eq!(check(&sandbox, &said).await, INVALID);

    let unknown = assertion(&sandbox, &[("openid.assoc_handle", "unknown")]).await;
    assert_eq!(unknown["invalidate_handle"], "unknown");
    assert_eq!(
        check(&sandbox, &unknown).await,
        format!("{VALID}invalidate_handle:unknown\n")
    );
}

#[tokio::test]
async fn an_association_is_refused_or_spoilt() {
    let sandbox = sandbox().await;
    let associate = async |kind: &str, session: &str, consumer: &str| {
        let fields = [
            ("openid.ns", NS),
            ("openid.mode", "associate"),
            ("openid.assoc_type", kind),
            ("openid.session_type", session),
            ("openid.dh_consumer_public", consumer),
        ];
        direct(&sandbox, &fields).await
    };
    for (kind, session) in [
        ("HMAC-SHA1", "DH-SHA256"),
        ("HMAC-SHA256", "DH-SHA1"),
        ("", ""),
    ] {
        let answer = associate(kind, session, "Ag==").await;
        assert_eq!(answer.status, 400);
        assert_eq!(lines(&answer)["error_code"], "unsupported-type");
    }
    for consumer in ["", "?", "AQ=="] {
        assert_eq!(
            associate("HMAC-SHA256", "DH-SHA256", consumer).await.status,
            400
        );
    }
    let hidden = lines(&associate("HMAC-SHA256", "DH-SHA256", "EA==").await);
    assert_eq!(STANDARD.decode(&hidden["enc_mac_key"]).unwrap().len(), 32);
    assert!(hidden.contains_key("dh_server_public") && !hidden.contains_key("mac_key"));
    set(&sandbox, "associate", "unencrypted,sha1").await;
    let spoilt = lines(&associate("HMAC-SHA256", "DH-SHA256", "EA==").await);
    assert_eq!(
        (&*spoilt["session_type"], &*spoilt["assoc_type"]),
        ("no-encryption", "HMAC-SHA1")
    );
    set(&sandbox, "associate", "500").await;
    assert_eq!(
        associate("HMAC-SHA256", "DH-SHA256", "EA==").await.status,
        500
    );
}
