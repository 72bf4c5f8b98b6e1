//! `prevent_new_users`: settings alone, for the shipped program.

use std::path::Path;

use super::running::{Example, is_new};
use crate::support::server::Store;

const CONFIG: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/prevent_new_users/sociable.toml"
);

fn serve(more: &[&str], store: Store) -> Example {
    let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
    let args = [&["serve", "--sandbox"], more].concat();
    Example::of(program, &args, &[], store)
}

#[tokio::test]
async fn who_is_known_comes_in_and_who_is_new_does_not() {
    let store = Store::sqlite();
    let open = serve(&[], store.clone());
    assert!(is_new(&open.sign_up("alice").await));
    drop(open);
    let closed = serve(&["--config", CONFIG], store);
    let before = closed.store.rows();
    let bob = closed.sign_up("bob").await;
    let expected = (400, "authentication_disallowed".to_owned());
    assert_eq!(bob.status_and_code(), expected);
    assert_eq!(closed.store.rows(), before);
    assert!(!is_new(&closed.sign_up("alice").await));
}
