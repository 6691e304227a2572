//! unexport: removes a variable.

use chain::{Call, Outcome, Program, Result};

use super::export::check_name;

pub(super) const PROGRAM: Program = Program {
    name: "unexport",
    usage: "variable prog...",
    summary: "remove a variable, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let name = call.operand()?;
    let next = call.program()?;
    check_name(&name)?;
    call.env.unset(&name);
    Ok(Outcome::exec(call, next))
}
