//! One supervised service as other programs see it: its directory's `supervise/` and
//! `event/` (s6-supervise(8), s6's fifodirs), and what its process is given.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::{Change, End, State, UnitState};
use kernel::process::{self, ExecVector};
use kernel::{clock, errno, fd, fs};
use layouts::overlay2;
use s6wire::death_tally::Death;
use s6wire::event::Event;
use s6wire::{Ending, Status, Tai64n};

use crate::child::{Inheritance, null_input};

/// Where a logger's input comes from. Both ends are kept, so that neither side's
/// restart loses a byte.
pub(crate) struct Pipe {
    pub(crate) read: OwnedFd,
    /// None once no more input will come.
    pub(crate) write: Option<OwnedFd>,
}

/// A service's files and descriptors.
pub(crate) struct Service {
    pub(crate) definition: overlay2::Service,
    /// Its control fifo, read here. None where it could not be made: the service runs
    /// all the same.
    pub(crate) control: Option<OwnedFd>,
    /// The read end of its notification pipe, while it may still write to it.
    pub(crate) notification: Option<OwnedFd>,
    /// For a logger: its input.
    pub(crate) input: Option<Pipe>,
    /// The last reason why its program could not be executed, so that a line is
    /// written once and not at every try.
    pub(crate) refusal: String,
    changed: Tai64n,
    ready: Tai64n,
    deaths: Vec<Death>,
}

/// Modes of s6-supervise's own: everybody may listen in `event/`, only the owner may
/// remove what others made there, and its group owns what is made.
/// The wait status of a service that has not ended yet (s6-supervise 2.11 writes 0).
const NEVER_ENDED: u16 = 0;

const SUPERVISE_MODE: u32 = 0o700;
const CONTROL_MODE: u32 = 0o600;

fn now() -> Tai64n {
    Tai64n::from_wall(clock::wall())
}

impl Service {
    /// Makes `supervise/` and `event/` in the service's directory and opens its control
    /// fifo. What could not be made is named in the answer; the service goes on without.
    pub(crate) fn open(definition: overlay2::Service) -> (Service, Option<String>) {
        let (control, refusal) = match open_control(&definition.dir) {
            Ok(control) => (Some(control), None),
            Err((path, error)) => (
                None,
                Some(format!(
                    "{}: {}; the service runs, but cannot be controlled from outside",
                    kernel::escape(path.as_os_str().as_encoded_bytes()),
                    errno::text(&error)
                )),
            ),
        };
        let service = Service {
            definition,
            control,
            notification: None,
            input: None,
            refusal: String::new(),
            changed: now(),
            ready: now(),
            deaths: Vec::new(),
        };
        (service, refusal)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.definition.dir.join(name)
    }

    /// Records a change: the status bytes, the death tally, and the letter to whoever
    /// listens.
    pub(crate) fn announce(&mut self, unit: &UnitState, change: Change) {
        match change {
            Change::Up => self.changed = now(),
            Change::Down => {
                self.changed = now();
                self.record_death(unit);
            }
            Change::Ready | Change::Finished | Change::Permanent => self.ready = now(),
            Change::Gone | Change::Silent => {}
        }
        self.write_status(unit);
        if let Some(letter) = letter(change) {
            self.notify(letter);
        }
    }

    fn record_death(&mut self, unit: &UnitState) {
        let Some(end) = unit.last_end() else {
            return;
        };
        let most = self.definition.max_death_tally as usize;
        if most == 0 {
            return;
        }
        if self.deaths.len() >= most {
            self.deaths.remove(0);
        }
        self.deaths.push(Death {
            stamp: now(),
            ending: ending(end),
        });
        let bytes = s6wire::death_tally::encode(&self.deaths);
        let _ = replace(&self.path("supervise/death_tally"), &bytes);
    }

    /// Writes `supervise/status`.
    fn write_status(&self, unit: &UnitState) {
        let _ = replace(&self.path("supervise/status"), &self.status(unit).encode());
    }

    fn status(&self, unit: &UnitState) -> Status {
        let finishing = unit.state() == State::Finishing;
        let ready = match unit.state() {
            State::Ready => true,
            State::Down | State::Waiting | State::BackingOff | State::Failed => true,
            State::Starting | State::Up | State::Finishing | State::Stopping => false,
        };
        Status {
            stamp: self.changed,
            ready_stamp: self.ready,
            pid: unit.pid().map_or(0, |pid| pid.0),
            wstat: unit
                .last_end()
                .map_or(NEVER_ENDED, |end| ending(end).to_wait_status()),
            paused: unit.paused(),
            finishing,
            want_up: unit.wanted(),
            ready,
        }
    }

    /// Says that supervision has begun.
    pub(crate) fn announce_begin(&self, unit: &UnitState) {
        self.write_status(unit);
        self.notify(Event::Begun.letter());
    }

