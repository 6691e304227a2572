//! Trees booted by `mainstay try`: a trial that a test holds, reads and signals.
#![forbid(unsafe_code)]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long anything that a test waits for may take.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A user without rights, to whom no ids are set aside.
pub const PLAIN_USER: u32 = 64_123;

/// A directory that goes with its test.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new one that every user may enter.
    pub fn new() -> Scratch {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("try-{}-{count}", std::process::id()));
        fs::create_dir(&path).expect("a new directory");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("its mode");
        Scratch(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes an executable file below it, with the directories on the way.
    pub fn script(&self, name: &str, text: &str) -> &Scratch {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a name below")).expect("directories");
        fs::write(&path, text).expect("a new file");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("its mode");
        self
    }

    /// A copy of the binary under test that every user may execute.
    pub fn binary(&self) -> PathBuf {
        let copy = self.0.join("mainstay-under-test");
        // By another process: one that a parallel test forks off this one would hold the
        // copy open for writing, and it could not be executed.
        let done = Command::new("cp")
            .arg(harness::mainstay())
            .arg(&copy)
            .status();
        assert!(done.expect("cp starts").success(), "a copy of the binary");
        copy
    }
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a trial has written so far.
#[derive(Debug, Default)]
struct Written {
    lines: Vec<String>,
    streams: usize,
}

/// A trial that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Trial {
    child: Child,
    stdin: Option<ChildStdin>,
    written: Arc<(Mutex<Written>, Condvar)>,
}

impl Trial {
    /// `mainstay try` with these words.
    pub fn begin<W: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = W>) -> Trial {
        let mut command = Command::new(harness::mainstay());
        command.arg("try").args(words);
        Trial::of(command)
    }

    /// The same by a user without rights.
    pub fn begin_as_plain_user<W: AsRef<std::ffi::OsStr>>(
        binary: &Path,
        words: impl IntoIterator<Item = W>,
    ) -> Trial {
        let mut command = Command::new(binary);
        command.arg("try").args(words);
        if kernel::credentials::user() == 0 {
            command.uid(PLAIN_USER).gid(PLAIN_USER);
        }
        Trial::of(command)
    }

    /// Whatever `command` does.
    pub fn of(mut command: Command) -> Trial {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary under test starts");
        let written: Arc<(Mutex<Written>, Condvar)> = Arc::default();
        written.0.lock().expect("unpoisoned").streams = 2;
        read(child.stdout.take().expect("piped"), &written);
        read(child.stderr.take().expect("piped"), &written);
        Trial {
            stdin: child.stdin.take(),
            child,
            written,
        }
    }

    /// The pid of the process outside.
    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// The pid, as seen here, of the process 1 inside, once there is one.
    pub fn inner_pid(&self) -> i32 {
        let file = format!("/proc/{0}/task/{0}/children", self.pid());
        eventually("a process inside", || {
            let children = fs::read_to_string(&file).ok()?;
            children.split_whitespace().find_map(|pid| {
                let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
                // Its pid here, and its pid inside: 1. The other child carries output.
                let pids = status
                    .lines()
                    .find_map(|line| line.strip_prefix("NSpid:"))?;
                (pids.split_whitespace().last()? == "1").then(|| pid.parse().ok())?
            })
        })
    }

    /// Signals the process outside.
    pub fn signal(&self, signal: i32) {
        kernel::signal::send(self.pid(), signal).expect("the trial runs");
    }

    /// Writes to the trial's standard input.
    pub fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("open");
        stdin.write_all(text.as_bytes()).expect("somebody reads");
    }

    /// Waits for the `count`-th line that holds `part` and gives it.
    pub fn await_lines(&self, part: &str, count: usize) -> String {
        let (lock, changed) = &*self.written;
        let deadline = Instant::now() + LIMIT;
        let mut written = lock.lock().expect("unpoisoned");
        loop {
            let found = written.lines.iter().filter(|line| line.contains(part));
            if let Some(line) = found.take(count).nth(count - 1) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && written.streams > 0,
                "no line {count} with {part:?} in:\n{}",
                written.lines.join("\n")
            );
            written = changed.wait_timeout(written, left).expect("unpoisoned").0;
        }
    }

    /// Waits for the first line that holds `part` and gives it.
    pub fn await_line(&self, part: &str) -> String {
        self.await_lines(part, 1)
    }

    /// Waits for a line that holds `part`, or for the end; says whether it was the end.
    pub fn ends_before(&mut self, part: &str) -> bool {
        eventually("a line or the end", || {
            let written = self.written.0.lock().expect("unpoisoned");
            if written.lines.iter().any(|line| line.contains(part)) {
                return Some(false);
            }
            (written.streams == 0).then_some(true)
        })
    }

    /// Waits for the end; gives the exit code (128 + n for signal n) and all lines.
    pub fn end(mut self) -> (i32, Vec<String>) {
        drop(self.stdin.take());
        let status = eventually("the trial's end", || self.child.try_wait().expect("ours"));
        let (lock, changed) = &*self.written;
        let written = lock.lock().expect("unpoisoned");
        let (written, late) = changed
            .wait_timeout_while(written, LIMIT, |written| written.streams > 0)
            .expect("unpoisoned");
        assert!(
            !late.timed_out(),
            "somebody still holds the trial's streams"
        );
        let code = status
            .code()
            .unwrap_or_else(|| 128 + status.signal().expect("ended by a signal"));
        (code, written.lines.clone())
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stream: impl Read + Send + 'static, written: &Arc<(Mutex<Written>, Condvar)>) {
    let written = Arc::clone(written);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            written.0.lock().expect("unpoisoned").lines.push(line);
            written.1.notify_all();
        }
        written.0.lock().expect("unpoisoned").streams -= 1;
        written.1.notify_all();
    });
}

/// Asks again until there is an answer.
///
/// # Panics
/// When there is none within [`LIMIT`].
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
