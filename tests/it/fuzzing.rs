//! The fuzz targets: none stands there that cannot be run or is not told of.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The names in a folder, without what follows a dot.
fn stems(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| stem(entry.unwrap().path())).collect()
}

#[test]
fn every_fuzz_target_is_built_has_a_corpus_and_stands_in_the_documentation() {
    let targets = stems(&fuzz().join("fuzz_targets"));
    let named = [
        "jwks",
        "jwt",
        "oauth1_base_string",
        "openid_form",
        "redirect_uri",
    ];
    assert_eq!(targets, named.map(str::to_owned).into());
    assert_eq!(stems(&fuzz().join("corpus")), targets);

    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let programs: BTreeSet<(&str, &str)> = manifest["bin"]
        .as_array()
        .unwrap()
        .iter()
        .map(|program| (program["name"].as_str(), program["path"].as_str()))
        .map(|(name, path)| (name.unwrap(), path.unwrap()))
        .collect();
    let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/testing.md");
    let documentation = fs::read_to_string(documentation).unwrap();
    for target in &targets {
        let path = format!("fuzz_targets/{target}.rs");
        assert!(programs.contains(&(target, &path)), "{target} is not built");
        let row = documentation
            .lines()
            .find(|line| line.starts_with(&format!("| `{target}` |")));
        assert!(row.is_some(), "docs/testing.md does not tell of {target}");
    }
    assert_eq!(programs.len(), targets.len());
}

#[test]
fn a_fuzz_corpus_is_small_and_holds_inputs() {
    for target in stems(&fuzz().join("fuzz_targets")) {
        let mut lengths = Vec::new();
        for input in fs::read_dir(fuzz().join("corpus").join(&target)).unwrap() {
            lengths.push(input.unwrap().metadata().unwrap().len());
        }
        assert!(
            (3..=200).contains(&lengths.len()),
            "{target}: {} inputs",
            lengths.len()
        );
        assert!(
            lengths.iter().all(|length| *length <= 4096),
            "{target}: {lengths:?}"
        );
    }
}
