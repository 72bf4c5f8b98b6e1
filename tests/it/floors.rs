//! The house's rules: who may use whom, and who may make what.

mod house;
mod paths;
mod planted;

use std::fs;
use std::path::Path;

use house::{Source, breaches};

#[test]
fn the_sources_keep_the_rules_of_the_house() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    read(&src, &src, &mut sources);
    assert!(sources.iter().any(|source| source.path == "lib.rs"));
    let found = breaches(&sources);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn read(src: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(src, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(src).unwrap();
            sources.push(Source {
                path: relative.to_str().unwrap().replace('\\', "/"),
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
}
