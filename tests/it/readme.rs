//! The README's session, run line by line on a fresh demo.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use regex_lite::Regex;

use crate::support::process::Process;

/// A command of the README and what it says the command prints.
struct Line {
    command: String,
    printed: String,
}

/// All ```` ```console ```` blocks, command by command.
fn session(readme: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            lines.push(Line {
                command: command.to_owned(),
                printed: String::new(),
            });
        } else if inside {
            lines.last_mut().unwrap().printed.push_str(line);
        }
    }
    lines
}

/// Ids, tokens and times are other ones each time.
fn masked(text: &str) -> String {
    let mut text = text.trim().to_owned();
    for (pattern, name) in [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
        (
            r#""access_token":"eyJ[^"]*""#,
            r#""access_token":"<token>""#,
        ),
        (r#""refresh_token":"[^"]*""#, r#""refresh_token":"<token>""#),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<time>"),
        (r#""auth_time":\d+"#, r#""auth_time":<time>"#),
    ] {
        let pattern = Regex::new(pattern).unwrap();
        text = pattern.replace_all(&text, name).into_owned();
    }
    text
}

/// Runs all commands in one shell, each answer behind a mark.
fn run(lines: &[Line], url: &str) -> Vec<String> {
    const MARK: &str = "=====";
    let mut script = String::new();
    for line in lines {
        let command = line.command.replace("http://127.0.0.1:8080", url);
        writeln!(script, "{command}\necho; echo {MARK}").unwrap();
    }
    let ran = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{printed}\n{complaints}");
    let mut answers: Vec<String> = printed.split(MARK).map(str::to_owned).collect();
    answers.pop();
    answers
}

fn demo() -> (Process, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_sociable"));
    let demo = Process::start(program, &["demo", "--listen", "127.0.0.1:0"], &[]);
    let line = demo.wait_for_line(
        |line| line.starts_with("listening on "),
        Duration::from_mins(1),
    );
    let url = line.trim_start_matches("listening on ").to_owned();
    (demo, url)
}

#[test]
fn the_readme_prints_what_a_fresh_demo_answers() {
    let readme = include_str!("../../README.md");
    let lines = session(readme);
    assert!(lines.len() >= 8, "the README shows the whole session");
    let (_demo, url) = demo();
    for (line, answer) in lines.iter().zip(run(&lines, &url)) {
        assert_eq!(masked(&answer), masked(&line.printed), "{}", line.command);
    }
}

#[test]
fn the_commands_that_the_demo_prints_work() {
    let (demo, url) = demo();
    demo.wait_for_line(|line| line == "Ctrl-C ends it.", Duration::from_mins(1));
    let all = demo.lines().join("\n");
    let (_, commands) = all.split_once("# a new user").unwrap();
    let (commands, _) = commands.split_once("Ctrl-C").unwrap();
    let script = Line {
        command: format!("# a new user{commands}"),
        printed: String::new(),
    };
    let printed = run(&[script], &url).concat();
    for expected in [
        r#""is_new":true"#,
        r#""is_new":false"#,
        r#""provider":"sandbox-oauth1","uid":"2002""#,
        r#""new_association":true,"social_auth":{"#,
        r#""code":"credential_rejected""#,
        r#""extra_data":{"#,
        r#""step":"mail_validation""#,
    ] {
        assert!(printed.contains(expected), "{expected} in\n{printed}");
    }
    let mail = "--- a mail to erin@example.com: the code is ";
    demo.wait_for_line(|line| line.starts_with(mail), Duration::from_mins(1));
}
