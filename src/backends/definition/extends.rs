//! Files that are changed copies of others: `extends`.

use super::DefinitionError;
use super::read::{check_whole, read_table};

/// The files, those with `extends` put together with what they extend.
///
/// A file of the name that it extends means the one that it replaces, which
/// stands before it. What cannot be put together is told and left out.
pub(crate) fn extended(
    files: &[(String, String)],
    mut tell: impl FnMut(DefinitionError),
) -> Vec<(String, String)> {
    let whole = |index: usize, file: &str, text: &str| -> Result<String, (String, String)> {
        if !text.contains("extends") {
            return Ok(text.to_owned());
        }
        let own = read_table(text)?;
        if !own.contains_key("extends") {
            return Ok(text.to_owned());
        }
        let table = put_together(files, index, &mut vec![])?;
        check_whole(table.clone(), text)?;
        toml::to_string(&table)
            .map_err(|_odd| ("extends".to_owned(), format!("`{file}` has no whole text")))
    };
    let mut out = Vec::new();
    for (index, (file, text)) in files.iter().enumerate() {
        match whole(index, file, text) {
            Ok(text) => out.push((file.clone(), text)),
            Err((key, reason)) => tell(DefinitionError {
                file: file.clone(),
                key,
                reason,
            }),
        }
    }
    out
}

/// A file's table over that of the file that it extends.
fn put_together(
    files: &[(String, String)],
    index: usize,
    seen: &mut Vec<usize>,
) -> Result<toml::Table, (String, String)> {
    let refuse = |reason: String| ("extends".to_owned(), reason);
    if seen.contains(&index) {
        return Err(refuse("a file cannot extend itself".to_owned()));
    }
    seen.push(index);
    let (file, text) = files
        .get(index)
        .ok_or_else(|| refuse("there is no such file".to_owned()))?;
    let own = read_table(text)?;
    let Some(wanted) = own.get("extends") else {
        return Ok(own);
    };
    let wanted = wanted
        .as_str()
        .ok_or_else(|| refuse("expected a definition's name".to_owned()))?;
    let replaces = stem(file) == wanted;
    let base = files
        .iter()
        .enumerate()
        .rfind(|(at, (other, _))| stem(other) == wanted && (!replaces || *at < index))
        .map(|(at, _)| at)
        .ok_or_else(|| {
            let known = files.iter().map(|(other, _)| stem(other));
            let nearest = super::the_nearest(wanted, known);
            refuse(format!("no definition is called `{wanted}`{nearest}"))
        })?;
    let mut table = put_together(files, base, seen)?;
    // What stands for the other file alone.
    for key in ["aliases", "extends"] {
        table.remove(key);
    }
    merge(&mut table, own);
    table.remove("extends");
    Ok(table)
}

/// Tables key by key; all else replaces.
fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn stem(file: &str) -> &str {
    file.strip_suffix(".toml").unwrap_or(file)
}
