//! fdmove: moves or copies a descriptor.

use chain::{Call, Failure, Outcome, Program, Result, Unable};
use kernel::{errno, fd};

use super::redirfd::descriptor;

pub(super) const PROGRAM: Program = Program {
    name: "fdmove",
    usage: "[ -c ] to from prog...",
    summary: "move or copy a descriptor, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let copy = !call.options("c")?.is_empty();
    let to = call.operand()?;
    let from = call.operand()?;
    let (to, from) = (descriptor(call, &to)?, descriptor(call, &from)?);
    let next = call.program()?;
    let what = format!("{} fd {from} to fd {to}", if copy { "copy" } else { "move" });
    if to == from {
        if copy {
            return Err(Failure::System {
                what,
                error: errno::from(errno::EINVAL),
            });
        }
        return Ok(Outcome::exec(call, next));
    }
    fd::copy(from, to).unable(&what, b"")?;
    if !copy {
        fd::close(from);
    }
    Ok(Outcome::exec(call, next))
}
