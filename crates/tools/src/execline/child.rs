//! Child processes of a chain: starting them, and what their ends count as
//! (exitcodes).

use std::io;
use std::os::fd::OwnedFd;

use chain::{Call, Exec, Failure, Forked, Outcome, Result, Unable, Word, escape};
use kernel::process::{self, Fork, WaitStatus};
use kernel::{errno, fd};

/// The exit code that passes a child's end on: 128 + n for signal n, 128 for a code
/// of 128 or more, so that the two cannot be mixed up.
pub(super) fn exit_code(status: WaitStatus) -> u8 {
    match status {
        WaitStatus::Exited(code) => code.min(128),
        WaitStatus::Killed(_) => status.code(),
    }
}

/// The value of the variable `?`: the exact code, or 256 + n for signal n.
pub(super) fn variable(status: WaitStatus) -> String {
    match status {
        WaitStatus::Exited(code) => code.to_string(),
        WaitStatus::Killed(signal) => (256 + u32::from(signal)).to_string(),
    }
}

/// What came of starting a block.
pub(super) enum Started {
    /// This is the block: return this from the program.
    Become(Outcome),
    /// It runs, with this pid.
    Running(i32),
}

/// Starts `argv` as a child of `call`.
///
/// # Errors
/// Why it could not: exit code 111.
pub(super) fn start(call: &Call, argv: Vec<Word>) -> Result<Started> {
    start_prepared(call, argv, |_| Ok(()))
}

/// The same with something to do in the child first, such as moving descriptors or
/// changing its environment.
pub(super) fn start_prepared(
    call: &Call,
    argv: Vec<Word>,
    prepare: impl FnOnce(&mut Call) -> Result<()>,
) -> Result<Started> {
    let word = argv.first().cloned().unwrap_or_default();
    match chain::fork().unable("fork", b"")? {
        Forked::Child(report) => {
            let mut own = call.inner(Vec::new());
            prepare(&mut own)?;
            let outcome = along(call, Outcome::exec(&own, argv));
            Ok(Started::Become(outcome.reporting(report)))
        }
        Forked::Parent(block) => match block.begun() {
            Ok(pid) => Ok(Started::Running(pid)),
            Err(error) => Err(not_started(&word, error)),
        },
    }
}

fn not_started(word: &[u8], error: io::Error) -> Failure {
    Failure::System {
        what: format!("spawn {}", escape(word)),
        error,
    }
}

/// What came of a block that was run to its end.
pub(super) enum Ran {
    /// This is the block: return this from the program.
    Become(Outcome),
    /// It has ended.
    Ended(WaitStatus),
}

/// Runs `argv` as a child of `call` and waits for its end.
///
/// # Errors
/// Why it could not be started: exit code 111.
pub(super) fn run(call: &Call, argv: Vec<Word>) -> Result<Ran> {
    match start(call, argv)? {
        Started::Become(outcome) => Ok(Ran::Become(outcome)),
        Started::Running(pid) => Ok(Ran::Ended(
            process::wait(pid).unable("wait for a child", b"")?,
        )),
    }
}

/// Runs `argv` as [`run`] does, for programs that go on whatever comes of it: an
/// empty block counts as success, one that cannot be started is warned about and
/// counts as 127 or 126.
pub(super) fn run_for_status(call: &Call, argv: Vec<Word>) -> Result<Ran> {
    if argv.is_empty() {
        return Ok(Ran::Ended(WaitStatus::Exited(0)));
    }
    match run(call, argv) {
        Err(Failure::System { what, error }) if what.starts_with("spawn ") => {
            let text = errno::text(&error);
            chain::warn(call.name, &format!("unable to {what}: {text}"));
            Ok(Ran::Ended(WaitStatus::Exited(
                if errno::is(&error, errno::ENOENT) {
                    chain::exit::NOT_FOUND
                } else {
                    chain::exit::NOT_EXECUTABLE
                },
            )))
        }
        other => other,
    }
}

/// Runs a condition: whether it is true, unless it crashed and a crash shall not
/// count as false.
///
/// # Errors
/// A crash: exit code 128 + n.
pub(super) fn truth(status: WaitStatus, crash_is_false: bool) -> Result<bool> {
    match status {
        WaitStatus::Exited(code) => Ok(code == 0),
        WaitStatus::Killed(_) if crash_is_false => Ok(false),
        WaitStatus::Killed(signal) => Err(Failure::Other {
            code: exit_code(status),
            text: format!("child crashed with signal {signal}"),
        }),
    }
}

/// Starts `argv` as a grandchild, whose end nobody here has to wait for. Gives its
/// pid. That it cannot be executed is told by itself alone.
///
/// # Errors
/// The system's refusal to fork.
pub(super) fn start_detached(
    call: &Call,
    argv: Vec<Word>,
    prepare: impl FnOnce() -> Result<()>,
) -> Result<Started> {
    let (read, write) = fd::pipe().unable("make a pipe", b"")?;
    match process::fork().unable("fork", b"")? {
        Fork::Parent(middle) => {
            drop(write);
            let bytes = fd::read_to_end(fd::number(&read), 4).unable("read a pid", b"")?;
            process::wait(middle).unable("wait for a child", b"")?;
            match <[u8; 4]>::try_from(bytes) {
                Ok(bytes) => Ok(Started::Running(i32::from_ne_bytes(bytes))),
                Err(_) => Err(Failure::System {
                    what: "fork".to_string(),
                    error: errno::from(errno::EAGAIN),
                }),
            }
        }
        Fork::Child => {
            drop(read);
            match process::fork() {
                Ok(Fork::Child) => {
                    drop(write);
                    prepare()?;
                    Ok(Started::Become(Outcome::exec_or_exit(call, argv)))
                }
                Ok(Fork::Parent(pid)) => {
                    let _ = fd::write_all(fd::number(&write), &pid.to_ne_bytes());
                    process::exit_now(0)
                }
                Err(_) => process::exit_now(chain::exit::SYSTEM),
            }
        }
    }
}

/// A pipe whose ends, reader first, lie above descriptor `number`: a copy onto a
/// number up to there never meets the ends themselves, also when a low descriptor
/// was closed.
pub(super) fn pipe_above(number: i32) -> Result<(OwnedFd, OwnedFd)> {
    let (read, write) = fd::pipe().unable("make a pipe", b"")?;
    Ok((above(read, number)?, above(write, number)?))
}

fn above(end: OwnedFd, number: i32) -> Result<OwnedFd> {
    if fd::number(&end) > number {
        return Ok(end);
    }
    fd::copy_above(fd::number(&end), number.saturating_add(1)).unable("move a pipe", b"")
}

/// Starts `argv` as a child that tells by itself, with its exit code too, when it
/// cannot be executed.
pub(super) fn start_unwatched(
    call: &Call,
    argv: Vec<Word>,
    prepare: impl FnOnce(&mut Call),
) -> Result<Started> {
    match process::fork().unable("fork", b"")? {
        Fork::Parent(pid) => Ok(Started::Running(pid)),
        Fork::Child => {
            let mut own = call.inner(Vec::new());
            prepare(&mut own);
            Ok(Started::Become(along(
                call,
                Outcome::exec_or_exit(&own, argv),
            )))
        }
    }
}

/// `outcome`, looked up along the PATH that `call` was called with.
fn along(call: &Call, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Exec(next) => Outcome::Exec(Exec {
            path: call.path().to_vec(),
            ..next
        }),
        exit => exit,
    }
}
