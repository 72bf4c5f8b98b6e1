//! The checker itself, on sources with planted breaches.

use super::house::{Source, breaches};

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, text)| Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    breaches(&sources)
}

#[test]
fn what_the_floors_allow_passes() {
    let clean = [
        (
            "lib.rs",
            "pub mod model; pub mod api; pub use crate::api::X;",
        ),
        (
            "model/mod.rs",
            "use crate::model::user::User; use self::user;",
        ),
        ("settings/mod.rs", "use crate::model::Clock;"),
        ("crypto.rs", "use crate::model::Clock;"),
        (
            "storage/diesel/mod.rs",
            "use crate::{model::{Clock, user}, crypto, settings as s};",
        ),
        ("outbox/mod.rs", "use crate::mail; use crate::hooks;"),
        (
            "api/me.rs",
            "use super::error; fn f() -> crate::exchange::E { super::x() }",
        ),
        (
            "sandbox/oauth2.rs",
            "use crate::sandbox::people; use super::people;",
        ),
        ("cli.rs", "use crate::{sandbox, app, api};"),
    ];
    assert!(found(&clean).is_empty(), "{:?}", found(&clean));
}

#[test]
fn an_upward_import_is_found() {
    assert_eq!(
        found(&[("backends/mod.rs", "\nuse crate::pipeline::Step;")]),
        ["src/backends/mod.rs:2: `backends` uses `pipeline`"]
    );
    assert_eq!(found(&[("model.rs", "use crate::app::App;")]).len(), 1);
}

#[test]
fn a_sideways_import_is_found() {
    for (path, target) in [
        ("settings/mod.rs", "crypto"),
        ("crypto/mod.rs", "settings"),
        ("storage/mod.rs", "http"),
        ("session/mod.rs", "backends"),
        ("pipeline/mod.rs", "outbox"),
        ("model/mod.rs", "settings"),
    ] {
        let text = format!("use crate::{target}::X;");
        assert_eq!(found(&[(path, &text)]).len(), 1, "{path} uses {target}");
    }
}

#[test]
fn the_sandbox_uses_nobody_and_only_the_top_uses_it() {
    assert_eq!(
        found(&[("sandbox/mod.rs", "use crate::model::X;")]).len(),
        1
    );
    assert_eq!(found(&[("api/mod.rs", "use crate::sandbox::X;")]).len(), 1);
}

#[test]
fn grouped_and_nested_imports_are_found_each() {
    let text = "use crate::{\n    model::User,\n    api::{self, error},\n    exchange,\n};\n";
    assert_eq!(
        found(&[("storage/mod.rs", text)]),
        [
            "src/storage/mod.rs:3: `storage` uses `api`",
            "src/storage/mod.rs:3: `storage` uses `api`",
            "src/storage/mod.rs:4: `storage` uses `exchange`",
        ]
    );
}

#[test]
fn a_path_within_code_a_macro_or_a_type_is_found() {
    for text in [
        "fn f() { let x = g(vec![crate::api::x()]); }",
        "struct S(pub Vec<crate::api::X>);",
        "struct S(pub (crate::api::X, u8));",
        "macro_rules! m { () => { $crate::api::x() } }",
        "mod inner { fn f() { ::std::drop(crate :: api :: X) } }",
        "#[cfg(test)] mod tests { use crate::api::X; }",
        "impl Trait<crate::model::User> for crate::api::X {}",
        "use crate::*;",
        "use crate as whole;",
        "use crate::{self as whole};",
    ] {
        assert_eq!(found(&[("storage/mod.rs", text)]).len(), 1, "{text}");
    }
}

#[test]
fn a_way_round_through_super_is_found() {
    let found_in = |path, text| found(&[(path, text)]).len();
    assert_eq!(
        found_in("storage/diesel/mod.rs", "use super::super::api::X;"),
        1
    );
    assert_eq!(found_in("storage/diesel/mod.rs", "use super::api::X;"), 0);
    assert_eq!(found_in("storage/mod.rs", "use super::{model, api};"), 1);
    assert_eq!(found_in("storage/mod.rs", "mod t { use super::api; }"), 0);
    assert_eq!(
        found_in("storage/mod.rs", "mod t { use super::super::api; }"),
        1
    );
}

