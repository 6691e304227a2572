//! printcontenv: prints one variable of the container.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fd;

use super::contenv;

pub(super) const PROGRAM: Program = Program {
    name: "printcontenv",
    usage: "name",
    summary: "print a variable of the container; exit 1 if it is not set",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let name = call.operand()?;
    let Some(mut value) = contenv::value(call, &name)? else {
        return Ok(Outcome::Exit(1));
    };
    value.push(b'\n');
    fd::write_all(1, &value).unable("write to", b"standard output")?;
    Ok(Outcome::Exit(0))
}
