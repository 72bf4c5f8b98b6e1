//! A server of `tests/real_parts`, as a process.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::process::Process;

/// Long enough for a machine that is busy with all other tests.
const SOON: Duration = Duration::from_mins(2);

/// A running server; it ends with this value, or with the test's process.
pub(crate) struct Part {
    process: Process,
    /// Where it can be reached, no slash at the end.
    pub(crate) url: String,
}

impl Part {
    /// Starts a script of Python.
    pub(super) fn python(script: &str, args: &[&str]) -> Self {
        let python = installed().join("venv/bin/python");
        let script = sources().join(script);
        Self::start(&python, &[&[path(&script)], args].concat())
    }

    /// Starts a script of node, which gets the folder of modules first.
    pub(super) fn node(script: &str, args: &[&str]) -> Self {
        let modules = installed().join("node/node_modules");
        let script = sources().join(script);
        Self::start(&node(), &[&[path(&script), path(&modules)], args].concat())
    }

    fn start(program: &Path, args: &[&str]) -> Self {
        let process = Process::start_held(program, args);
        let line = process.wait_for_line(|line| line.starts_with("ready "), SOON);
        let url = line.trim_start_matches("ready ").to_owned();
        Self { process, url }
    }

    /// Closes its input, as the end of the test's process does; whether it ended.
    pub(super) fn ends_with_its_input(mut self) -> bool {
        self.process.close_input();
        self.process.wait(SOON).is_some()
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_parts")
}

fn node() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("node"))
        .find(|node| node.is_file())
        .expect("node is not on the PATH: scripts/test installs it")
}

/// Where `scripts/real-parts` put them; the test fails when it did not.
fn installed() -> PathBuf {
    let folder = std::env::var_os("TEST_REAL_PARTS").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("real-parts"),
        PathBuf::from,
    );
    assert!(
        is_current(&folder),
        "the real parts are not in {}, or not of the versions of today: \
         scripts/test installs them, and so does scripts/real-parts alone",
        folder.display()
    );
    folder
}

fn is_current(folder: &Path) -> bool {
    let wanted = ["requirements.txt", "package-lock.json"]
        .map(|file| fs::read_to_string(sources().join(file)).unwrap());
    fs::read_to_string(folder.join("installed.txt")).is_ok_and(|found| found == wanted.concat())
}

mod tests {
    use super::*;

    #[test]
    fn every_part_ends_when_its_input_does() {
        for part in [
            Part::python("oauth1.py", &[]),
            Part::python("openid2.py", &[]),
            Part::python("smtp.py", &["plain"]),
            Part::python("hooks.py", &[crate::real_parts::hooks::SECRET]),
            Part::node("oidc.mjs", &[crate::real_parts::CALLBACK]),
        ] {
            let url = part.url.clone();
            assert!(part.ends_with_its_input(), "{url}");
        }
    }

    #[test]
    fn parts_that_are_not_there_or_older_are_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_current(folder.path()));
        let stamp = folder.path().join("installed.txt");
        fs::write(&stamp, "oauthlib==1.0.0\n").unwrap();
        assert!(!is_current(folder.path()));
        fs::copy(installed().join("installed.txt"), &stamp).unwrap();
        assert!(is_current(folder.path()));
    }
}
