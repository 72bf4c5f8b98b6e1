//! Calls and hosts that cannot be meant.

use super::*;

#[test]
fn calls_that_cannot_be_meant_are_refused() {
    all_refused(vec![
        (
            with_call("form = { a = \"b\" }"),
            "[[call]].method: GET has no body",
        ),
        (
            with_call("json = { a = \"b\" }"),
            "[[call]].method: GET has no body",
        ),
        (
            with_call("token = \"form:token\""),
            "[[call]].method: GET has no body",
        ),
        (
            with_call("method = \"POST\"\nform = { a = \"b\" }\njson = { a = \"b\" }"),
            "[[call]].json: a body is either `form` or `json`",
        ),
        (
            with_call("token = \"scheme:{{ input.x }}\""),
            "no template can stand here",
        ),
        (
            with_call("into = \"{{ input.x }}\""),
            "[[call]].into: no template",
        ),
        (
            with_call("refusal = \"membership_required\""),
            "[[call]].refusal: belongs to `expect`",
        ),
        (
            with_call("expect = 204\noptional = true"),
            "[[call]].optional: what is expected",
        ),
        (
            with_call("expect = 204\ninto = \"x\""),
            "[[call]].expect: only the status counts",
        ),
        (
            with_call("expect = 404"),
            "[[call]].expect: expected a status from 200 to 399",
        ),
        (
            with_call("save_headers = { a = \"x y\" }"),
            "[[call]].save_headers: `x y`",
        ),
        (with_call("hosts = [\".example\"]"), "[[call]].hosts"),
        (
            with("[[call]]\nurl = \"ftp://a.example/\""),
            "[[call]] 2.url: `ftp://a.example/` is no https URL",
        ),
    ]);
}

/// URLs, further keys of the call, and why they are refused.
const ODD_HOSTS: [(&str, &str, &str); 9] = [
    (
        "https://{{ setting.word }}/x",
        "",
        "must be of type url, in its host of type host",
    ),
    (
        "https://{{ setting.base }}/x",
        "",
        "must be of type url, in its host of type host",
    ),
    (
        "{{ setting.host }}/x",
        "",
        "must be of type url, in its host of type host",
    ),
    (
        "{{ setting.base }}.evil.example/x",
        "",
        "`/` must follow the base",
    ),
    (
        "{{ setting.base }}/x",
        "hosts = [\"a.example\"]",
        "is for a host that an answer",
    ),
    (
        "{{ user.u }}/x",
        "hosts = [\"example\"]",
        "expected \"api.example.com\"",
    ),
    (
        "{{ user.u }}/x",
        "hosts = [\"127.0.0.1\"]",
        "expected \"api.example.com\"",
    ),
    (
        "{{ user.u }}/x",
        "hosts = [\"a.example:8443\"]",
        "expected \"api.example.com\"",
    ),
    (
        "{{ user.u }}/x",
        "hosts = [\"*.example.com\"]",
        "expected \"api.example.com\"",
    ),
];

#[test]
fn a_host_that_somebody_else_names_needs_a_list_and_a_good_one() {
    let url = |url: &str, more: &str| {
        let text = changed("https://api.example/user", url);
        let text = text.replace("[user]", &format!("{more}\n[user]"));
        format!(
            "{text}[settings]\nbase = {{ type = \"url\" }}\nhost = {{ type = \"host\" }}\nword = {{ type = \"string\" }}\n"
        )
    };
    for (from, more) in [
        ("https://{{ user.dc }}.api.example/x", ""),
        ("https://{{ claims.dc }}.api.example/x", ""),
        ("{{ token_response.instance_url }}/x", ""),
        ("https://{{ client.key }}.api.example/x", ""),
        ("https://api.example{{ user.path }}", ""),
        ("{{ setting.base or user.base }}/x", ""),
    ] {
        let error = refused(&url(from, more));
        assert!(error.contains("needs `hosts`"), "{from}: {error}");
    }
    for (from, more, expected) in ODD_HOSTS {
        let error = refused(&url(from, more));
        assert!(error.contains(expected), "{from}: {error}");
    }
    for (from, more) in [
        ("https://{{ setting.host }}/x", ""),
        ("https://id.{{ setting.host }}:8443/x", ""),
        ("{{ setting.base }}?x=1", ""),
        ("{{ user.u }}/x", "hosts = [\".example.com\"]"),
    ] {
        super::super::Definition::parse("example.toml", &url(from, more)).unwrap();
    }
}
