//! Calls of a container engine's client: bounded in time, and ended when we are asked to end.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kernel::signal::{self, SIGKILL, SIGTERM};

use super::signals::Signals;
use crate::say::say;

/// Longest that a client may take for a small question. A daemon that hangs is told of.
pub(crate) const SMALL: Duration = Duration::from_secs(60);

/// Most bytes kept of what a client prints.
const KEPT: usize = 4 << 20;

/// How long a client that was asked to end may take for it.
const GRACE: Duration = Duration::from_secs(3);

/// An engine's client.
pub(crate) struct Runtime<'a> {
    /// Its program and first words: `docker`, `docker compose`.
    pub(crate) program: Vec<OsString>,
    /// What may end a call.
    pub(crate) signals: &'a Signals,
    /// Whether each call is shown (DEBUG).
    pub(crate) shown: bool,
}

/// One call, being described.
pub(crate) struct Call {
    words: Vec<OsString>,
    limit: Option<Duration>,
    out: Stdio,
    err: Stdio,
    kept: (bool, bool),
    interactive: bool,
    finishes: bool,
}

/// How a call ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Its exit code; 128 + n after signal n.
    pub(crate) code: u8,
    /// What it wrote to its standard output, where that was kept.
    pub(crate) out: Vec<u8>,
    /// What it wrote to its standard error, where that was kept.
    pub(crate) err: Vec<u8>,
}

/// Why a call has no end of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// We were asked to end.
    Interrupted(i32),
    /// It took too long, or could not be started: in words.
    Failed(String),
}

impl Call {
    /// A call whose streams are kept.
    pub(crate) fn new<S: Into<OsString>>(words: impl IntoIterator<Item = S>) -> Call {
        Call {
            words: words.into_iter().map(Into::into).collect(),
            limit: Some(SMALL),
            out: Stdio::piped(),
            err: Stdio::piped(),
            kept: (true, true),
            interactive: false,
            finishes: false,
        }
    }

    /// With more words.
    pub(crate) fn words<S: Into<OsString>>(mut self, words: impl IntoIterator<Item = S>) -> Call {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// As long as it takes.
    pub(crate) fn unlimited(mut self) -> Call {
        self.limit = None;
        self
    }

    /// At most this long.
    pub(crate) fn within(mut self, limit: Duration) -> Call {
        self.limit = Some(limit);
        self
    }

    /// With its standard output elsewhere.
    pub(crate) fn out(mut self, out: impl Into<Stdio>) -> Call {
        self.out = out.into();
        self.kept.0 = false;
        self
    }

    /// With its standard error elsewhere.
    pub(crate) fn err(mut self, err: impl Into<Stdio>) -> Call {
        self.err = err.into();
        self.kept.1 = false;
        self
    }

    /// With both streams of ours.
    pub(crate) fn passed(self) -> Call {
        self.out(Stdio::inherit()).err(Stdio::inherit())
    }

    /// With the terminal, in the foreground: what is typed is its own.
    pub(crate) fn interactive(mut self) -> Call {
        self.interactive = true;
        self.passed().unlimited()
    }

    /// It makes something that has to be removed: who is asked to end lets it finish for a
    /// while.
    pub(crate) fn finishes(mut self) -> Call {
        self.finishes = true;
        self
    }
}

impl Ended {
    /// Whether it ended with 0.
    pub(crate) fn ok(&self) -> bool {
        self.code == 0
    }

    /// What it wrote to its standard output, without line ends around it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).trim().to_string()
    }

    /// What it wrote to its standard error, without line ends around it.
    pub(crate) fn words(&self) -> String {
        String::from_utf8_lossy(&self.err).trim().to_string()
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Broken::Interrupted(number) => write!(f, "ended by SIG{}", signal::name(*number)),
            Broken::Failed(why) => f.write_str(why),
        }
    }
}