    /// Writes `letter` to every fifo that somebody listens on in `event/`; removes
    /// those whose listener is gone.
    fn notify(&self, letter: u8) {
        let Ok(entries) = std::fs::read_dir(self.path("event")) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if !s6wire::event::is_fifo_name(name.as_encoded_bytes()) {
                continue;
            }
            match fs::open_fifo_writer(&entry.path()) {
                Ok(listener) => {
                    let _ = fd::write(listener.as_raw_fd(), &[letter]);
                }
                Err(error) if errno::is(&error, errno::ENXIO) => {
                    let _ = std::fs::remove_file(entry.path());
                }
                Err(_) => {}
            }
        }
    }

    /// Starts `run`. `output`: where its standard output goes, if not PID 1's own;
    /// `refusals`: where a child writes why it could not execute.
    ///
    /// # Errors
    /// As fork(2) and pipe(2).
    pub(crate) fn start(
        &mut self,
        inheritance: &Inheritance,
        env: &ExecVector,
        output: Option<RawFd>,
        refusals: RawFd,
    ) -> io::Result<i32> {
        let notification = match self.definition.notification_fd {
            None => None,
            Some(number) => Some((number as RawFd, fd::pipe()?)),
        };
        let input = self.input.as_ref().map(|pipe| pipe.read.as_raw_fd());
        let dir = &self.definition.dir;
        let own_session = self.definition.own_session;
        let pid = inheritance.fork(|| {
            lead(own_session);
            if let Err(error) = std::env::set_current_dir(dir) {
                return refuse(refusals, dir, &error);
            }
            connect(input, output);
            if let Some((number, (_, write))) = &notification {
                let _ = fd::copy(write.as_raw_fd(), *number);
            }
            let error = process::execve(b"./run", &words(&[b"./run"]), env);
            refuse(refusals, &dir.join("run"), &error)
        })?;
        self.notification = notification.map(|(_, (read, _))| read);
        if let Some(read) = &self.notification {
            fd::set_nonblocking(read.as_raw_fd(), true)?;
        }
        Ok(pid)
    }

    /// Starts `finish` after this end, with its four arguments: exit code or 256, the
    /// signal or 0, the service's name, the process group of what ended.
    ///
    /// # Errors
    /// As fork(2).
    pub(crate) fn start_finish(
        &self,
        inheritance: &Inheritance,
        env: &ExecVector,
        output: Option<RawFd>,
        end: End,
        group: i32,
        refusals: RawFd,
    ) -> io::Result<i32> {
        let (code, signal) = match end {
            End::Exited(code) => (u16::from(code), 0),
            End::Killed(signal) => (256, signal),
        };
        let arguments = [
            b"./finish".to_vec(),
            code.to_string().into_bytes(),
            signal.to_string().into_bytes(),
            self.definition.unit.name.clone().into_bytes(),
            group.to_string().into_bytes(),
        ];
        let input = self.input.as_ref().map(|pipe| pipe.read.as_raw_fd());
        let dir = &self.definition.dir;
        let own_session = self.definition.own_session;
        inheritance.fork(|| {
            lead(own_session);
            if let Err(error) = std::env::set_current_dir(dir) {
                return refuse(refusals, dir, &error);
            }
            connect(input, output);
            let error = process::execve(b"./finish", &words(&arguments), env);
            refuse(refusals, &dir.join("finish"), &error)
        })
    }

    /// Reads what the service wrote to its notification descriptor: whether a newline
    /// came, and whether the descriptor is done with.
    pub(crate) fn read_notification(&mut self) -> (bool, bool) {
        let Some(read) = &self.notification else {
            return (false, true);
        };
        let mut buffer = [0u8; 512];
        match fd::read(read.as_raw_fd(), &mut buffer) {
            Ok(0) => (false, true),
            Ok(count) => {
                let ready = buffer[..count].contains(&b'\n');
                (ready, ready)
            }
            Err(error) if errno::is(&error, errno::EAGAIN) => (false, false),
            Err(_) => (false, true),
        }
    }

    /// Marks the service as one that starts with the container, or not (`down`).
    pub(crate) fn set_normally_up(&self, up: bool) {
        let path = self.path("down");
        let _ = if up {
            std::fs::remove_file(path)
        } else {
            std::fs::File::create(path).map(drop)
        };
    }
}

/// The letter by which a change is known to listeners.
fn letter(change: Change) -> Option<u8> {
    let event = match change {
        Change::Up => Event::Up,
        Change::Ready => Event::Ready,
        Change::Down => Event::Down,
        Change::Finished => Event::ReallyDown,
        Change::Permanent => Event::PermanentFailure,
        Change::Gone => Event::Left,
        Change::Silent => return None,
    };
    Some(event.letter())
}

/// An end as s6's files have it.
fn ending(end: End) -> Ending {
    match end {
        End::Exited(code) => Ending::Exited(code),
        End::Killed(signal) => Ending::Killed(signal),
    }
}

fn words<W: AsRef<[u8]>>(words: &[W]) -> ExecVector {
    ExecVector::new(words).unwrap_or_else(|_| ExecVector::empty())
}

