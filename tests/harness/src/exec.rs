//! Programs executed inside a container or beside a tree, and what came of them.

use crate::boxed::{Boxed, Streams};
use crate::orders::Enter;
use crate::sys;
use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::thread;
use std::time::Duration;

/// How a program ended and what it wrote.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// When it ended, on the monotonic clock.
    pub ended: Duration,
}

impl Output {
    /// Standard output as text, without the newline at its end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout)
            .trim_end_matches('\n')
            .into()
    }

    /// Standard error as text, without the newline at its end.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr)
            .trim_end_matches('\n')
            .into()
    }

    /// The exit code, or 128 + n after signal n.
    pub fn code(&self) -> i32 {
        let signal = self.status.signal().map(|signal| 128 + signal);
        self.status.code().or(signal).unwrap_or(-1)
    }

    /// The same when the program ended with 0.
    ///
    /// # Panics
    /// When it did not, with everything it wrote.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(self.status.success(), "{self}");
        self
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (out, error) = (self.text(), self.error_text());
        write!(f, "{}\nstdout: {out}\nstderr: {error}", self.status)
    }
}

/// A program to be executed inside a running container, as by `docker exec`.
pub struct Exec {
    order: Enter,
    input: Vec<u8>,
    limit: Duration,
}

impl Exec {
    pub(crate) fn new(order: Enter) -> Self {
        Self {
            order,
            input: Vec::new(),
            limit: crate::patience(crate::PATIENCE),
        }
    }

    /// Adds a variable to the environment, in front of one of the same name.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut entry = std::ffi::OsString::from(format!("{name}="));
        entry.push(value);
        self.order.program.environment.insert(0, entry);
        self
    }

    /// Runs as this user and group, without further groups.
    pub fn user(mut self, uid: u32, gid: u32) -> Self {
        self.order.program.user = Some((uid, gid, Vec::new()));
        self
    }

    /// Starts in this directory.
    pub fn directory(mut self, path: &str) -> Self {
        self.order.program.directory = path.into();
        self
    }

    /// Gives it these bytes as standard input.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Leaves it out of the container's pid namespace: it shares files and network, but no signal
    /// to all reaches it, and it may outlive the container, as a client elsewhere does.
    pub fn outside_its_processes(mut self) -> Self {
        self.order.namespaces.retain(|name| name != "pid");
        self
    }

    /// How long it may take; 20 s otherwise.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = crate::patience(limit);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be executed or takes too long.
    #[track_caller]
    pub fn run(self) -> Output {
        run(&self.order, &self.input, self.limit)
    }

    /// Starts it and goes on; the answer is at [`Running::wait`].
    pub fn spawn(self) -> Running {
        Running {
            thread: thread::spawn(move || self.run()),
        }
    }
}

/// A program that runs inside a container while the test goes on.
pub struct Running {
    thread: thread::JoinHandle<Output>,
}

impl Running {
    /// Whether it has ended.
    pub fn ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// As [`Exec::run`].
    #[track_caller]
    pub fn wait(self) -> Output {
        match self.thread.join() {
            Ok(output) => output,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

#[track_caller]
pub(crate) fn run(order: &Enter, input: &[u8], limit: Duration) -> Output {
    let pipe = || sys::pipe().expect("a pipe");
    let ((stdin, mut feed), (mut out, stdout), (mut err, stderr)) = {
        let ((a, b), (c, d), (e, f)) = (pipe(), pipe(), pipe());
        ((a, File::from(b)), (File::from(c), d), (File::from(e), f))
    };
    let streams = Streams {
        input: stdin.into(),
        output: stdout.into(),
        error: stderr.into(),
    };
    let mut boxed = Boxed::start("enter", &order.encode(), streams);
    let input = input.to_vec();
    // A program that does not read its input is no failure of the test.
    let feeder = thread::spawn(move || drop(feed.write_all(&input)));
    let collect = |from: &mut File| {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes)
            .expect("read a program's output");
        bytes
    };
    let words = order.program.arguments.join(OsStr::new(" "));
    let (message, stdout, stderr) = thread::scope(|scope| {
        let out = scope.spawn(|| collect(&mut out));
        let err = scope.spawn(|| collect(&mut err));
        let message = boxed.next(limit);
        if message.is_none() {
            boxed.kill();
        }
        let read = |thread: thread::ScopedJoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
        (message, read(out), read(err))
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Some((message, _)) = message else {
        panic!(
            "`{}` took longer than {limit:?}\nstdout: {}\nstderr: {}",
            words.display(),
            text(&stdout),
            text(&stderr)
        );
    };
    let _ = feeder.join();
    let numbers = message.strip_prefix("ended ").and_then(|rest| {
        let (status, time) = rest.split_once(' ')?;
        Some((status.parse().ok()?, time.parse().ok()?))
    });
    let Some((status, time)) = numbers else {
        panic!("cannot run `{}`: {message}", words.display());
    };
    Output {
        status: ExitStatus::from_raw(status),
        stdout,
        stderr,
        ended: Duration::from_nanos(time),
    }
}
