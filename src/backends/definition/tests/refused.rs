//! What is refused at load, key by key of the wider vocabulary.

mod calls;

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
