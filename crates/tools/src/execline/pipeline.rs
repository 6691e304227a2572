//! pipeline: runs a block with a pipe between it and the rest.

use std::os::fd::OwnedFd;

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word};
use kernel::fd;

use super::blocks;
use super::child::{self, Started};

pub(super) const PROGRAM: Program = Program {
    name: "pipeline",
    usage: "[ -d ] [ -r | -w ] { command... } prog...",
    summary: "run a block and a program with a pipe between them",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut detached, mut block_reads) = (false, false);
    for option in call.options("drw")? {
        match option.letter {
            b'd' => detached = true,
            letter => block_reads = letter == b'w',
        }
    }
    let block = blocks::take_command(call, "block")?;
    let next = call.rest();
    if next.is_empty() {
        return Err(Failure::Invalid("no program after the block".to_string()));
    }
    let (read, write) = child::pipe_above(2)?;
    let ((block_end, block_fd), (own_end, own_fd)) = if block_reads {
        ((read, 0), (write, 1))
    } else {
        ((write, 1), (read, 0))
    };
    match start_on(call, block, &block_end, block_fd, detached)? {
        Started::Become(outcome) => Ok(outcome),
        Started::Running(pid) => {
            put(own_end, own_fd)?;
            call.env.set(b"!", pid.to_string().as_bytes());
            Ok(Outcome::exec(call, next))
        }
    }
}

/// Starts `argv` with `end` of a pipe on its descriptor `number`.
pub(super) fn start_on(
    call: &Call,
    argv: Vec<Word>,
    end: &OwnedFd,
    number: i32,
    detached: bool,
) -> Result<Started> {
    let place = || fd::copy(fd::number(end), number).unable("move the pipe", b"");
    if detached {
        child::start_detached(call, argv, place)
    } else {
        child::start_prepared(call, argv, |_| place())
    }
}

/// Puts `end` on descriptor `number` of this process, for the next program.
pub(super) fn put(end: OwnedFd, number: i32) -> Result<()> {
    fd::copy(fd::number(&end), number).unable("move the pipe", b"")
}
