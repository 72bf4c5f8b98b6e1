//! Reading a definition's text: what is unknown, and where it stands.

use super::file::File;
use super::known::the_nearest;

/// Reads a file; `Err` names the key, the line, and what is wrong there.
pub(super) fn read(text: &str) -> Result<File, (String, String)> {
    toml::from_str(text).map_err(|error| told(text, &error))
}

/// Reads a file that is a part of one: only its syntax is checked.
pub(super) fn read_table(text: &str) -> Result<toml::Table, (String, String)> {
    toml::from_str(text).map_err(|error| told(text, &error))
}

/// Checks what was put together; `text` is the part that may be at fault.
pub(super) fn check_whole(table: toml::Table, text: &str) -> Result<(), (String, String)> {
    let Err(error) = table.try_into::<File>() else {
        return Ok(());
    };
    let Some((key, nearest)) = unknown(error.message()) else {
        return Err(("file".to_owned(), error.message().to_owned()));
    };
    let at = text
        .lines()
        .position(|line| line.contains(&key))
        .map_or_else(String::new, |index| format!("line {}: ", index + 1));
    Err((key, format!("{at}unknown key{nearest}")))
}

fn told(text: &str, error: &toml::de::Error) -> (String, String) {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    match unknown(error.message()) {
        Some((key, nearest)) => {
            let section = before
                .lines()
                .rev()
                .map(|line| line.split('#').next().unwrap_or_default().trim())
                .find(|line| line.starts_with('['));
            let key = section.map_or_else(|| key.clone(), |section| format!("{section}.{key}"));
            (key, format!("line {line}: unknown key{nearest}"))
        }
        None => (
            "file".to_owned(),
            format!("line {line}: {}", error.message()),
        ),
    }
}

/// The key that a message complains of, and the nearest of those that it
/// offers; `None` when it is about something else.
fn unknown(message: &str) -> Option<(String, String)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, offered) = rest.split_once('`')?;
    let known = offered.split('`').skip(1).step_by(2);
    Some((key.to_owned(), the_nearest(key, known)))
}
