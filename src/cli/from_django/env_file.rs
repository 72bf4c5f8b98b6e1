//! `--write-env`: the variables with their values, for the owner's eyes.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::app::StartError;

/// Writes a `.env` that nobody else can read; one that exists is left alone.
pub(super) fn write<'a>(
    path: &Path,
    variables: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), StartError> {
    let refuse = |error: std::io::Error| {
        let problem = error.kind();
        StartError::new(format!("--write-env {}: {problem}", path.display()))
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(refuse)?;
    for (name, value) in variables {
        writeln!(file, "{name}={}", quoted(value)).map_err(refuse)?;
    }
    Ok(())
}

/// A value as `.env` takes it: in single quotes nothing has a meaning.
fn quoted(value: &str) -> String {
    if !value.contains(['\'', '\n']) {
        return format!("'{value}'");
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\\' | '"' | '$' => {
                quoted.push('\\');
                quoted.push(c);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