#[test]
fn visibility_comments_and_strings_are_no_imports() {
    let text = r##"
        //! Uses `crate::api::X`.
        /// ```
        /// use crate::api::X;
        /// ```
        pub(in crate::api) struct S { pub(crate) x: u8 }
        // crate::api::X /* crate::api */
        const A: &str = "crate::api::X"; const B: &str = r#"use crate::api::"X";"#;
        /* use crate::api::X; */
    "##;
    assert!(found(&[("storage/mod.rs", text)]).is_empty());
}

#[test]
fn a_test_module_in_its_own_file_may_use_the_sandbox_and_lower() {
    let uses = "use crate::sandbox::Sandbox; use crate::api::X;";
    let backends = "#[cfg(test)]\n/// Tests.\npub(crate) mod tests;\n";
    let tests = [
        ("backends/mod.rs", backends),
        ("backends/tests/deep.rs", uses),
    ];
    assert!(found(&tests).is_empty());
    let no_tests = [
        ("backends/mod.rs", "mod tests;"),
        ("backends/tests.rs", uses),
    ];
    assert_eq!(found(&no_tests).len(), 2);
    let top = [
        ("backends/mod.rs", backends),
        ("backends/tests.rs", "use crate::app::App;"),
    ];
    assert_eq!(found(&top).len(), 1);
}

#[test]
fn a_file_outside_every_floor_is_found() {
    assert_eq!(
        found(&[("misc/mod.rs", "")]),
        ["src/misc/mod.rs: `misc` has no floor"]
    );
    assert_eq!(found(&[("api/mod.rs", "use crate::misc::x;")]).len(), 1);
    assert_eq!(found(&[("api/mod.rs", "fn f( {")]).len(), 1);
}

#[test]
fn an_identity_is_written_out_in_its_own_file_alone() {
    for text in [
        "fn f() { let x = VerifiedIdentity { uid }; }",
        "fn f() { g(crate::backends::VerifiedIdentity { ..x }) }",
        "impl VerifiedIdentity { fn new() -> Self { Self {} } }",
        "use super::VerifiedIdentity as V;",
    ] {
        assert_eq!(found(&[("backends/oauth2.rs", text)]).len(), 1, "{text}");
        assert!(
            found(&[("backends/verified.rs", text)]).is_empty(),
            "{text}"
        );
    }
    for text in [
        "fn f(x: &VerifiedIdentity) -> super::VerifiedIdentity { x.clone() }",
        "fn f(&self) -> &VerifiedIdentity { &self.x }",
        "fn f<'a>(x: &'a X) -> &'a mut crate::backends::VerifiedIdentity { x.y() }",
    ] {
        assert!(found(&[("backends/oauth2.rs", text)]).is_empty(), "{text}");
    }
    let referred = "fn f() { g(1 > &VerifiedIdentity { uid }) }";
    assert_eq!(found(&[("backends/oauth2.rs", referred)]).len(), 1);
}

#[test]
fn an_association_is_made_by_the_model_and_the_verified_identity_alone() {
    let written = "fn f() { NewAssociation { id } }";
    assert_eq!(found(&[("storage/rows.rs", written)]).len(), 1);
    assert_eq!(found(&[("backends/verified.rs", written)]).len(), 1);
    assert!(found(&[("model/association.rs", written)]).is_empty());

    let called = "fn f() -> NewAssociation { NewAssociation::of_verified(id) }";
    for allowed in [
        "model/association.rs",
        "backends/verified.rs",
        "storage/contract/x.rs",
    ] {
        assert!(found(&[(allowed, called)]).is_empty(), "{allowed}");
    }
    assert_eq!(
        found(&[("exchange/mod.rs", called)]),
        ["src/exchange/mod.rs:1: calls `::of_verified`"]
    );
    let defined = "fn of_verified() {}";
    assert!(found(&[("exchange/mod.rs", defined)]).is_empty());
}

#[test]
fn a_long_file_is_found_its_tests_not_counted() {
    let lines = |n| "const X: u8 = 0;\n".repeat(n);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", lines(100));
    let mut file = lines(300) + &tests;
    assert!(found(&[("api/a.rs", &file)]).is_empty());
    file.insert(0, '\n');
    assert_eq!(
        found(&[("api/a.rs", &file)]),
        ["src/api/a.rs: 301 lines without its tests, 300 at most"]
    );
    file.push_str("const Y: u8 = 0;");
    assert!(found(&[("api/a.rs", &file)])[0].contains("405 lines"));
}
