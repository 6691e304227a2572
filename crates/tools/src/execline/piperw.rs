//! piperw: makes a pipe on two descriptors.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fd;

use super::child;
use super::redirfd::descriptor;

pub(super) const PROGRAM: Program = Program {
    name: "piperw",
    usage: "fdr fdw prog...",
    summary: "make a pipe on two descriptors, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let reader = call.operand()?;
    let writer = call.operand()?;
    let (reader, writer) = (descriptor(call, &reader)?, descriptor(call, &writer)?);
    let next = call.program()?;
    if reader == writer {
        return Err(call.misuse());
    }
    let (high_read, high_write) = child::pipe_above(reader.max(writer))?;
    fd::copy(fd::number(&high_read), reader).unable("move the pipe", b"")?;
    fd::copy(fd::number(&high_write), writer).unable("move the pipe", b"")?;
    Ok(Outcome::exec(call, next))
}
