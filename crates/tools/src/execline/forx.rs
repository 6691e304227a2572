//! forx: runs a program for each word of a block.

use chain::{Call, Outcome, Program, Result};

use super::each::{Each, Step};
use super::{blocks, import_value};

pub(super) const PROGRAM: Program = Program {
    name: "forx",
    usage: "[ -E | -e ] [ -p | -P maxpar ] [ -o okcode,okcode,... | -x breakcode,breakcode,... ] variable { values... } prog...",
    summary: "run a program for each of several values",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut each = Each::new();
    for option in call.options("EepP:o:x:")? {
        each.set(call, option.letter, &option.value)?;
    }
    each.variable = call.operand()?;
    import_value::check_name(&each.variable)?;
    let values = blocks::take(call, "block of values")?;
    each.body = call.rest();
    if each.body.is_empty() {
        return Ok(Outcome::Exit(0));
    }
    for value in values {
        if let Step::Leave(outcome) = each.step(call, &value)? {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Exit(each.finish()))
}
