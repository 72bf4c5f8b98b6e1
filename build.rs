//! Rebuilds when a file changes that is compiled in.

fn main() {
    for folder in ["providers", "migrations"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
