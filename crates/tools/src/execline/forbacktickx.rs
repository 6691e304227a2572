//! forbacktickx: runs a program for each line that a block writes.

use chain::{Call, Outcome, Program, Result};
use kernel::fd;

use super::child::{self, Started};
use super::read_lines::Lines;
use super::{blocks, import_value, pipeline};

pub(super) const PROGRAM: Program = Program {
    name: "forbacktickx",
    usage: "[ -E | -e ] [ -p | -P maxpar ] [ -o okcode,okcode,... | -x breakcode,breakcode,... ] [ -N | -n ] [ -C | -c ] [ -0 | -d delim ] variable { command... } prog...",
    summary: "run a program for each line that a block writes",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut each, lines) = Lines::from_words(call)?;
    import_value::check_name(&each.variable)?;
    let block = blocks::take_command(call, "block")?;
    each.body = call.program()?;
    let (read, write) = child::pipe_above(2)?;
    match pipeline::start_on(call, block, &write, 1, false)? {
        Started::Become(outcome) => Ok(outcome),
        Started::Running(_) => {
            drop(write);
            lines.run(call, &mut each, fd::number(&read))
        }
    }
}
