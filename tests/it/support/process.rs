//! The program as a process of its own, to be watched and killed.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A running program; killed when this value is dropped.
pub(crate) struct Process {
    child: Child,
    output: Arc<Output>,
}

/// The lines of both streams, in the order they came.
#[derive(Default)]
struct Output {
    lines: Mutex<Lines>,
    more: Condvar,
}

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    ended: u8,
}

impl Process {
    /// Starts the program with these arguments and no environment but this.
    pub(crate) fn start(program: &Path, args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_in(Path::new("."), program, args, environment)
    }

    /// Starts it in a folder.
    pub(crate) fn start_in(
        folder: &Path,
        program: &Path,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .args(args)
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::null());
        Self::spawn(program, &mut command)
    }

    /// Starts it with an input that stays open as long as this value, and this
    /// process: a program that ends with its input outlives neither.
    pub(crate) fn start_held(program: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(args).env_clear().stdin(Stdio::piped());
        Self::spawn(program, &mut command)
    }

    fn spawn(program: &Path, command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let output = Arc::new(Output::default());
        collect(child.stdout.take().unwrap(), &output);
        collect(child.stderr.take().unwrap(), &output);
        Self { child, output }
    }

    /// Waits for a line that the predicate accepts, also one printed before.
    ///
    /// The test fails with all output when it does not come in time, or both
    /// streams end without it.
    pub(crate) fn wait_for_line(&self, wanted: impl Fn(&str) -> bool, timeout: Duration) -> String {
        let deadline = Instant::now() + timeout;
        let mut held = self.output.lines.lock().unwrap();
        loop {
            if let Some(line) = held.lines.iter().find(|line| wanted(line)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || held.ended == 2 {
                let printed = held.lines.join("\n");
                drop(held);
                panic!("the line did not come; the process printed:\n{printed}");
            }
            held = self.output.more.wait_timeout(held, left).unwrap().0;
        }
    }

    /// All lines so far, of both streams.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.output.lines.lock().unwrap().lines.clone()
    }

    /// Waits for its end and for the last line of both streams.
    ///
    /// The test fails when it still runs after the timeout.
    pub(crate) fn outcome(&mut self, timeout: Duration) -> (ExitStatus, Vec<String>) {
        let Some(status) = self.wait(timeout) else {
            panic!("it still runs; it printed:\n{}", self.lines().join("\n"));
        };
        let deadline = Instant::now() + timeout;
        let mut held = self.output.lines.lock().unwrap();
        while held.ended < 2 {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "its streams did not end");
            held = self.output.more.wait_timeout(held, left).unwrap().0;
        }
        (status, held.lines.clone())
    }

    /// Kills it at once, as a power cut would, and waits until it is gone.
    pub(crate) fn kill9(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Closes the input of a process that was started with one.
    pub(crate) fn close_input(&mut self) {
        drop(self.child.stdin.take().unwrap());
    }

    /// Asks it to end (SIGTERM) and does not wait.
    pub(crate) fn terminate(&self) {
        let status = Command::new("/bin/sh")
            .args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success(), "the process is gone already");
    }

    /// Waits for its end; `None` when it still runs after the timeout.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            let status = self.child.try_wait().unwrap();
            if status.is_some() || Instant::now() >= deadline {
                return status;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn collect(stream: impl Read + Send + 'static, output: &Arc<Output>) {
    let output = Arc::clone(output);
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { break };
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            output.lines.lock().unwrap().lines.push(line);
            output.more.notify_all();
        }
        output.lines.lock().unwrap().ended += 1;
        output.more.notify_all();
    });
}

mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::Process;

    const SOON: Duration = Duration::from_mins(1);

    fn shell(script: &str, environment: &[(&str, &str)]) -> Process {
        Process::start(Path::new("/bin/sh"), &["-c", script], environment)
    }

    #[test]
    fn lines_of_both_streams_are_waited_for() {
        let process = shell(
            "echo one; sleep 0.2; echo two $A >&2; exec sleep 60",
            &[("A", "b")],
        );
        let line = process.wait_for_line(|line| line.starts_with("two"), SOON);
        assert_eq!(line, "two b");
        assert_eq!(process.wait_for_line(|line| line == "one", SOON), "one");
        assert_eq!(process.lines(), ["one", "two b"]);
    }

    #[test]
    fn nothing_of_the_tests_own_environment_is_inherited() {
        let mut process = shell("echo \"[$HOME$CARGO_MANIFEST_DIR]\"", &[]);
        assert!(process.wait(SOON).unwrap().success());
        assert_eq!(process.wait_for_line(|_| true, SOON), "[]");
    }

    #[test]
    #[should_panic(expected = "the process printed:\nsomething else")]
    fn a_line_that_does_not_come_fails_with_what_was_printed() {
        let process = shell("echo something else", &[]);
        process.wait_for_line(|line| line == "wanted", SOON);
    }

    #[test]
    fn a_process_is_killed_asked_to_end_or_dropped() {
        let mut killed = shell("trap '' TERM; echo ready; while :; do sleep 0.1; done", &[]);
        killed.wait_for_line(|line| line == "ready", SOON);
        killed.terminate();
        assert!(killed.wait(Duration::from_millis(300)).is_none());
        killed.kill9();
        assert!(!killed.wait(SOON).unwrap().success());

        let mut asked = shell(
            "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done",
            &[],
        );
        asked.wait_for_line(|line| line == "ready", SOON);
        asked.terminate();
        assert_eq!(asked.wait(SOON).unwrap().code(), Some(7));

        let dropped = shell("exec sleep 600", &[]);
        let folder = format!("/proc/{}", dropped.child.id());
        let listed = Path::new(&folder).exists();
        drop(dropped);
        assert!(!(listed && Path::new(&folder).exists()));
    }
}
