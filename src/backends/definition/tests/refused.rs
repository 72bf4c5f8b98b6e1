//! What is refused at load, key by key of the wider vocabulary.

use super::{changed, refused};

/// `[user]` is the end of the file, `[[call]]` ends before it.
fn with_call(keys: &str) -> String {
    changed("[user]", &format!("{keys}\n[user]"))
}

fn with(tables: &str) -> String {
    format!("{}\n{tables}\n", super::WHOLE)
}

fn at_top(keys: &str) -> String {
    changed("title", &format!("{keys}\ntitle"))
}

fn all_refused(cases: Vec<(String, &str)>) {
    for (text, expected) in cases {
        let error = refused(&text);
        assert!(
            error.contains(expected),
            "{error}\n  lacks {expected}\n{text}"
        );
    }
}

#[test]
fn an_unknown_key_is_told_with_its_section_line_and_nearest() {
    all_refused(vec![
        (
            with_call("tokn = \"none\""),
            "example.toml: [[call]].tokn: line 7: unknown key, the nearest known is `token`",
        ),
        (
            with("[scope] # what is asked for\nseperator = \",\""),
            "[scope].seperator: line 11: unknown key, the nearest known is `separator`",
        ),
        (
            with("[settings]\na = { type = \"bool\", defualt = true }"),
            "[settings].defualt: line 11: unknown key, the nearest known is `default`",
        ),
        (
            with("[audience]\nkind = \"none\"\nsubjct = \"id\""),
            "[audience].subjct: line 12: unknown key, the nearest known is `subject`",
        ),
    ]);
}

#[test]
fn words_of_the_top_are_checked() {
    all_refused(vec![
        (at_top("status = \"gone\""), "unknown variant `gone`"),
        (
            at_top("aliases = [\"example\"]"),
            "aliases: `example` is said twice",
        ),
        (
            at_top("aliases = [\"a\", \"a\"]"),
            "aliases: `a` is said twice",
        ),
        (at_top("aliases = [\"\"]"), "aliases: `` is empty"),
        (
            at_top("code = \"magic\""),
            "code: no hook is called `magic`",
        ),
        (
            at_top("sealed = [\"{{ token }}\"]"),
            "sealed: no template can stand here",
        ),
        (
            with("[scope]\ndefault = [\"{{ setting.x }}\"]"),
            "[scope].default: no template can stand here",
        ),
        (
            with("[settings]\nx = { type = \"url\", default = \"http://a.example\" }"),
            "[settings].x: the default is not of that type",
        ),
        (
            with("[settings]\nx = { type = \"host\", default = \"a.example/b\" }"),
            "[settings].x: the default is not of that type",
        ),
        (
            with("[settings]\nx = { type = \"bool\", default = false, required = true }"),
            "[settings].x: what has a default is never required",
        ),
    ]);
}

#[test]
fn variables_that_are_not_there_are_refused_where_they_stand() {
    let id = |id: &str| changed("id = \"id\"", &format!("id = \"id\"\nusername = {id:?}"));
    all_refused(vec![
        (
            format!(
                "{}[settings]\nregion = {{ type = \"string\" }}\n",
                id("{{ setting.regoin }}")
            ),
            "[user].username: `{{ setting.regoin }}`: [settings] declares no `regoin`, the nearest known is `region`",
        ),
        (id("{{ setting }}"), "say which one"),
        (
            id("{{ client.name }}"),
            "there are `client.key` and `client.secret`",
        ),
        (id("{{ oidc.issuer }}"), "`oidc` needs a document"),
        (id("{{ uid }}"), "`uid` is known to protocol = \"openid2\""),
        (id("{{ token }}"), "neither our secret nor a token"),
        (id("{{ client.secret }}"), "neither our secret nor a token"),
        (
            with("[extra]\nx = \"{{ client.secret }}\""),
            "[extra].x: our client secret is not to be kept",
        ),
        (
            changed(
                "id = \"id\"",
                "id = \"id\"\nlegacy_id = [\"a\", \"{{ input.b }}\"]",
            ),
            "[user].legacy_id: a client may not say who it is",
        ),
        (
            changed(
                "id = \"id\"",
                "id = \"id\"\nemail = \"{{ token_response['email'] }}\"",
            ),
            "[user].email: a client may not say who it is",
        ),
        (
            changed(
                "id = \"id\"",
                "id = \"id\"\nrequire = { a = \"{{ input.a }}\" }",
            ),
            "[user].require.a: only settings can be asked for here",
        ),
    ]);
}

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
        super::Definition::parse("example.toml", &url(from, more)).unwrap();
    }
}

#[test]
fn options_that_can_never_apply_or_break_the_reading_are_refused() {
    let settings = "[settings]\nflag = { type = \"bool\" }\n";
    all_refused(vec![
        (
            with(&format!("{settings}[[option]]\nsetting = \"flog\"")),
            "[[option]].setting: [settings] declares no `flog`, the nearest known is `flag`",
        ),
        (
            with(&format!(
                "{settings}[[option]]\nsetting = \"flag\"\nis = \"yes\""
            )),
            "[[option]].is: `flag` can never be a string",
        ),
        (
            with(&format!(
                "{settings}[[option]]\nsetting = \"flag\"\nuser = {{ id = \"{{{{ input.id }}}}\" }}"
            )),
            "[[option]] flag: [user].id: a client may not say who it is",
        ),
    ]);
}

#[test]
fn what_is_kept_for_later_is_compiled_all_the_same() {
    all_refused(vec![
        (
            with("[exchange]\ntoken_at = \"a..b\""),
            "[exchange].token_at: `a..b`",
        ),
        (
            with("[exchange]\nrename = { client_identifier = \"appid\" }"),
            "[exchange].rename: `client_identifier`",
        ),
        (
            with("[exchange]\nform = { a = \"{{ setting.a }}\" }"),
            "[exchange].form: `{{ setting.a }}`: [settings] declares no `a`",
        ),
        (
            with("[refresh]\nclient = \"body\""),
            "[refresh].url: is needed",
        ),
        (
            with("[revoke]\nurl = \"{{ user.url }}\""),
            "[revoke].url: `{{ user.url }}`: the host must be written here",
        ),
        (
            with("[revoke]\nurl = \"https://a.example/\"\nok = \"a b\""),
            "[revoke].ok: `a b`",
        ),
        (
            with("[id_token]\nmax_age = 60"),
            "[id_token].jwks: is needed",
        ),
        (
            with("[id_token]\njwks = \"https://a.example/keys\""),
            "[id_token].issuers: is needed",
        ),
        (
            with(
                "[id_token]\njwks = \"https://a.example/\"\nissuers = [\"a\"]\nalgorithms = [\"none\"]",
            ),
            "[id_token].algorithms: expected some of RS256",
        ),
        (
            with("[error]\nwhen = \"error\"\nrevoked = [\"gone\"]"),
            "[error].code: is needed",
        ),
        (
            with("[error]\nwhen = \"error\"\nmessage = \"a b\""),
            "[error].message: `a b`",
        ),
        (
            with("[error]\nwhen = \"{{ input.error }}\""),
            "[error].when: is the provider's word",
        ),
    ]);
}
