//! The walk of `docs/providers.md`, from an empty file to a passing check and
//! through all mistakes: run as it stands there, and what is printed compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A fenced block: what stands behind the fence, and its lines.
struct Block<'t> {
    kind: &'t str,
    lines: Vec<&'t str>,
}

/// The blocks of the section, in their order.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let (_, section) = text.split_once("## From an empty file").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut blocks = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let lines = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { kind, lines });
        }
    }
    blocks
}

/// The author's folder, and a mistake that is to be undone.
struct Author {
    folder: tempfile::TempDir,
    right: Option<(PathBuf, String)>,
}

impl Author {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            right: None,
        }
    }

    fn write(&self, name: &str, lines: &[&str]) {
        let path = self.folder.path().join(name);
        fs::write(path, format!("{}\n", lines.join("\n"))).unwrap();
    }

    /// Puts the lines with a plus in the place of those with a minus.
    fn change(&mut self, lines: &[&str]) {
        let side = |mark: char| -> String {
            let lines = lines.iter().filter_map(|line| line.strip_prefix(mark));
            lines.flat_map(|line| ["\n", line]).collect()
        };
        let (right, wrong) = (format!("{}\n", side('-')), format!("{}\n", side('+')));
        let mut changed = 0;
        for name in ["example.toml", "example.json"] {
            let path = self.folder.path().join("my-providers").join(name);
            let text = fs::read_to_string(&path).unwrap();
            let found = text.matches(&right).count();
            changed += found;
            if found == 1 {
                fs::write(&path, text.replace(&right, &wrong)).unwrap();
                self.right = Some((path, text));
            }
        }
        assert_eq!(changed, 1, "{right}");
    }

    /// What a command prints, good or bad, and whether it was content.
    fn run(&self, command: &str) -> (bool, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
        let path = std::env::var_os("PATH").unwrap();
        let mut folders = vec![program.parent().unwrap().to_owned()];
        folders.extend(std::env::split_paths(&path));
        let ran = Command::new("bash")
            .args(["-c", &format!("exec 2>&1; {command}")])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::join_paths(folders).unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (ran.status.success(), String::from_utf8(ran.stdout).unwrap())
    }

    /// Runs a block; whether its last command was content.
    fn play(&mut self, lines: &[&str]) -> bool {
        let mut content = true;
        for (at, line) in lines.iter().enumerate() {
            let Some(command) = line.strip_prefix("$ ") else {
                continue;
            };
            let shown = lines[at + 1..].iter();
            let shown = shown.take_while(|line| !line.starts_with("$ "));
            let shown: String = shown.flat_map(|line| [*line, "\n"]).collect();
            let printed;
            (content, printed) = self.run(command);
            let before = self.right.as_ref().map(|(path, _)| path);
            assert_eq!(printed, shown, "{command}, {before:?} changed");
        }
        content
    }
}

#[test]
fn the_walk_for_authors_prints_what_it_says_and_every_mistake_is_told() {
    let text = include_str!("../../docs/providers.md");
    let mut author = Author::new();
    let mut passed = 0;
    let mut mistakes = 0;
    for Block { kind, lines } in blocks(text) {
        match kind.split_once(' ') {
            Some(("toml" | "json", name)) => author.write(name, &lines),
            None if kind == "diff" => author.change(&lines),
            None if kind == "console" => {
                let content = author.play(&lines);
                passed += usize::from(content);
                if let Some((path, text)) = author.right.take() {
                    assert!(!content, "a mistake is found: {lines:?}");
                    fs::write(path, text).unwrap();
                    mistakes += 1;
                }
            }
            _ => panic!("the walk has no use for a block of `{kind}`"),
        }
    }
    assert_eq!(passed, 1, "the whole definition passes, and nothing else");
    assert!(mistakes >= 19, "each kind of mistake is shown");
}
