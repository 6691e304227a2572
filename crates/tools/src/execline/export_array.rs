//! export-array: sets a variable to a list of values.

use chain::{Call, Outcome, Program, Result};
use execline::netstring;

use super::blocks;
use super::export::check_name;

pub(super) const PROGRAM: Program = Program {
    name: "export-array",
    usage: "[ -d delim ] variable { values... } prog...",
    summary: "set a variable to an encoded list of values, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let delimiter = call
        .options("d:")?
        .pop()
        .and_then(|option| option.value.first().copied());
    let name = call.operand()?;
    check_name(&name)?;
    let values = blocks::take(call, "block of values")?;
    let next = call.program()?;
    let encoded: Vec<u8> = values
        .into_iter()
        .flat_map(|mut value| match delimiter {
            None => netstring::encode(&value),
            Some(delimiter) => {
                value.push(delimiter);
                value
            }
        })
        .collect();
    call.env.set(&name, &encoded);
    Ok(Outcome::exec(call, next))
}
