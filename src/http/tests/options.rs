//! Options that cannot be used, and what is shown of requests.

use super::*;

#[test]
fn an_option_at_fault_is_named_and_a_password_is_not_shown() {
    let build = |options: HttpOptions| HttpClient::new(&options).unwrap_err();
    for proxy in [
        "",
        "proxy:8080",
        "ftp://u:hunter2@proxy/",
        "http://u:hunter2@/",
        "socks4://u:hunter2@p:1",
    ] {
        let options = HttpOptions {
            proxy: Some(proxy.into()),
            ..options()
        };
        assert!(!format!("{options:?}").contains("hunter2"));
        let fault = build(options);
        assert!(matches!(fault, HttpSetupError::ProxyInvalid), "{proxy}");
        assert!(!format!("{fault} {fault:?}").contains("hunter2"));
    }
    let user_agent = "a\nb".to_owned();
    assert!(matches!(
        build(HttpOptions {
            user_agent,
            ..options()
        }),
        HttpSetupError::UserAgentInvalid
    ));
    let missing = Some("/nowhere/ca.pem".into());
    let fault = build(HttpOptions {
        ca_bundle: missing,
        ..options()
    });
    assert!(fault.to_string().contains("/nowhere/ca.pem"), "{fault}");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for content in ["", "no certificate", broken] {
        let mut bundle = NamedTempFile::new().unwrap();
        bundle.write_all(content.as_bytes()).unwrap();
        let ca_bundle = Some(bundle.path().to_owned());
        let fault = build(HttpOptions {
            ca_bundle,
            ..options()
        });
        assert!(
            matches!(fault, HttpSetupError::CaBundleInvalid { .. }),
            "{content}"
        );
    }
}

#[test]
fn debug_shows_no_path_header_or_body() {
    let request = Request {
        headers: vec![(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer hunter2"),
        )],
        body: Body::Form(vec![("client_secret".to_owned(), "hunter2".to_owned())]),
        ..get(
            "https://api.example.com/hunter2?access_token=hunter2",
            false,
        )
    };
    let shown = format!("{request:?} {:?}", request.body);
    assert_eq!(
        shown,
        "Request { method: GET, host: \"api.example.com\", .. } Form(..)"
    );
    let answer = Answer {
        status: 200,
        headers: HeaderMap::new(),
        body: b"hunter2".to_vec(),
    };
    assert_eq!(
        format!("{answer:?}"),
        "Answer { status: 200, length: 7, .. }"
    );
}
