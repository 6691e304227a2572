//! export: sets a variable.

use chain::{Call, Failure, Outcome, Program, Result, escape};

pub(super) const PROGRAM: Program = Program {
    name: "export",
    usage: "variable value prog...",
    summary: "set a variable, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let name = call.operand()?;
    let value = call.operand()?;
    let next = call.program()?;
    check_name(&name)?;
    call.env.set(&name, &value);
    Ok(Outcome::exec(call, next))
}

/// A name without `=`. The empty name passes, as in the original.
pub(super) fn check_name(name: &[u8]) -> Result<()> {
    if name.contains(&b'=') {
        return Err(Failure::Invalid(format!(
            "invalid variable name: {}",
            escape(name)
        )));
    }
    Ok(())
}
