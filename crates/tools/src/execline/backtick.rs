//! backtick: keeps what a block writes.

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word, warn};
use kernel::process::{self, WaitStatus};
use kernel::fd;

use super::child::{self, Started};
use super::import_value::{self, Reading};
use super::{blocks, pipeline};

pub(super) const PROGRAM: Program = Program {
    name: "backtick",
    usage: "[ -i | -I | -x | -D default ] [ -N | -n ] [ -E | -e ] variable { command... } prog...",
    summary: "put what a block writes into a variable, then run a program",
    run,
};

/// What to do when the block fails or its output cannot be a variable's value.
enum OnFailure {
    /// End, with an exit code that passes the block's on (`-i`).
    Leave,
    /// Keep what came before (`-I`).
    Keep,
    /// Remove the variable (`-x`).
    Remove,
    /// Take this (`-D`).
    Default(Word),
}

/// The exit code under `-i` for output with a NUL in it.
const HAS_NUL: u8 = 124;

fn run(call: &mut Call) -> Result<Outcome> {
    let mut on_failure = OnFailure::Leave;
    let mut reading = Reading::default();
    for option in call.options("iIxD:NnEe")? {
        match option.letter {
            b'i' => on_failure = OnFailure::Leave,
            b'I' => on_failure = OnFailure::Keep,
            b'x' => on_failure = OnFailure::Remove,
            b'D' => on_failure = OnFailure::Default(option.value),
            letter => reading.set(letter),
        }
    }
    let variable = call.operand()?;
    if call.args.is_empty() {
        return Err(call.misuse());
    }
    import_value::check_name(&variable)?;
    let block = blocks::take_command(call, "block")?;
    let (read, write) = child::pipe_above(2)?;
    let pid = match pipeline::start_on(call, block, &write, 1, false)? {
        Started::Become(outcome) => return Ok(outcome),
        Started::Running(pid) => pid,
    };
    drop(write);
    // What is too long for a variable fails at execve(2), which knows the limit.
    let output = fd::read_to_end(fd::number(&read), usize::MAX);
    let mut output = output.unable("read the block's output", b"")?;
    let status = process::wait(pid).unable("wait for a child", b"")?;

    if !matches!(on_failure, OnFailure::Leave) {
        call.env.set(b"?", child::variable(status).as_bytes());
    }
    let trouble = trouble(status, &output);
    let value = match (trouble, on_failure) {
        (None, _) => Some(reading.chomped(output)),
        (Some(failure), OnFailure::Leave) => return Err(failure),
        (Some(_), OnFailure::Keep) => {
            let end = output.iter().position(|byte| *byte == 0);
            output.truncate(end.unwrap_or(output.len()));
            Some(reading.chomped(output))
        }
        (Some(failure), other) => {
            if let Failure::Other { code: HAS_NUL, text } = &failure {
                warn(call.name, text);
            }
            match other {
                OnFailure::Default(value) => Some(value),
                _ => None,
            }
        }
    };
    let next = call.rest();
    import_value::hand_on_or_unset(call, &variable, value, next, reading.substitute)
}

/// Why the output is no value, if it is none.
fn trouble(status: WaitStatus, output: &[u8]) -> Option<Failure> {
    let (code, text) = match status {
        WaitStatus::Killed(signal) => (
            child::exit_code(status),
            format!("child crashed with signal {signal}"),
        ),
        WaitStatus::Exited(0) if output.contains(&0) => (
            HAS_NUL,
            "the child's output contains a null character".to_string(),
        ),
        WaitStatus::Exited(0) => return None,
        WaitStatus::Exited(code) => (
            child::exit_code(status),
            format!("child exited with code {code}"),
        ),
    };
    Some(Failure::Other { code, text })
}