impl Runtime<'_> {
    /// How people name it.
    pub(crate) fn name(&self) -> String {
        let words: Vec<_> = self.program.iter().map(|w| w.to_string_lossy()).collect();
        words.join(" ")
    }

    fn command(&self, words: &[OsString]) -> Command {
        let (program, first) = match self.program.split_first() {
            Some((program, first)) => (program.as_os_str(), first),
            None => (OsStr::new("docker"), &[][..]),
        };
        if self.shown {
            let all: Vec<_> = words.iter().map(|w| w.to_string_lossy()).collect();
            say!("+ {} {}", self.name(), all.join(" "));
        }
        let mut command = Command::new(program);
        command.args(first).args(words);
        command
    }

    /// Makes a call and waits for its end.
    ///
    /// # Errors
    /// It was not started, took too long, or we were asked to end.
    pub(crate) fn call(&self, call: Call) -> Result<Ended, Broken> {
        if let Some(number) = self.signals.came() {
            return Err(Broken::Interrupted(number));
        }
        let mut command = self.command(&call.words);
        command.stdout(call.out).stderr(call.err);
        if !call.interactive {
            // A ^C on the terminal is for us; we end the client, or let it finish.
            command.stdin(Stdio::null()).process_group(0);
        }
        let mut child = command.spawn().map_err(|error| self.not_started(&error))?;
        let out = child.stdout.take().filter(|_| call.kept.0).map(keep);
        let err = child.stderr.take().filter(|_| call.kept.1).map(keep);
        let result = self.wait(&mut child, call.limit, call.finishes, call.interactive);
        let read = |reader: Option<JoinHandle<Vec<u8>>>| {
            reader.and_then(|it| it.join().ok()).unwrap_or_default()
        };
        let (out, err) = (read(out), read(err));
        result.map(|code| Ended { code, out, err })
    }

    fn not_started(&self, error: &std::io::Error) -> Broken {
        Broken::Failed(format!("{}: {error}: is it installed?", self.name()))
    }

    fn wait(
        &self,
        child: &mut Child,
        limit: Option<Duration>,
        finishes: bool,
        interactive: bool,
    ) -> Result<u8, Broken> {
        let begun = Instant::now();
        let mut asked = None;
        loop {
            if let Some(code) = ended(child) {
                return match asked.or(self.signals.came()) {
                    // What it made is known now, and goes with the rest.
                    Some(number) if !finishes => Err(Broken::Interrupted(number)),
                    _ => Ok(code),
                };
            }
            if let (Some(number), None) = (self.signals.came(), asked) {
                asked = Some(number);
                // The terminal has told an interactive one already.
                if finishes || (interactive && number == signal::SIGINT) {
                    self.end_after(child, GRACE);
                } else {
                    self.end_after(child, Duration::ZERO);
                }
                if !finishes {
                    return Err(Broken::Interrupted(number));
                }
                continue;
            }
            let left = match limit {
                Some(limit) => limit.saturating_sub(begun.elapsed()),
                None => Duration::from_secs(1),
            };
            if left.is_zero() {
                self.end_after(child, Duration::ZERO);
                let words = format!(
                    "{} did not answer within {}",
                    self.name(),
                    seconds(begun.elapsed())
                );
                return Err(Broken::Failed(words));
            }
            // The end of a child that ended before this wait is a signal that waits too; a
            // second is for what nobody thought of.
            self.signals.wait(left.min(Duration::from_secs(1)));
        }
    }

    /// Ends a client: it gets `grace` to end by itself, then TERM, then KILL.
    fn end_after(&self, child: &mut Child, grace: Duration) {
        for (number, time) in [(0, grace), (SIGTERM, GRACE), (SIGKILL, GRACE)] {
            let group = i32::try_from(child.id()).unwrap_or(0);
            if number != 0 && signal::send_group(group, number).is_err() {
                let _ = signal::send(group, number);
            }
            let until = Instant::now() + time;
            while Instant::now() < until {
                if ended(child).is_some() {
                    if number != 0 {
                        // Whom it started and left may hold the pipes that we read.
                        let _ = signal::send_group(group, SIGKILL);
                    }
                    return;
                }
                self.signals.wait(Duration::from_millis(20));
            }
        }
    }

    /// Starts a client that goes on beside us, with both streams into a file.
    ///
    /// # Errors
    /// It could not be started.
    pub(crate) fn follow<S: Into<OsString>>(
        &self,
        words: impl IntoIterator<Item = S>,
        into: &File,
    ) -> Result<Follower, Broken> {
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        let mut command = self.command(&words);
        let failed = |error: std::io::Error| Broken::Failed(error.to_string());
        command
            .stdin(Stdio::null())
            .stdout(into.try_clone().map_err(failed)?)
            .stderr(into.try_clone().map_err(failed)?)
            .process_group(0);
        let child = command.spawn().map_err(|error| self.not_started(&error))?;
        Ok(Follower(child))
    }
}

/// A client that goes on beside us; it ends with this value.
pub(crate) struct Follower(Child);

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ended(child: &mut Child) -> Option<u8> {
    let status = child.try_wait().ok().flatten()?;
    let code = match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(number)) => 128_i32.saturating_add(number),
        (None, None) => 255,
    };
    Some(u8::try_from(code & 0xff).unwrap_or(255))
}

/// Reads to the end, and keeps the beginning.
fn keep(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let room = KEPT.saturating_sub(kept.len()).min(length);
            kept.extend_from_slice(buffer.get(..room).unwrap_or_default());
        }
        kept
    })
}

/// A span as people read it: `0.2 s`, `12.0 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