/// In the child: a session of its own, or, where `nosetsid` lies, at least a group.
fn lead(own_session: bool) {
    let _ = if own_session {
        process::new_session().map(drop)
    } else {
        process::set_group(0, 0)
    };
}

/// In the child: standard input and output.
fn connect(input: Option<RawFd>, output: Option<RawFd>) {
    match input {
        Some(input) => {
            let _ = fd::copy(input, 0);
        }
        None => null_input(),
    }
    if let Some(output) = output {
        let _ = fd::copy(output, 1);
    }
}

/// In the child: tells PID 1 why `path` could not be executed. One write of at most
/// PIPE_BUF bytes, which no other child's can mix with (pipe(7)).
fn refuse(refusals: RawFd, path: &Path, error: &io::Error) -> u8 {
    let cause = match overlay2::scripts::diagnose(path) {
        Some(problem) => problem.to_string(),
        None => format!(
            "{}: cannot be executed: {}",
            kernel::escape(path.as_os_str().as_encoded_bytes()),
            errno::text(error)
        ),
    };
    let record = Refusal {
        pid: process::id(),
        cause,
    };
    let _ = fd::write_all(refusals, &record.encode());
    crate::child::code_of(error)
}

/// Why a child could not execute its program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) pid: i32,
    pub(crate) cause: String,
}

impl Refusal {
    /// Of PIPE_BUF (4096) bytes at most.
    const TEXT: usize = 4000;

    fn encode(&self) -> Vec<u8> {
        let text = self.cause.as_bytes();
        let text = &text[..text.len().min(Refusal::TEXT)];
        let mut bytes = self.pid.to_ne_bytes().to_vec();
        bytes.extend_from_slice(&(text.len() as u16).to_ne_bytes());
        bytes.extend_from_slice(text);
        bytes
    }

    /// The next refusal that waits in the pipe.
    pub(crate) fn read(refusals: RawFd) -> Option<Refusal> {
        let mut head = [0u8; 6];
        if fd::read(refusals, &mut head).ok()? != head.len() {
            return None;
        }
        let pid = i32::from_ne_bytes([head[0], head[1], head[2], head[3]]);
        let length = usize::from(u16::from_ne_bytes([head[4], head[5]])).min(Refusal::TEXT);
        let mut text = vec![0u8; length];
        let count = fd::read(refusals, &mut text).ok()?;
        Some(Refusal {
            pid,
            cause: String::from_utf8_lossy(&text[..count]).into_owned(),
        })
    }
}

/// Makes `supervise/`, `event/` and the control fifo, and opens the fifo for both
/// directions, so that it never shows an end while writers come and go.
fn open_control(dir: &Path) -> Result<OwnedFd, (PathBuf, io::Error)> {
    let make_dir = |name: &str, mode: u32| {
        let path = dir.join(name);
        make_private_dir(&path, mode).map_err(|error| (path, error))
    };
    make_dir("event", s6wire::event::DIRECTORY_MODE)?;
    make_dir("supervise", SUPERVISE_MODE)?;
    let lock = dir.join("supervise/lock");
    std::fs::File::create(&lock).map_err(|error| (lock, error))?;
    let path = dir.join("supervise/control");
    open_fifo(&path, CONTROL_MODE).map_err(|error| (path, error))
}

/// A directory with exactly this mode, whatever the umask is; one that exists stays.
fn make_private_dir(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::create_dir(path) {
        Ok(()) => std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens the fifo at `path` for reading and writing, making it where it is missing. A
/// fifo that the image brought keeps its mode; anything else in its place is replaced.
pub(crate) fn open_fifo(path: &Path, mode: u32) -> io::Result<OwnedFd> {
    use std::os::unix::fs::FileTypeExt;
    if let Ok(found) = path.symlink_metadata()
        && !found.file_type().is_fifo()
    {
        std::fs::remove_file(path)?;
    }
    match fs::make_fifo(path, mode) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let flags = fs::flags::O_RDWR | fs::flags::O_NONBLOCK | fs::flags::O_NOFOLLOW;
    fs::open(path, flags, 0)
}

/// Replaces a file's content at once: readers see the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    std::fs::write(&new, bytes)?;
    std::fs::rename(&new, path)
}

/// How long ago a moment of the engine's clock was.
pub(crate) fn age(since: engine::Time, now: engine::Time) -> Duration {
    Duration::from_nanos(now.0.saturating_sub(since.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_crosses_the_pipe_whole_and_cut() {
        let (read, write) = fd::pipe().expect("pipe");
        for cause in ["no such file".to_string(), "x".repeat(9000)] {
            let sent = Refusal { pid: 42, cause };
            fd::write_all(write.as_raw_fd(), &sent.encode()).expect("write");
            let got = Refusal::read(read.as_raw_fd()).expect("read");
            assert_eq!(got.pid, 42);
            assert_eq!(got.cause.len(), sent.cause.len().min(4000));
            assert!(sent.cause.starts_with(&got.cause));
        }
    }
}
