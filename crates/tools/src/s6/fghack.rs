//! s6-fghack: keeps a program that puts itself into the background in sight: it holds
//! the writing ends of a pipe, unknown to itself, and is gone when they are closed.

use std::os::fd::{AsRawFd, IntoRawFd};

use chain::{Call, Failure, Forked, Outcome, Program, Result, Unable, Word, escape};
use kernel::process::{self, WaitStatus};
use kernel::{errno, fd};

pub(super) const PROGRAM: Program = Program {
    name: "s6-fghack",
    usage: "prog...",
    summary: "run a program that puts itself into the background, until it is gone",
    run,
};

/// Descriptors that the program is given: it may close some that it does not know.
const COPIES: usize = 30;

/// The program wrote to a descriptor that it does not know.
const WROTE: u8 = 102;

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let next = call.program()?;
    let (read, write) = fd::pipe().unable("make a pipe", b"")?;
    let block = match chain::fork().unable("fork", b"")? {
        Forked::Child(report) => {
            drop(read);
            for _ in 0..COPIES {
                let copy = fd::copy_above(write.as_raw_fd(), 3).unable("copy a descriptor", b"")?;
                fd::set_close_on_exec(copy.as_raw_fd(), false).unable("keep a descriptor", b"")?;
                // The program holds it now.
                let _ = copy.into_raw_fd();
            }
            return Ok(Outcome::exec(call, next).reporting(report));
        }
        Forked::Parent(block) => block,
    };
    drop(write);
    let first: &Word = &next[0];
    let pid = block.begun().unable("run", first)?;
    let mut byte = [0u8; 1];
    let wrote = errno::retry(|| fd::read(read.as_raw_fd(), &mut byte)).unable("wait for", first)?;
    if wrote > 0 {
        return Err(Failure::Other {
            code: WROTE,
            text: format!("{} wrote to a descriptor that it does not know", escape(first)),
        });
    }
    let status = process::wait(pid).unable("wait for", first)?;
    Ok(Outcome::Exit(match status {
        WaitStatus::Exited(code) => code.min(128),
        WaitStatus::Killed(_) => status.code(),
    }))
}
