//! heredoc: offers a text on a descriptor.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fd;
use kernel::process::{self, Fork};

use super::child;
use super::redirfd::descriptor;

pub(super) const PROGRAM: Program = Program {
    name: "heredoc",
    usage: "[ -d ] fd string prog...",
    summary: "offer a text on a descriptor, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let detached = !call.options("d")?.is_empty();
    let word = call.operand()?;
    let number = descriptor(call, &word)?;
    let text = call.operand()?;
    let next = call.program()?;
    let (read, write) = child::pipe_above(number)?;
    match process::fork().unable("fork", b"")? {
        Fork::Parent(pid) => {
            if detached {
                process::wait(pid).unable("wait for a child", b"")?;
            }
            fd::copy(fd::number(&read), number).unable("move the pipe", b"")?;
            Ok(Outcome::exec(call, next))
        }
        Fork::Child => {
            if detached && !matches!(process::fork(), Ok(Fork::Child)) {
                process::exit_now(0);
            }
            drop(read);
            let written = fd::write_all(fd::number(&write), &text);
            process::exit_now(u8::from(written.is_err()));
        }
    }
}
