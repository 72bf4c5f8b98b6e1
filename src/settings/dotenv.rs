//! Reads `.env` with the line of each variable, and sets nothing.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use super::SettingError;
use super::place::Place;

/// How the file is called, in its folder and in messages.
pub(super) const FILE_NAME: &str = ".env";

/// A variable of the file: name, value, the line on which it stands.
pub(super) type Line = (String, String, usize);

/// Hands out one line a read and counts, since the parser tells no lines.
struct CountedLines<'a> {
    left: &'a [u8],
    lines: Rc<Cell<usize>>,
}

impl Read for CountedLines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = self.left.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(self.left.len(), |at| at + 1).min(buffer.len());
        let (line, rest) = self.left.split_at(length);
        let Some(space) = buffer.get_mut(..length) else {
            return Ok(0);
        };
        space.copy_from_slice(line);
        self.left = rest;
        if line.ends_with(b"\n") || (rest.is_empty() && !line.is_empty()) {
            self.lines.set(self.lines.get() + 1);
        }
        Ok(length)
    }
}

/// All variables of the file, in its order.
pub(super) fn variables(text: &str) -> Result<Vec<Line>, SettingError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = Rc::new(Cell::new(0));
    let source = CountedLines {
        left: text.as_bytes(),
        lines: Rc::clone(&lines),
    };
    let mut found = Vec::new();
    let mut before = 0;
    for variable in dotenvy::Iter::new(source) {
        let after = lines.get();
        // The error's text holds the line, and that may hold a secret.
        let Ok((name, value)) = variable else {
            let place = Place::Line(FILE_NAME.to_owned(), after);
            return Err(SettingError::of_source(
                place,
                "expected NAME=value; put single quotes around a value that holds spaces, `#` or `$`",
            ));
        };
        let line = first_line(text, &name, (before, after));
        found.push((name, value, line));
        before = after;
    }
    Ok(found)
}

/// The line that opens the variable: a value in quotes may go on for several.
fn first_line(text: &str, name: &str, (before, after): (usize, usize)) -> usize {
    let opens = |line: &&str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.starts_with(name)
    };
    let mut lines = text.lines().skip(before).take(after.saturating_sub(before));
    lines
        .position(|line| opens(&line))
        .map_or(after, |at| before + at + 1)
}
