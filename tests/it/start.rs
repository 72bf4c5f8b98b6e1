//! What keeps the program from starting, in one line, and what does not.

mod refused;
mod starts;
mod surroundings;

use std::path::Path;
use std::time::Duration;

use crate::support::process::Process;

/// Generous: the machine has others to serve.
const SOON: Duration = Duration::from_mins(2);

/// A folder to start in, with the files of a case.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, args: &[&str], environment: &[(&str, &str)]) -> Process {
        let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
        Process::start_in(self.path(), program, args, environment)
    }

    /// The one line that it prints before it gives up.
    fn refusal(&self, args: &[&str], environment: &[(&str, &str)]) -> String {
        let mut process = self.run(args, environment);
        let (status, lines) = process.outcome(SOON);
        assert_eq!(
            status.code(),
            Some(1),
            "{args:?} {environment:?}: {lines:?}"
        );
        assert_eq!(lines.len(), 1, "{args:?} {environment:?}: {lines:?}");
        let line = lines[0].strip_prefix("sociable: ");
        line.unwrap_or_else(|| panic!("{lines:?}")).to_owned()
    }

    /// Serves; the process and where it listens.
    fn serve(&self, args: &[&str], environment: &[(&str, &str)]) -> (Process, String) {
        let args = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
        let process = self.run(&args, environment);
        let line = process.wait_for_line(|line| line.starts_with("listening on "), SOON);
        let url = line.trim_start_matches("listening on ").to_owned();
        (process, url)
    }
}
